package main

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// acks=all and idempotence are franz-go's defaults.
func producerOptions() []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(brokers()...),
		kgo.ProducerBatchCompression(kgo.Lz4Compression()),
		kgo.ProducerLinger(time.Duration(number("BENCH_LINGER_MS") * float64(time.Millisecond))),
		kgo.ProducerBatchMaxBytes(int32(number("BENCH_BATCH_BYTES"))),
		kgo.MaxBufferedRecords(int(number("BENCH_QUEUE_RECORDS"))),
		kgo.MaxBufferedBytes(int(number("BENCH_QUEUE_BYTES"))),
	}
}

func newProducer() *kgo.Client {
	client, err := kgo.NewClient(append(producerOptions(), kgo.DefaultProduceTopic(text("BENCH_TOPIC")))...)
	if err != nil {
		fail(err)
	}
	return client
}

// Produce blocks while the queue is full.
func produce() {
	warmup, records, limit := int(number("BENCH_WARMUP")), int(number("BENCH_RECORDS")), number("BENCH_SECONDS")
	payloads := readPayloads()
	client := newProducer()
	ctx := context.Background()
	var acked, failed atomic.Int64
	var failure atomic.Value
	onDelivery := func(_ *kgo.Record, err error) {
		if err != nil {
			failed.Add(1)
			failure.Store(err.Error())
			return
		}
		acked.Add(1)
	}
	sent := 0
	sendBatch := func() {
		// Records live until they are delivered: a thousand in one allocation.
		batch := make([]kgo.Record, 1000)
		for i := range batch {
			p := payloads[sent%len(payloads)]
			batch[i] = kgo.Record{Key: p.key, Value: p.value}
			client.Produce(ctx, &batch[i], onDelivery)
			sent++
		}
	}
	flush := func() {
		if err := client.Flush(ctx); err != nil {
			fail(err)
		}
	}
	for sent < warmup {
		sendBatch()
	}
	flush()
	warm, started := acked.Load(), time.Now()
	for sent < warmup+records && time.Since(started).Seconds() < limit {
		sendBatch()
	}
	flush()
	outcome := map[string]any{
		"records": acked.Load() - warm,
		"total":   acked.Load(),
		"seconds": time.Since(started).Seconds(),
		"lost":    int64(sent) - acked.Load(),
	}
	if failed.Load() > 0 {
		outcome["error"] = failure.Load()
	}
	report(outcome)
	client.Close()
}

func latency() {
	warmup, records, limit := int(number("BENCH_WARMUP")), int(number("BENCH_RECORDS")), number("BENCH_SECONDS")
	payloads := readPayloads()
	client := newProducer()
	ctx := context.Background()
	samples := make([]float64, 0, records)
	var started time.Time
	total := 0
	for ; total < warmup+records; total++ {
		if total == warmup {
			started = time.Now()
		}
		if total > warmup && time.Since(started).Seconds() >= limit {
			break
		}
		p := payloads[total%len(payloads)]
		from := time.Now()
		if err := client.ProduceSync(ctx, &kgo.Record{Key: p.key, Value: p.value}).FirstErr(); err != nil {
			fail(err)
		}
		if total >= warmup {
			samples = append(samples, float64(time.Since(from).Nanoseconds())/1000)
		}
	}
	seconds := time.Since(started).Seconds()
	slices.Sort(samples)
	report(map[string]any{
		"records": len(samples),
		"total":   total,
		"seconds": seconds,
		"p50Us":   samples[len(samples)/2],
		"p99Us":   samples[int(float64(len(samples))*0.99)],
		"lost":    0,
	})
	client.Close()
}
