import { expect, setDefaultTimeout, test } from "bun:test";
import { freePorts } from "@campus/broker";
import { until } from "../support/until.ts";
import { startProxy } from "./proxy.ts";

setDefaultTimeout(30_000);

/** A server that sends everything back, behind a proxy, and a client that notes what arrives when. */
async function setUp() {
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: (socket, data) => void socket.write(data) },
  });
  const proxy = await startProxy(freePorts(1)[0]!);
  proxy.aimAt(server.port);
  const state = { text: "", isOpen: true };
  const connect = () =>
    Bun.connect({
      hostname: "127.0.0.1",
      port: proxy.port,
      socket: {
        data(_, data) {
          state.text += data.toString();
        },
        close() {
          state.isOpen = false;
        },
      },
    });
  return {
    proxy,
    connect,
    state,
    async [Symbol.asyncDispose]() {
      await proxy.stop();
      server.stop(true);
    },
  };
}

test("passes everything on in order, also while the delay changes", async () => {
  await using setup = await setUp();
  const { proxy, state } = setup;
  const client = await setup.connect();
  let sent = "";
  for (let piece = 0; piece < 40; piece++) {
    if (piece === 10) proxy.delay(60);
    if (piece === 20) proxy.restore();
    if (piece === 30) proxy.delay(20);
    client.write(`${piece},`);
    sent += `${piece},`;
    await Bun.sleep(2);
  }
  await until("all is back", () => state.text.length === sent.length);
  expect(state.text).toBe(sent);
});

test("a delay delays, both ways", async () => {
  await using setup = await setUp();
  setup.proxy.delay(100);
  const client = await setup.connect();
  const from = performance.now();
  client.write("x");
  await until("it is back", () => setup.state.text === "x");
  expect(performance.now() - from).toBeGreaterThan(190);
});

test("a cut ends connections and refuses new ones until it is over", async () => {
  await using setup = await setUp();
  const { proxy, state } = setup;
  await setup.connect();
  proxy.cut();
  await until("the connection is closed", () => !state.isOpen);
  state.isOpen = true;
  const refused = await setup.connect().catch(() => undefined);
  await until("a new one is, too", () => refused === undefined || !state.isOpen);
  proxy.restore();
  const client = await setup.connect();
  client.write("again");
  await until("all is as before", () => state.text === "again");
});
