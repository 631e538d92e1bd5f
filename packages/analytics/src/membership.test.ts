import { expect, test } from "bun:test";
import { createMembership } from "./membership.ts";
import { orders, outcomes, recordingLog } from "./testing.ts";

/** Handlers, and what they made the others do. */
function setUp({ saves = true } = {}) {
  const steps: string[] = [];
  const { log, lines } = recordingLog();
  const membership = createMembership({
    processor: {
      async assigned(partitions) {
        steps.push(`took over ${partitions.length}`);
        return partitions.map((partition) => ({ ...partition, offset: 7 }));
      },
      async save() {
        await Bun.sleep(1);
        if (!saves) throw new Error("no broker");
        steps.push("saved");
      },
      drop: (partitions) => void steps.push(`dropped ${partitions.length}`),
    },
    reporter: {
      async report() {
        await Bun.sleep(1);
        steps.push("reported");
      },
      begin: () => void steps.push("begun"),
    },
    log,
    onJoined: () => void steps.push("joined"),
  });
  return { membership, steps, lines };
}

test("partitions are taken over before they are read, from where their counts are", async () => {
  const { membership, steps, lines } = setUp();
  expect(await membership.onAssigned([orders(1), outcomes(0)])).toEqual([
    { ...orders(1), offset: 7 },
    { ...outcomes(0), offset: 7 },
  ]);
  expect(steps).toEqual(["took over 2", "joined"]);
  expect(lines).toEqual(["INFO    test assigned order-events/1 inventory-events/0"]);
});

test("an instance the group has no partition for has joined all the same", async () => {
  const { membership, steps, lines } = setUp();
  await membership.onAssigned([]);
  expect(steps).toEqual(["took over 0", "joined"]);
  expect(lines).toEqual(["INFO    test assigned nothing new"]);
});

test("who gets the writer's partition begins to report, without holding up the reading", async () => {
  const { membership, steps } = setUp();
  await membership.onAssigned([orders(0)]);
  expect(steps).toEqual(["took over 1", "joined", "begun"]);
});

test("what goes is saved first, and reported by the writer, while it is still held", async () => {
  const { membership, steps } = setUp();
  await membership.onRevoked([orders(0), orders(1)]);
  expect(steps.toSorted()).toEqual(["dropped 2", "reported", "saved"]);
  expect(steps.at(-1)).toBe("dropped 2");
  await membership.onRevoked([outcomes(0)]);
  expect(steps.slice(3)).toEqual(["saved", "dropped 1"]);
});

test("a save that fails is said, and neither the report nor the giving back fails with it", async () => {
  const { membership, steps, lines } = setUp({ saves: false });
  await membership.onRevoked([orders(0)]);
  expect(steps).toEqual(["reported", "dropped 1"]);
  expect(lines[0]).toContain("not committed this time: no broker");
});

test("of what is lost nothing is saved", async () => {
  const { membership, steps, lines } = setUp();
  await membership.onLost([orders(0)]);
  expect(steps).toEqual(["dropped 1"]);
  expect(lines[0]).toContain("lost order-events/0");
});
