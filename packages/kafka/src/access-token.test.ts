/** What can be a token, and that no complaint about one quotes it. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { type AccessToken, expiryOf, faultOf } from "./access-token.ts";

const now = Date.UTC(2026, 0, 1);
const good: AccessToken = { token: "a.b.c", expiresAt: now + 60_000, principal: "alice" };
const fault = (changes: object) => faultOf({ ...good, ...changes }, now);

test("good tokens", () => {
  expect(fault({})).toBeNull();
  expect(fault({ expiresAt: new Date(now + 1) })).toBeNull();
  expect(fault({ expiresAt: now + 0.5 + 1 })).toBeNull();
  expect(fault({ extensions: { logicalCluster: "lkc-1", identityPoolId: "pool 1" } })).toBeNull();
});

test.each([
  [{ token: "" }, "its token is not a string with something in it"],
  [{ token: undefined }, "its token is not a string with something in it"],
  [{ token: "a.é.c" }, "its token has characters that can't be sent"],
  [{ token: "a\0b" }, "its token has characters that can't be sent"],
  [{ principal: "" }, "its principal is not a string"],
  [{ principal: "a\0b" }, "its principal has a NUL character"],
  [{ expiresAt: undefined }, "its expiresAt is neither a date nor milliseconds since 1970"],
  [{ expiresAt: "2027-01-01" }, "its expiresAt is neither a date nor milliseconds since 1970"],
  [{ expiresAt: new Date("nonsense") }, "its expiresAt is neither a date nor milliseconds since 1970"],
  [{ expiresAt: Number.POSITIVE_INFINITY }, "its expiresAt is neither a date nor milliseconds since 1970"],
  [{ expiresAt: -Number.MAX_SAFE_INTEGER }, "its expiresAt is neither a date nor milliseconds since 1970"],
  [{ expiresAt: now / 1000 + 3600 }, "seems to be in seconds, and must be in milliseconds"],
  [
    { expiresAt: now - 1000 },
    "its token expired at 2025-12-31T23:59:59.000Z, it is 2026-01-01T00:00:00.000Z here",
  ],
  [{ extensions: { auth: "x" } }, 'its extension "auth" must be named by letters'],
  [{ extensions: { "trace-id": "x" } }, 'its extension "trace-id" must be named by letters'],
  [{ extensions: { trace: "é" } }, "its extension trace must be a string of visible ASCII"],
  [{ extensions: { trace: 5 } }, "its extension trace must be a string of visible ASCII"],
])("%j", (changes, message) => {
  expect(fault(changes)).toContain(message);
});

test.each([undefined, null, "a.b.c", 5])("%p instead of an object", (given) => {
  expect(faultOf(given as never)).toBe("it gave no object with token, expiresAt and principal");
});

test("anything at all is a token that librdkafka can take, or is refused without being quoted", () => {
  const secret = "ey-secret-token";
  const odd = fc.oneof(fc.constant(secret), fc.constant(`${secret}é`), fc.anything());
  const times = fc.oneof(fc.date(), fc.double(), fc.integer(), odd);
  const token = fc.record(
    {
      token: odd,
      expiresAt: times,
      principal: odd,
      extensions: fc.oneof(fc.dictionary(fc.string(), odd), odd),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(token, odd), (given) => {
      const found = faultOf(given as AccessToken, now);
      if (found === null) expect(expiryOf(given as AccessToken)).toBeGreaterThan(now);
      else expect(found).not.toContain(secret);
    }),
  );
});
