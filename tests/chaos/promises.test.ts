import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Told } from "./history.ts";
import { brokenPromises, checkPromises, type Log } from "./promises.ts";

function told(
  request: number,
  status: number | null,
  orderIds: readonly string[],
  key = `key-${request}`,
): Told {
  return { request, attempt: 1, key, producer: 0, sentMs: 0, answeredMs: 1, status, orderIds };
}

const logOf = (ids: readonly string[], undecided: readonly string[] = []): Log => ({
  has: (id) => ids.includes(id),
  isDecided: (id) => ids.includes(id) && !undecided.includes(id),
});

/** Requests of one to three orders; each is tried some times in vain, and most are answered in the end. */
const anyHistory = fc
  .array(
    fc.record({
      orders: fc.integer({ min: 1, max: 3 }),
      refusals: fc.array(fc.constantFrom(503, 504, null), { maxLength: 3 }),
      answers: fc.integer({ min: 0, max: 2 }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((requests) =>
    requests.flatMap(({ orders, refusals, answers }, request) => {
      const ids = Array.from({ length: orders }, (_, index) => `order-${request}-${index}`);
      return [
        ...refusals.map((status) => told(request, status, [])),
        ...Array.from({ length: answers }, () => told(request, 202, ids)),
      ];
    }),
  );

const promised = (history: readonly Told[]) => [...new Set(history.flatMap(({ orderIds }) => orderIds))];

test("kept promises are no finding, however often a client asked", () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      const ids = promised(history);
      const promises = checkPromises(history, logOf([...ids, "an order nobody was told of"]));
      expect(brokenPromises(promises)).toEqual([]);
      expect(promises.accepted).toBe(ids.length);
    }),
  );
});

test("a lost order, an undecided one, a key with two ids and an id with two keys are each found", () => {
  fc.assert(
    fc.property(anyHistory, fc.nat(), (history, at) => {
      const ids = promised(history);
      fc.pre(ids.length > 0);
      const id = ids[at % ids.length]!;
      const { request, orderIds } = history.find((of) => of.orderIds.includes(id))!;
      const lost = checkPromises(history, logOf(ids.filter((other) => other !== id)));
      expect(lost).toMatchObject({ lost: [id], undecided: [], splitKeys: [] });
      expect(checkPromises(history, logOf(ids, [id]))).toMatchObject({ lost: [], undecided: [id] });
      const again = told(
        request,
        202,
        orderIds.map((own) => `${own}-anew`),
      );
      const split = checkPromises([...history, again], logOf([...ids, ...again.orderIds]));
      expect(split).toMatchObject({ lost: [], splitKeys: [`key-${request}`], sharedIds: [] });
      const other = checkPromises([...history, told(1e6, 202, [id])], logOf(ids));
      expect(other).toMatchObject({ lost: [], sharedIds: [id] });
      for (const broken of [lost, split, other]) expect(brokenPromises(broken)).toHaveLength(1);
    }),
  );
});
