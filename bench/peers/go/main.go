// The producer service as a Go team would build it: net/http and franz-go, started by the harness with PORT and the settings of
// bench/subjects/subject.ts. The same checks and the same events as ours; an order is answered once Kafka has acknowledged it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	topic         = "order-events"
	maxOrderBytes = 64 << 10
	maxBatchBytes = 1 << 20
	maxOrders     = 1000
	// Not beside the request's own context: a client that hangs up would fail its records, and with them those that share their batch.
	ackTimeout = 5 * time.Second
)

type order struct {
	UserID   string `json:"user_id"`
	Item     string `json:"item"`
	Quantity int    `json:"quantity"`
}

type orderPlaced struct {
	EventID   string `json:"event_id"`
	EventType string `json:"event_type"`
	OrderID   string `json:"order_id"`
	Timestamp string `json:"timestamp"`
	Payload   order  `json:"payload"`
}

type accepted struct {
	OrderID   string `json:"order_id"`
	Status    string `json:"status"`
	Message   string `json:"message"`
	Timestamp string `json:"timestamp"`
}

type acceptedBatch struct {
	Status    string   `json:"status"`
	Message   string   `json:"message"`
	Timestamp string   `json:"timestamp"`
	Accepted  int      `json:"accepted"`
	OrderIDs  []string `json:"order_ids"`
}

func (o *order) check() error {
	if length := utf8.RuneCountInString(o.UserID); length < 1 || length > 128 || strings.ContainsRune(o.UserID, 0) {
		return errors.New("user_id must have 1 to 128 characters")
	}
	if length := utf8.RuneCountInString(o.Item); length < 1 || length > 256 || strings.ContainsRune(o.Item, 0) {
		return errors.New("item must have 1 to 256 characters")
	}
	if o.Quantity < 1 || o.Quantity > 1000 {
		return errors.New("quantity must be 1 to 1000")
	}
	return nil
}

func readBody(writer http.ResponseWriter, request *http.Request, limit int64, into any) bool {
	if !strings.HasPrefix(request.Header.Get("Content-Type"), "application/json") {
		http.Error(writer, "application/json only", http.StatusUnsupportedMediaType)
		return false
	}
	decoder := json.NewDecoder(http.MaxBytesReader(writer, request.Body, limit))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		http.Error(writer, "malformed body", http.StatusBadRequest)
		return false
	}
	if _, err := decoder.Token(); err != io.EOF {
		http.Error(writer, "malformed body", http.StatusBadRequest)
		return false
	}
	return true
}

func answer(writer http.ResponseWriter, body any) {
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(http.StatusAccepted)
	if err := json.NewEncoder(writer).Encode(body); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	}
}

type intake struct{ client *kgo.Client }

func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

func record(placed order, timestamp string) (*kgo.Record, string, error) {
	id := uuid.NewString()
	value, err := json.Marshal(orderPlaced{uuid.NewString(), "OrderPlaced", id, timestamp, placed})
	return &kgo.Record{Topic: topic, Key: []byte(id), Value: value}, id, err
}

func (in intake) postOrder(writer http.ResponseWriter, request *http.Request) {
	var placed order
	if !readBody(writer, request, maxOrderBytes, &placed) {
		return
	}
	if err := placed.check(); err != nil {
		http.Error(writer, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	timestamp := now()
	sent, id, err := record(placed, timestamp)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), ackTimeout)
		defer cancel()
		err = in.client.ProduceSync(ctx, sent).FirstErr()
	}
	if err != nil {
		http.Error(writer, err.Error(), http.StatusServiceUnavailable)
		return
	}
	answer(writer, accepted{id, "accepted", "Order published to Kafka", timestamp})
}

func (in intake) postBatch(writer http.ResponseWriter, request *http.Request) {
	var batch struct {
		Orders []order `json:"orders"`
	}
	if !readBody(writer, request, maxBatchBytes, &batch) {
		return
	}
	if len(batch.Orders) < 1 || len(batch.Orders) > maxOrders {
		http.Error(writer, "1 to 1000 orders", http.StatusUnprocessableEntity)
		return
	}
	for i := range batch.Orders {
		if err := batch.Orders[i].check(); err != nil {
			http.Error(writer, err.Error(), http.StatusUnprocessableEntity)
			return
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), ackTimeout)
	defer cancel()
	timestamp := now()
	ids := make([]string, len(batch.Orders))
	var waiting sync.WaitGroup
	var failure atomic.Pointer[error]
	for i, placed := range batch.Orders {
		sent, id, err := record(placed, timestamp)
		if err != nil {
			failure.Store(&err)
			break
		}
		ids[i] = id
		waiting.Add(1)
		in.client.Produce(ctx, sent, func(_ *kgo.Record, err error) {
			if err != nil {
				failure.Store(&err)
			}
			waiting.Done()
		})
	}
	waiting.Wait()
	if err := failure.Load(); err != nil {
		http.Error(writer, (*err).Error(), http.StatusServiceUnavailable)
		return
	}
	answer(writer, acceptedBatch{"accepted", "Orders published to Kafka", timestamp, len(ids), ids})
}

func setting(name string) string {
	value, found := os.LookupEnv(name)
	if !found {
		fail(fmt.Errorf("%s is not set: this program is started by bench/main.ts", name))
	}
	return value
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}

// acks=all and idempotence are franz-go's defaults.
func newClient() *kgo.Client {
	lingerMs, err := strconv.ParseFloat(setting("BENCH_LINGER_MS"), 64)
	if err != nil {
		fail(err)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(setting("BENCH_BROKERS"), ",")...),
		kgo.ProducerBatchCompression(kgo.Lz4Compression()),
		kgo.ProducerLinger(time.Duration(lingerMs*float64(time.Millisecond))),
		kgo.MaxBufferedRecords(100_000),
	)
	if err != nil {
		fail(err)
	}
	return client
}

func main() {
	uuid.EnableRandPool()
	client := newClient()
	if err := client.Ping(context.Background()); err != nil {
		fail(err)
	}
	in := intake{client}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /health", func(writer http.ResponseWriter, _ *http.Request) { writer.Write([]byte("ok")) })
	routes.HandleFunc("POST /order", in.postOrder)
	routes.HandleFunc("POST /orders/batch", in.postBatch)
	server := &http.Server{Addr: "127.0.0.1:" + setting("PORT"), Handler: routes, ReadHeaderTimeout: 10 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		fail(err)
	}
	client.Flush(context.Background())
	client.Close()
}
