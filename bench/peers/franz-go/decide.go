package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/OneOfOne/xxhash"
	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
)

// The lower 90 % of 32 bits, as in packages/inventory/src/reservation.ts.
const reservedBelow = uint32(3865470566)

type order struct {
	EventID   string `json:"event_id"`
	EventType string `json:"event_type"`
	OrderID   string `json:"order_id"`
	Timestamp string `json:"timestamp"`
	Payload   struct {
		UserID   string `json:"user_id"`
		Item     string `json:"item"`
		Quantity int    `json:"quantity"`
	} `json:"payload"`
}

type decision struct {
	EventID   string `json:"event_id"`
	EventType string `json:"event_type"`
	OrderID   string `json:"order_id"`
	Timestamp string `json:"timestamp"`
	Success   bool   `json:"success"`
}

func decideOne(value []byte, now string) (*kgo.Record, error) {
	var placed order
	if err := json.Unmarshal(value, &placed); err != nil {
		return nil, err
	}
	if placed.EventType != "OrderPlaced" {
		return nil, fmt.Errorf("%s is no order", placed.EventType)
	}
	outcome := decision{
		EventID:   uuid.NewString(),
		EventType: "InventoryFailed",
		OrderID:   placed.OrderID,
		Timestamp: now,
		Success:   xxhash.ChecksumString32(placed.OrderID) < reservedBelow,
	}
	if outcome.Success {
		outcome.EventType = "InventoryReserved"
	}
	bytes, err := json.Marshal(&outcome)
	if err != nil {
		return nil, err
	}
	return &kgo.Record{Key: []byte(placed.OrderID), Value: bytes}, nil
}

// Decides all orders that come, until the program is told to end.
func decide() {
	uuid.EnableRandPool()
	runSessions(transact)
}

// One transaction: decisions and offsets. Where a rebalance aborts it, the session reads the orders again.
func transact(session *kgo.GroupTransactSession, fetches kgo.Fetches) error {
	if err := session.Begin(); err != nil {
		return err
	}
	ctx := context.Background()
	failure := kgo.AbortingFirstErrPromise(session.Client())
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	// Partitions side by side: reading and writing JSON is the larger part of the work.
	var working sync.WaitGroup
	fetches.EachPartition(func(partition kgo.FetchTopicPartition) {
		working.Go(func() {
			for _, record := range partition.Records {
				outcome, err := decideOne(record.Value, now)
				if err != nil {
					fail(err)
				}
				session.Produce(ctx, outcome, failure.Promise())
			}
		})
	})
	working.Wait()
	_, err := session.End(ctx, kgo.TransactionEndTry(failure.Err() == nil))
	return err
}
