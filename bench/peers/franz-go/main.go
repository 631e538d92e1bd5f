// The bench's peer in Go: franz-go, started by the harness as `client produce|consume|latency|decide|count`. Everything else comes from
// the environment (see subjects/subject.ts), the outcome goes to stdout as one line of JSON; `decide` and `count` work until they are told to end.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
)

type payload struct{ key, value []byte }

func text(name string) string {
	value, found := os.LookupEnv(name)
	if !found {
		fail(fmt.Errorf("%s is not set: this program is started by bench/main.ts", name))
	}
	return value
}

func number(name string) float64 {
	value, err := strconv.ParseFloat(text(name), 64)
	if err != nil {
		fail(fmt.Errorf("%s: %w", name, err))
	}
	return value
}

func brokers() []string { return strings.Split(text("BENCH_BROKERS"), ",") }

// Key length, key, value length, value, and so on; lengths are 32 bit, little-endian.
func readPayloads() []payload {
	bytes, err := os.ReadFile(text("BENCH_PAYLOAD"))
	if err != nil {
		fail(err)
	}
	next := func() []byte {
		end := 4 + binary.LittleEndian.Uint32(bytes)
		piece := bytes[4:end:end]
		bytes = bytes[end:]
		return piece
	}
	var payloads []payload
	for len(bytes) > 0 {
		key := next()
		payloads = append(payloads, payload{key, next()})
	}
	return payloads
}

func report(outcome map[string]any) {
	line, err := json.Marshal(outcome)
	if err != nil {
		fail(err)
	}
	fmt.Println(string(line))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}

func main() {
	works := map[string]func(){"produce": produce, "consume": consume, "latency": latency, "decide": decide, "count": count}
	if len(os.Args) < 2 || works[os.Args[1]] == nil {
		fail(fmt.Errorf("one of produce, consume, latency, decide, count"))
	}
	works[os.Args[1]]()
}
