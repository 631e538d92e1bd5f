import { expect, test } from "bun:test";
import { formatAssignment, formatMembers } from "./members.ts";

test("partitions by topic, in order", () => {
  const places = [
    ["b", 1],
    ["a", 10],
    ["a", 2],
  ] as const;
  expect(formatAssignment(places.map(([topic, partition]) => ({ topic, partition })))).toBe("a/2,10 b/1");
});

test("a line a member; one without partitions is one all the same", () => {
  const common = { clientId: "client", host: "/10.0.0.1", groupInstanceId: null };
  const text = formatMembers([
    { ...common, memberId: "m-1", assignment: [{ topic: "t", partition: 0 }] },
    { ...common, memberId: "m-2", assignment: [] },
  ]);
  expect(text.split("\n").slice(1)).toEqual([
    "m-1       client  /10.0.0.1  t/0",
    "m-2       client  /10.0.0.1  -",
  ]);
});
