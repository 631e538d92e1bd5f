import { afterEach, expect, test } from "bun:test";
import { untilReady } from "./readiness.ts";

const servers: Bun.Server<undefined>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) void server.stop(true);
});

function serve(answer: () => Response): string {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
  servers.push(server);
  return `${server.url}ready`;
}

const signal = new AbortController().signal;

test("a service that becomes ready is waited for, and why not is said meanwhile", async () => {
  let asked = 0;
  const url = serve(() =>
    ++asked < 4
      ? Response.json(
          { reasons: { starting: "it has only just started", kafka: "no broker" } },
          { status: 503 },
        )
      : Response.json({ status: "ready" }),
  );
  const said: string[] = [];
  await untilReady({ url, signal, onWaiting: (reason) => said.push(reason), pauseMs: 1, noticeMs: 0 });
  expect(said).toEqual(Array.from({ length: 3 }, () => "it has only just started; no broker"));
});

test("one that does not answer, or not in our words, is waited for too", async () => {
  const ending = new AbortController();
  const said: string[] = [];
  const onWaiting = (reason: string) => {
    said.push(reason);
    if (said.length === 2) ending.abort(new Error("ended"));
  };
  const waiting = { signal: ending.signal, onWaiting, pauseMs: 1, noticeMs: 0 };
  await expect(untilReady({ url: "http://127.0.0.1:1/ready", ...waiting })).rejects.toThrow("ended");
  expect(said).toEqual(["it does not answer yet", "it does not answer yet"]);
  said.length = 0;
  const url = serve(() => Response.json({}, { status: 500 }));
  await untilReady({ url, ...waiting, signal: AbortSignal.timeout(50) }).catch(() => {});
  expect(said[0]).toBe("it answers 500");
});

test("the signal ends the waiting while nobody answers", async () => {
  const url = serve(() => new Promise<Response>(() => {}) as never);
  const signal = AbortSignal.timeout(30);
  await expect(untilReady({ url, signal, onWaiting() {} })).rejects.toThrow("timed out");
});
