/** Orders over a socket, as clients send them. */

export const burger = { user_id: "user123", item: "Burger", quantity: 2 } as const;

export function postJson(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** The beginning of the answer to a body of unknown length, sent in chunks for as long as the other side reads. */
export async function chunkedAnswer(url: string, bytes: number): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  const answer = Promise.withResolvers<string>();
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data: (_, data) => answer.resolve(data.toString()),
      error: (_, error) => answer.reject(error),
      close: () => answer.reject(new Error("closed without an answer")),
    },
  });
  const head = ["Content-Type: application/json", "Transfer-Encoding: chunked"].join("\r\n");
  socket.write(`POST ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n${head}\r\n\r\n`);
  const chunk = "x".repeat(1000);
  for (let sent = 0; sent < bytes; sent += chunk.length)
    socket.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  return answer.promise.finally(() => socket.end());
}
