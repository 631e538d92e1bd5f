package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

type event struct {
	EventID   string          `json:"event_id"`
	EventType string          `json:"event_type"`
	OrderID   string          `json:"order_id"`
	Timestamp string          `json:"timestamp"`
	Payload   json.RawMessage `json:"payload"`
	Success   bool            `json:"success"`
}

type counts struct {
	Orders   int `json:"orders"`
	Reserved int `json:"reserved"`
	Failed   int `json:"failed"`
}

// Counts all events that come, until the program is told to end.
func count() { runSessions(countTransaction) }

// One transaction: of each partition what it has of each kind, and the offsets. Adding them up is left to who reads them.
func countTransaction(session *kgo.GroupTransactSession, fetches kgo.Fetches) error {
	if err := session.Begin(); err != nil {
		return err
	}
	ctx := context.Background()
	failure := kgo.AbortingFirstErrPromise(session.Client())
	var working sync.WaitGroup
	fetches.EachPartition(func(partition kgo.FetchTopicPartition) {
		working.Go(func() {
			value, err := json.Marshal(countAll(partition.Records))
			if err != nil {
				fail(err)
			}
			key := fmt.Sprintf("%s/%d", partition.Topic, partition.Partition)
			session.Produce(ctx, &kgo.Record{Key: []byte(key), Value: value}, failure.Promise())
		})
	})
	working.Wait()
	_, err := session.End(ctx, kgo.TransactionEndTry(failure.Err() == nil))
	return err
}

func countAll(records []*kgo.Record) counts {
	var counted counts
	for _, record := range records {
		var one event
		if err := json.Unmarshal(record.Value, &one); err != nil {
			fail(err)
		}
		switch one.EventType {
		case "OrderPlaced":
			counted.Orders++
		case "InventoryReserved":
			counted.Reserved++
		case "InventoryFailed":
			counted.Failed++
		default:
			fail(fmt.Errorf("%s is no event", one.EventType))
		}
	}
	return counted
}
