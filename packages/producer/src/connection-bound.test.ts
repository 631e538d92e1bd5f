/** The bound looks at descriptors, so any open file is a connection here. */
import { afterEach, describe, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { boundConnections, type ConnectionBound } from "./connection-bound.ts";
import { until } from "./testing-process.ts";

const descriptors: number[] = [];
let bound: ConnectionBound | undefined;

afterEach(() => {
  bound?.stop();
  close(descriptors.length);
});

function open(count: number): void {
  for (let i = 0; i < count; i++) descriptors.push(openSync("/dev/null", "r"));
}

function close(count: number): void {
  for (const descriptor of descriptors.splice(-count, count)) closeSync(descriptor);
}

/** Some, so that what the runtime closes meanwhile leaves no gap at the beginning. */
function fillGaps(): void {
  open(50);
}

interface StartOptions {
  most: number;
  descriptorLimit?: number;
  refuses?: boolean;
}

/** A bound on a socket that notes what it is told. */
function start({ most, descriptorLimit = 100_000, refuses = false }: StartOptions) {
  const calls: string[] = [];
  let isRefusing = refuses;
  const socket = {
    hold() {
      if (isRefusing) throw new Error("refused");
      calls.push("hold");
    },
    release: () => void calls.push("release"),
  };
  const started = boundConnections({
    socket,
    most,
    descriptorLimit,
    onFull: (count) => void calls.push(`full at ${count}`),
    onError: (error) => void calls.push(String(error)),
  });
  bound = started;
  return { calls, bound: started, obey: () => (isRefusing = false) };
}

describe("so many connections and no more", () => {
  test("new ones are held when they are reached, let in when one has ended, and it is told once", async () => {
    fillGaps();
    const { calls, bound } = start({ most: 20 });
    open(10);
    await Bun.sleep(120);
    expect(bound.isFull).toBe(false);
    open(10);
    await until(() => bound.isFull);
    close(1);
    await until(() => !bound.isFull);
    open(1);
    await until(() => bound.isFull);
    expect(calls).toEqual(["hold", "full at 20", "release", "hold"]);
  });

  test("fewer where descriptors are few", () => {
    expect(start({ most: 1000, descriptorLimit: 1000 }).bound.most).toBeLessThan(750);
    bound?.stop();
    expect(start({ most: 100, descriptorLimit: 1000 }).bound.most).toBe(100);
    bound?.stop();
    expect(start({ most: 100, descriptorLimit: 4 }).bound.most).toBe(1);
  });

  test("what the kernel refuses is told once, and tried again", async () => {
    fillGaps();
    const { calls, bound, obey } = start({ most: 1, refuses: true });
    open(5);
    await until(() => calls.length > 0);
    await Bun.sleep(120);
    expect(calls).toEqual(["Error: refused"]);
    expect(bound.isFull).toBe(false);
    obey();
    await until(() => bound.isFull);
    expect(calls).toEqual(["Error: refused", "hold", "full at 1"]);
  });
});
