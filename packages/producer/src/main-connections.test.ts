/** The producer as a process: how many connections it bears, and who waits. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { order } from "./testing.ts";
import { until, useProducers } from "./testing-process.ts";

setDefaultTimeout(60_000);

const { start } = useProducers();

/** A connection that may still be waiting. */
class Client implements Disposable {
  readonly #socket: Socket;
  isConnected = false;
  #said = "";

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("connect", () => (this.isConnected = true));
    this.#socket.on("data", (chunk) => (this.#said += chunk));
    this.#socket.on("error", () => {});
  }

  /** Places an order, and gives the status line of its answer. */
  async order(): Promise<string> {
    const body = JSON.stringify(order);
    const head = ["POST /order HTTP/1.1", "Host: localhost", "Content-Type: application/json"];
    this.#said = "";
    this.#socket.write(`${head.join("\r\n")}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await until(() => this.#said.includes("\r\n\r\n"));
    return this.#said.slice(0, this.#said.indexOf("\r\n"));
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

const accepted = "HTTP/1.1 202 Accepted";
const ordersOf = (clients: readonly Client[]) => Promise.all(clients.map((client) => client.order()));

describe.if(process.platform === "linux")("with as many connections open as may be", () => {
  test("new ones wait, those that are open go on, and who waited is served when others have ended", async () => {
    const { line, lines } = start({ PRODUCER_MAX_CONNECTIONS: "60" });
    const port = Number(new URL((await line("listening")).url ?? "").port);
    const management = (await line("management at")).message.split(" ").at(-1);
    const isFull = async () =>
      (await (await fetch(`${management}/metrics`)).text()).includes("\nproducer_connections_full 1\n");
    using clients = new DisposableStack();
    const dial = () => clients.use(new Client(port));

    // A few of the 60 may be Kafka's.
    const open = Array.from({ length: 40 }, dial);
    expect(await ordersOf(open)).toEqual(Array(40).fill(accepted));
    await Bun.sleep(120);
    expect(await isFull()).toBe(false);
    const late = Array.from({ length: 40 }, dial);
    const lateOrders = ordersOf(late);
    await until(isFull);

    const waiting = Array.from({ length: 10 }, dial);
    await Bun.sleep(300);
    expect(waiting.filter(({ isConnected }) => isConnected)).toEqual([]);
    expect(await ordersOf(open)).toEqual(Array(40).fill(accepted));

    for (const client of open) client[Symbol.dispose]();
    expect(await lateOrders).toEqual(Array(40).fill(accepted));
    expect(await ordersOf(waiting)).toEqual(Array(10).fill(accepted));
    expect(lines.filter(({ message }) => message === "60 connections are open: new ones wait")).toHaveLength(
      1,
    );
  });

  test("0 is any number", async () => {
    const { line } = start({ PRODUCER_MAX_CONNECTIONS: "0" });
    const port = Number(new URL((await line("listening")).url ?? "").port);
    using clients = new DisposableStack();
    const all = Array.from({ length: 200 }, () => clients.use(new Client(port)));
    await until(() => all.every(({ isConnected }) => isConnected));
    expect(await all[199]?.order()).toBe(accepted);
  });
});
