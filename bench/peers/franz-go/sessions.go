package main

import (
	"context"
	"fmt"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// The most records in a transaction.
const transactionRecords = 30_000

// What becomes of the records of one poll, in one transaction.
type transaction func(session *kgo.GroupTransactSession, fetches kgo.Fetches) error

// While a session commits it does nothing else, so several share the partitions.
func runSessions(transact transaction) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var working sync.WaitGroup
	for index := range int(number("BENCH_SESSIONS")) {
		working.Go(func() { runSession(ctx, fmt.Sprintf("%s-%d", text("BENCH_GROUP"), index), transact) })
	}
	working.Wait()
}

func runSession(ctx context.Context, transactionalID string, transact transaction) {
	session, err := kgo.NewGroupTransactSession(append(producerOptions(),
		kgo.TransactionalID(transactionalID),
		kgo.ConsumerGroup(text("BENCH_GROUP")),
		kgo.ConsumeTopics(strings.Split(text("BENCH_TOPIC"), ",")...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.RequireStableFetchOffsets(),
		kgo.FetchMaxWait(100*time.Millisecond),
		kgo.FetchMaxPartitionBytes(8_000_000),
		kgo.DefaultProduceTopic(text("BENCH_OUTPUT_TOPIC")),
	)...)
	if err != nil {
		fail(err)
	}
	defer session.Close()
	for {
		fetches := session.PollRecords(ctx, transactionRecords)
		if ctx.Err() != nil {
			return
		}
		for _, failure := range fetches.Errors() {
			fail(failure.Err)
		}
		if fetches.Empty() {
			continue
		}
		if err := transact(session, fetches); err != nil {
			fail(err)
		}
	}
}
