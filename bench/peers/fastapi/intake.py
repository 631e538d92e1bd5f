"""The producer service as a Python team would build it: FastAPI on uvicorn (uvloop, httptools) and Confluent's client, one process.
The same checks and the same events as ours; an order is answered once Kafka has acknowledged it."""

import asyncio
import json
import os
import threading
import uuid
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Annotated

import uvicorn
from confluent_kafka import Producer
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

TOPIC = "order-events"
ACK_TIMEOUT_S = 5


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Order(Strict):
    user_id: Annotated[str, Field(min_length=1, max_length=128)]
    item: Annotated[str, Field(min_length=1, max_length=256)]
    quantity: Annotated[int, Field(ge=1, le=1000)]


class Batch(Strict):
    orders: Annotated[list[Order], Field(min_length=1, max_length=1000)]


def properties():
    lines = os.environ["BENCH_PRODUCER_PROPERTIES"].splitlines()
    return dict(line.split("=", 1) for line in lines if line)


producer = Producer(properties())


@asynccontextmanager
async def lifespan(_):
    """Delivery reports are served by a thread, which hands them to the event loop."""
    ending = threading.Event()

    def serve_reports():
        while not ending.is_set():
            producer.poll(0.1)

    thread = threading.Thread(target=serve_reports)
    thread.start()
    yield
    producer.flush(5)
    ending.set()
    thread.join()


app = FastAPI(lifespan=lifespan)


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def publish(orders, timestamp):
    """One future for all of a request's orders."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    left = len(orders)
    ids = [str(uuid.uuid4()) for _ in orders]

    def settle(error):
        if future.done():
            return
        if error is not None:
            future.set_exception(RuntimeError(str(error)))
        else:
            future.set_result(None)

    def on_report(error, _):
        nonlocal left
        left -= 1
        if error is not None or left == 0:
            loop.call_soon_threadsafe(settle, error)

    for order_id, order in zip(ids, orders):
        event = {
            "event_id": str(uuid.uuid4()),
            "event_type": "OrderPlaced",
            "order_id": order_id,
            "timestamp": timestamp,
            "payload": {"user_id": order.user_id, "item": order.item, "quantity": order.quantity},
        }
        value = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
        producer.produce(TOPIC, value, order_id, on_delivery=on_report)
    await asyncio.wait_for(future, ACK_TIMEOUT_S)
    return ids


@app.get("/health")
async def health():
    return "ok"


@app.post("/order", status_code=202)
async def post_order(order: Order):
    timestamp = now()
    [order_id] = await publish([order], timestamp)
    return {"order_id": order_id, "status": "accepted", "message": "Order published to Kafka", "timestamp": timestamp}


@app.post("/orders/batch", status_code=202)
async def post_batch(batch: Batch):
    timestamp = now()
    ids = await publish(batch.orders, timestamp)
    return {
        "status": "accepted",
        "message": "Orders published to Kafka",
        "timestamp": timestamp,
        "accepted": len(ids),
        "order_ids": ids,
    }


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
