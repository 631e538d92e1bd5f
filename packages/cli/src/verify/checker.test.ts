/** Random histories of a right system are clean; each fault planted into one is found, and nothing else is. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { createChecker, type Findings, faultsOf, type Progress } from "./checker.ts";

setDefaultTimeout(30_000);

const GROUP = "inventory-group";
const ORDERS = "order-events";

/** What lies in one partition of the orders: an order's id, or a record that is no event. */
interface Entry {
  readonly offset: number;
  readonly id: string | undefined;
}

interface Decision {
  readonly partition: number;
  readonly id: string;
}

/** Everything in the topics of a system at rest. */
interface History {
  readonly partitions: readonly (readonly Entry[])[];
  readonly decisions: readonly Decision[];
  readonly letters: readonly { partition: number; offset: number }[];
}

/** Orders in three partitions, some repeated by retries, some records poison; decisions of the partitions interleaved at random. */
const anyHistory: fc.Arbitrary<History> = fc
  .record({
    entries: fc.array(
      fc.record({
        partition: fc.nat(2),
        kind: fc.constantFrom("order", "order", "order", "retry", "poison"),
      }),
      { minLength: 8, maxLength: 120 },
    ),
    seed: fc.nat(),
  })
  .map(({ entries, seed }) => {
    const partitions: Entry[][] = [[], [], []];
    const letters: { partition: number; offset: number }[] = [];
    const decisions: Decision[] = [];
    for (const [index, { partition, kind }] of entries.entries()) {
      const own = partitions[partition]!;
      const offset = (own.at(-1)?.offset ?? -1) + 1;
      const last = own.findLast((entry) => entry.id !== undefined)?.id;
      if (kind === "poison") {
        own.push({ offset, id: undefined });
        letters.push({ partition, offset });
      } else if (kind === "retry" && last !== undefined) own.push({ offset, id: last });
      else {
        const id = idOf(seed, index);
        own.push({ offset, id });
        decisions.push({ partition, id });
      }
    }
    return { partitions, decisions, letters };
  })
  .filter(({ decisions, letters }) => decisions.length > 3 && letters.length > 0);

const idOf = (seed: number, index: number): string =>
  `${(seed >>> 0).toString(16).padStart(8, "0")}-0000-4000-8000-${index.toString(16).padStart(12, "0")}`;

function check({ partitions, decisions, letters }: History, more: Partial<Progress> = {}): Findings {
  const checker = createChecker({ ordersTopic: ORDERS, group: GROUP });
  for (const [partition, entries] of partitions.entries()) {
    for (const { offset, id } of entries) {
      if (id === undefined) checker.unreadable(ORDERS, partition, offset);
      else checker.order(partition, offset, id);
    }
  }
  const next = [0, 0, 0];
  for (const { partition, id } of decisions) checker.decision(partition, next[partition]!++, id, true);
  for (const { partition, offset } of letters)
    checker.letter({ topic: ORDERS, partition, offset, group: GROUP }, undefined);
  const ends = new Map(partitions.map((entries, partition) => [partition, entries.length]));
  return checker.findings({ before: ends, after: ends, settled: true, ...more });
}

const clean = {
  missing: 0,
  duplicated: 0,
  outOfOrder: 0,
  withoutOrder: 0,
  abortedSeen: 0,
  notSetAside: 0,
  deadLettersTwice: 0,
};

test("a right system is clean, and everything is counted", () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      const findings = check(history);
      expect(faultsOf(findings)).toEqual(clean);
      const records = history.partitions.flat().filter(({ id }) => id !== undefined).length;
      expect(findings).toMatchObject({
        orders: history.decisions.length,
        retries: records - history.decisions.length,
        decisions: history.decisions.length,
        deadLetters: history.letters.length,
        pending: 0,
        examples: [],
      });
    }),
  );
});

/** A fault that is put into a right history at a place, and what must be found; undefined where it does not fit there. */
type Plant = (history: History, at: number) => readonly [History, Partial<typeof clean>] | undefined;

const plants: Readonly<Record<string, Plant>> = {
  "a decision lost": ({ decisions, ...rest }, at) => [
    { ...rest, decisions: decisions.toSpliced(at % decisions.length, 1) },
    { missing: 1 },
  ],
  "a decision twice": ({ decisions, ...rest }, at) => {
    const place = at % decisions.length;
    return [
      { ...rest, decisions: decisions.toSpliced(decisions.length, 0, decisions[place]!) },
      { duplicated: 1 },
    ];
  },
  "two decisions swapped": ({ decisions, ...rest }, at) => {
    const first = at % decisions.length;
    const { partition } = decisions[first]!;
    const second = decisions.findIndex((other, index) => index > first && other.partition === partition);
    if (second < 0) return undefined;
    const swapped = decisions.with(first, decisions[second]!).with(second, decisions[first]!);
    // The later one comes first, so all between the two places lie behind it, and so does the other.
    const behind = decisions.slice(first + 1, second).filter((other) => other.partition === partition).length;
    return [{ ...rest, decisions: swapped }, { outOfOrder: behind + 1 }];
  },
  "a decision of nothing": ({ decisions, ...rest }, at) => [
    { ...rest, decisions: [...decisions, { partition: at % 3, id: idOf(at, 2 ** 40) }] },
    { withoutOrder: 1 },
  ],
  "a poison record that vanished": ({ letters, ...rest }, at) => [
    { ...rest, letters: letters.toSpliced(at % letters.length, 1) },
    { notSetAside: 1 },
  ],
  "a dead letter twice": ({ letters, ...rest }, at) => [
    { ...rest, letters: [...letters, letters[at % letters.length]!] },
    { deadLettersTwice: 1 },
  ],
};

test.each(Object.entries(plants))("%s is found, and nothing else", (_, plant) => {
  fc.assert(
    fc.property(anyHistory, fc.nat(), (history, at) => {
      const planted = plant(history, at);
      fc.pre(planted !== undefined);
      const findings = check(planted[0]);
      expect(faultsOf(findings)).toEqual({ ...clean, ...planted[1] });
      expect(findings.examples.length).toBeGreaterThan(0);
    }),
  );
});

test("a decision whose order was never committed comes from a transaction that was aborted", () => {
  fc.assert(
    fc.property(anyHistory, fc.nat(2), (history, partition) => {
      const entries = history.partitions[partition]!;
      const first = entries.find(({ id }) => id !== undefined);
      fc.pre(first !== undefined);
      const after = new Map(
        [0, 1, 2].map((own) => [own, own === partition ? first.offset : Number.MAX_VALUE]),
      );
      const decided = new Set(entries.map(({ id }) => id).filter((id) => id !== undefined)).size;
      expect(faultsOf(check(history, { after }))).toEqual({ ...clean, abortedSeen: decided });
      expect(check(history, { after: undefined }).abortedSeen).toBeNull();
    }),
  );
});

test("on a running system what the inventory has not come to is pending; what it has passed is missing", () => {
  const ids = [0, 1, 2, 3].map((index) => idOf(7, index));
  const partitions = [ids.map((id, offset) => ({ offset, id })), [], []];
  const history = { partitions, decisions: [{ partition: 0, id: ids[0]! }], letters: [] };
  const at = (offset: number) => check(history, { before: new Map([[0, offset]]), settled: false });
  expect(at(1)).toMatchObject({ missing: 0, pending: 3 });
  expect(at(3)).toMatchObject({ missing: 2, pending: 1 });
  // Nothing known of the group: what lies before the last decision was passed.
  const decided = { ...history, decisions: [{ partition: 0, id: ids[2]! }] };
  expect(check(decided, { before: new Map(), settled: false })).toMatchObject({ missing: 2, pending: 1 });
});

test("an order whose handling failed for good needs no decision", () => {
  const checker = createChecker({ ordersTopic: ORDERS, group: GROUP });
  const id = idOf(1, 1);
  checker.order(0, 5, id);
  checker.letter({ topic: ORDERS, partition: 0, offset: 5, group: "analytics-group" }, id);
  const progress = { before: new Map([[0, 6]]), after: undefined, settled: true };
  expect(checker.findings(progress).missing).toBe(1);
  checker.letter({ topic: ORDERS, partition: 0, offset: 5, group: GROUP }, id);
  expect(checker.findings(progress)).toMatchObject({ missing: 0, deadLetters: 2 });
  expect([checker.has(id), checker.isDecided(id), checker.has(idOf(1, 2))]).toEqual([true, false, false]);
});
