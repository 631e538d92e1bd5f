import { describe, expect, test } from "bun:test";
import { allowedHosts, hostNames, isAllowedHost, isLoopback } from "./allowed-hosts.ts";

test.each([
  ["127.0.0.1", true],
  ["127.8.9.10", true],
  ["localhost", true],
  ["::1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.1.2.3", false],
  ["127.0.0.1.example.com", false],
  ["localhost.example.com", false],
])("%s is loopback: %p", (host, is) => {
  expect(isLoopback(host)).toBe(is);
});

describe("without the setting", () => {
  test("loopback goes by its own names only", () => {
    const hosts = allowedHosts(undefined, "127.0.0.1");
    for (const field of ["localhost", "LOCALHOST:8201", "127.0.0.1:8201", "[::1]:8201", "localhost:"]) {
      expect(isAllowedHost(hosts, field)).toBe(true);
    }
    for (const field of ["evil.example", "localhost.evil.example:8201", "a", "", "127.0.0.1@evil", null]) {
      expect(isAllowedHost(hosts, field)).toBe(false);
    }
    expect(isAllowedHost(allowedHosts(undefined, "127.0.0.2"), "127.0.0.2:80")).toBe(true);
  });

  test("other addresses go by any", () => {
    for (const field of ["evil.example", null]) {
      expect(isAllowedHost(allowedHosts(undefined, "0.0.0.0"), field)).toBe(true);
    }
  });
});

test("with the setting, those names and no others", () => {
  const hosts = allowedHosts(
    hostNames("ALLOWED_HOSTS", { description: "" }).parse("Orders.example.com, [2001:db8::1]"),
    "127.0.0.1",
  );
  expect(isAllowedHost(hosts, "orders.example.com")).toBe(true);
  expect(isAllowedHost(hosts, "ORDERS.example.com:443")).toBe(true);
  expect(isAllowedHost(hosts, "[2001:db8::1]:8201")).toBe(true);
  expect(isAllowedHost(hosts, "localhost")).toBe(false);
  expect(
    isAllowedHost(
      allowedHosts(hostNames("ALLOWED_HOSTS", { description: "" }).parse("*"), "127.0.0.1"),
      "evil.example",
    ),
  ).toBe(true);
});

test.each(["", "a,", "a:80", "http://a", "a b", "-a", "a-", "[x]", "*.example.com"])(
  "the setting %p is refused",
  (text) => {
    expect(hostNames("ALLOWED_HOSTS", { description: "" }).parse(text)).toBeUndefined();
  },
);
