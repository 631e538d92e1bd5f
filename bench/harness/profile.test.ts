import { expect, test } from "bun:test";
import { profiled, sharesOf } from "./profile.ts";

test("threads stand by what they used in all runs, without the idle ones", () => {
  const run = (...used: (readonly [id: string, name: string, cpuSeconds: number])[]) => ({
    threads: new Map(used.map(([id, name, cpuSeconds]) => [id, { id, name, cpuSeconds }])),
  });
  const first = run(
    ["1", "bun", 1],
    ["2", "rdk:broker1", 2],
    ["3", "rdk:broker1", 1],
    ["4", "rdk:main", 0.01],
  );
  expect(sharesOf("subject.ts", [first, run(["1", "bun", 2])])).toEqual([
    { name: "subject.ts", thread: "bun", seconds: 3, share: 3 / 6.01 },
    { name: "subject.ts", thread: "rdk:broker1", seconds: 3, share: 3 / 6.01 },
  ]);
});

test("commands stay as they are unless profiles were asked for", () => {
  expect(profiled([process.execPath, "a.ts"])).toEqual([process.execPath, "a.ts"]);
});
