import { expect, test } from "bun:test";
import fc from "fast-check";
import { clientOfAddress, createRateLimit } from "./rate-limit.ts";

function setUp(options: Partial<Parameters<typeof createRateLimit>[0]> = {}) {
  const clock = { now: 0 };
  const limit = createRateLimit({ ordersPerSecond: 10, burst: 20, now: () => clock.now, ...options });
  return { clock, limit };
}

test("a burst, then the rate; one order is one token, whatever it came in", () => {
  const { clock, limit } = setUp();
  expect(limit.take("a", 15).isAllowed).toBe(true);
  expect(limit.take("a", 6)).toMatchObject({ isAllowed: false, retryAfterS: 1 });
  expect(limit.take("a", 5).isAllowed).toBe(true);
  expect(limit.take("a", 20)).toMatchObject({ isAllowed: false, retryAfterS: 2 });
  clock.now = 100;
  expect(limit.take("a", 1).isAllowed).toBe(true);
  expect(limit.take("a", 1).isAllowed).toBe(false);
  clock.now = 10_000_000;
  expect(limit.take("a", 20).isAllowed).toBe(true);
  expect(limit.take("a", 1).isAllowed).toBe(false);
});

test("clients do not share", () => {
  const { limit } = setUp();
  expect(limit.take("a", 20).isAllowed).toBe(true);
  expect(limit.take("b", 20).isAllowed).toBe(true);
});

test("more than a burst is never allowed", () => {
  const { limit } = setUp();
  expect(limit.take("a", 21)).toMatchObject({ isAllowed: false, retryAfterS: Number.POSITIVE_INFINITY });
  expect(limit.take("a", 20).isAllowed).toBe(true);
});

test("the headers are those of the draft", () => {
  const { limit } = setUp();
  expect(limit.take("a", 5).headers).toEqual({
    "ratelimit-policy": '"orders";q=20;w=2',
    ratelimit: '"orders";r=15;t=1',
  });
  expect(limit.take("a", 15).headers.ratelimit).toBe('"orders";r=0;t=2');
});

test("over any time no client gets more than burst and rate, and who waits as told is let in", () => {
  const step = fc.record({ waitMs: fc.nat(3000), orders: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const { clock, limit } = setUp();
      let taken = 0;
      for (const { waitMs, orders } of steps) {
        clock.now += waitMs;
        const decision = limit.take("a", orders);
        if (decision.isAllowed) taken += orders;
        else {
          clock.now += decision.retryAfterS * 1000;
          expect(limit.take("a", orders).isAllowed).toBe(true);
          taken += orders;
        }
        expect(taken).toBeLessThanOrEqual(20 + (clock.now * 10) / 1000 + 1e-6);
      }
    }),
  );
});

test("the number of clients has a bound, and an empty bucket is not the one to go", () => {
  const { limit } = setUp({ maxClients: 10 });
  limit.take("greedy", 20);
  for (let n = 0; n < 1000; n++) limit.take(`client ${n}`, 1);
  expect(limit.clients).toBe(10);
  expect(limit.take("greedy", 1).isAllowed).toBe(false);
});

test.each([
  ["10.1.2.3", "10.1.2.3"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:0db8::9", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
])("%s is the client %s", (address, client) => {
  expect(clientOfAddress(address)).toBe(client);
});
