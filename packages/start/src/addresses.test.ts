import { expect, test } from "bun:test";
import { SettingsError } from "@campus/service";
import { chooseAddresses, PortTakenError, urlOf } from "./addresses.ts";

function withTaken<T>(work: (port: number) => T): T {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, exclusive: true, socket: { data() {} } });
  try {
    return work(listener.port);
  } finally {
    listener.stop(true);
  }
}

/** With a taken port whose neighbours nobody has: other programs take ports, too. */
function withTakenAlone(work: (port: number) => void): void {
  const isDone = withTaken((port) => {
    if (!isFree(port - 1) || !isFree(port + 1)) return false;
    work(port);
    return true;
  });
  if (!isDone) withTakenAlone(work);
}

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: "127.0.0.1", port, exclusive: true, socket: { data() {} } }).stop(true);
    return true;
  } catch {
    return false;
  }
}

test("PORT=0 is a free port, and each service has its own management port", () => {
  const { host, port, url, managementPorts } = chooseAddresses({ PORT: "0", MANAGEMENT_PORT: "0" }, 3);
  expect([host, url]).toEqual(["127.0.0.1", `http://localhost:${port}`]);
  expect(port).toBeGreaterThan(0);
  expect(new Set([port, ...managementPorts]).size).toBe(4);
});

test("management ports follow the one that was asked for, around those that are taken", () => {
  withTakenAlone((taken) => {
    const { managementPorts } = chooseAddresses({ PORT: "0", MANAGEMENT_PORT: String(taken - 1) }, 3);
    expect(managementPorts).toHaveLength(3);
    expect(managementPorts[1]).not.toBe(taken);
    expect(managementPorts[2]).toBe(taken + 1);
  });
});

test("a port in use is said with a way out", () => {
  withTaken((taken) => {
    const choose = () => chooseAddresses({ PORT: String(taken) }, 3);
    expect(choose).toThrow(PortTakenError);
    expect(choose).toThrow(`Port ${taken} on 127.0.0.1 is in use`);
    expect(choose).toThrow("PORT=");
  });
});

test("settings that are none are refused before anything is started", () => {
  expect(() => chooseAddresses({ PORT: "abc" }, 3)).toThrow(SettingsError);
  expect(() => chooseAddresses({ PORT: "abc" }, 3)).toThrow("PORT=");
});

test("an address for all of this machine is reached as localhost", () => {
  expect(["0.0.0.0", "::", "10.1.2.3", "::1"].map((host) => urlOf(host, 80))).toEqual([
    "http://localhost:80",
    "http://localhost:80",
    "http://10.1.2.3:80",
    "http://[::1]:80",
  ]);
});
