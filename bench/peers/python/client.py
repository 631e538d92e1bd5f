"""The bench's peer in Python: confluent-kafka, started by the harness as `client.py produce|consume|latency`.

Everything else comes from the environment (see subjects/subject.ts), the outcome goes to stdout as one line of JSON.
"""

import json
import os
import struct
import sys
import time

from confluent_kafka import Consumer, KafkaError, Producer

TOPIC = os.environ["BENCH_TOPIC"]
RECORDS = int(os.environ["BENCH_RECORDS"])
SECONDS = float(os.environ["BENCH_SECONDS"])
WARMUP = int(os.environ["BENCH_WARMUP"])
QUEUE_RECORDS = int(os.environ["BENCH_QUEUE_RECORDS"])
BATCH = 1000


def properties(kind):
    lines = os.environ[f"BENCH_{kind}_PROPERTIES"].split("\n")
    return dict(line.split("=", 1) for line in lines)


def read_payloads():
    """Key length, key, value length, value, and so on; lengths are 32 bit, little-endian."""
    with open(os.environ["BENCH_PAYLOAD"], "rb") as file:
        data = file.read()
    pieces, at = [], 0
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        pieces.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return list(zip(pieces[0::2], pieces[1::2]))


def report(**outcome):
    print(json.dumps(outcome), flush=True)


def produce():
    producer = Producer(properties("PRODUCER"))
    messages = [{"key": key, "value": value} for key, value in read_payloads()]
    batches = [messages[at : at + BATCH] for at in range(0, len(messages), BATCH)]
    acked = failed = sent = 0
    failure = None

    def on_delivery(error, _message):
        nonlocal acked, failed, failure
        if error is None:
            acked += 1
        else:
            failed += 1
            failure = str(error)

    def send_batch():
        nonlocal sent
        while len(producer) > QUEUE_RECORDS - BATCH:
            producer.poll(0.1)
        batch = batches[sent // BATCH % len(batches)]
        if producer.produce_batch(TOPIC, batch, on_delivery=on_delivery) < len(batch):
            raise SystemExit(f"error: {next(m['_error'] for m in batch if '_error' in m)}")
        sent += BATCH
        producer.poll(0)

    while sent < WARMUP:
        send_batch()
    producer.flush()
    warm, started = acked, time.perf_counter()
    while sent < WARMUP + RECORDS and time.perf_counter() - started < SECONDS:
        send_batch()
    producer.flush()
    seconds = time.perf_counter() - started
    report(records=acked - warm, total=acked, seconds=seconds, lost=sent - acked, **({"error": failure} if failed else {}))


def latency():
    producer = Producer(properties("PRODUCER"))
    payloads = read_payloads()
    delivered = failed = 0

    def on_delivery(error, _message):
        nonlocal delivered, failed
        delivered += 1
        failed += error is not None

    samples = []
    total, started = 0, time.perf_counter()
    while total < WARMUP + RECORDS:
        if total == WARMUP:
            started = time.perf_counter()
        if total > WARMUP and time.perf_counter() - started >= SECONDS:
            break
        key, value = payloads[total % len(payloads)]
        begun = time.perf_counter()
        producer.produce(TOPIC, value, key, on_delivery=on_delivery)
        while delivered == total:
            producer.poll(1)
        if total >= WARMUP:
            samples.append((time.perf_counter() - begun) * 1e6)
        total += 1
    seconds = time.perf_counter() - started
    samples.sort()
    report(
        records=len(samples),
        total=total,
        seconds=seconds,
        p50Us=round(samples[len(samples) // 2]),
        p99Us=round(samples[int(len(samples) * 0.99)]),
        lost=failed,
    )


def consume():
    consumer = Consumer(properties("CONSUMER"))
    consumer.subscribe([TOPIC])
    total = warm = size = checksum = 0
    counts, offset_sums, last_offsets = {}, {}, {}
    started = None
    while started is None or (total < WARMUP + RECORDS and time.perf_counter() - started < SECONDS):
        for message in consumer.consume(10_000, 0.01):
            error = message.error()
            if error:
                if error.code() != KafkaError._PARTITION_EOF:
                    raise SystemExit(f"error: {error}")
                continue
            key, value = message.key(), message.value()
            partition, offset = message.partition(), message.offset()
            total += 1
            size += len(key) + len(value)
            checksum += key[0] + value[len(value) >> 1]
            counts[partition] = counts.get(partition, 0) + 1
            offset_sums[partition] = offset_sums.get(partition, 0) + offset
            last_offsets[partition] = offset
        if started is None and total >= WARMUP:
            started, warm = time.perf_counter(), total
    seconds = time.perf_counter() - started
    partitions = [
        {"partition": p, "count": counts[p], "offsetSum": offset_sums[p], "lastOffset": last_offsets[p]} for p in sorted(counts)
    ]
    report(records=total - warm, total=total, seconds=seconds, bytes=size, checksum=checksum, partitions=partitions)
    consumer.close()


{"produce": produce, "consume": consume, "latency": latency}[sys.argv[1]]()
