package main

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const maxPartitions = 256

type partitionTally struct {
	Partition  int   `json:"partition"`
	Count      int64 `json:"count"`
	OffsetSum  int64 `json:"offsetSum"`
	LastOffset int64 `json:"lastOffset"`
}

func consume() {
	warmup, records, limit := int64(number("BENCH_WARMUP")), int64(number("BENCH_RECORDS")), number("BENCH_SECONDS")
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers()...),
		kgo.ConsumerGroup(text("BENCH_GROUP")),
		kgo.ConsumeTopics(text("BENCH_TOPIC")),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.DisableAutoCommit(),
		kgo.FetchMaxWait(100*time.Millisecond),
	)
	if err != nil {
		fail(err)
	}
	ctx := context.Background()
	var tallies [maxPartitions]partitionTally
	var total, warm, bytes, checksum int64
	var started time.Time
	for started.IsZero() || (total < warmup+records && time.Since(started).Seconds() < limit) {
		fetches := client.PollFetches(ctx)
		for _, failure := range fetches.Errors() {
			fail(failure.Err)
		}
		fetches.EachRecord(func(record *kgo.Record) {
			total++
			bytes += int64(len(record.Key) + len(record.Value))
			checksum += int64(record.Key[0]) + int64(record.Value[len(record.Value)>>1])
			tally := &tallies[record.Partition]
			tally.Count++
			tally.OffsetSum += record.Offset
			tally.LastOffset = record.Offset
		})
		if started.IsZero() && total >= warmup {
			started, warm = time.Now(), total
		}
	}
	seconds := time.Since(started).Seconds()
	read := []partitionTally{}
	for partition, tally := range tallies {
		if tally.Count > 0 {
			tally.Partition = partition
			read = append(read, tally)
		}
	}
	report(map[string]any{
		"records":    total - warm,
		"total":      total,
		"seconds":    seconds,
		"bytes":      bytes,
		"checksum":   checksum,
		"partitions": read,
	})
	client.LeaveGroup()
	client.Close()
}
