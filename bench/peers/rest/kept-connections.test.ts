import { expect, test } from "bun:test";
import { KeptConnections, parseAnswer } from "./kept-connections.ts";

test("calls at once have a connection each, and later ones find those again", async () => {
  const clients = new Set<number>();
  await using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request, server) {
      clients.add(server.requestIP(request)!.port);
      await Bun.sleep(20);
      return new Response(`${new URL(request.url).pathname} ${await request.text()}`, { status: 201 });
    },
  });
  const connections = new KeptConnections(server.url.origin);
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => connections.post("/reserve", `über ${i}`)),
    );
    expect(answers).toEqual(answers.map((_, i) => ({ status: 201, body: `/reserve über ${i}` })));
  }
  expect(clients.size).toBe(100);
});

test("a server that goes away fails the calls it has not answered", async () => {
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: (socket) => void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal") },
  });
  const connections = new KeptConnections(`http://127.0.0.1:${server.port}`);
  expect(await connections.post("/", "{}").catch((error) => error.message)).toBe("the connection was closed");
  server.stop(true);
});

test("an answer is one once all of it is there", () => {
  const answer = Buffer.from("HTTP/1.1 503 No\r\nDate: now\r\ncontent-length: 5\r\n\r\nhällo".slice(0, -1));
  for (let length = 0; length < answer.length; length++)
    expect(parseAnswer(answer.subarray(0, length))).toBeUndefined();
  expect(parseAnswer(answer)).toEqual({ status: 503, body: "häll" });
  expect(() => parseAnswer(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"))).toThrow("content-length");
});
