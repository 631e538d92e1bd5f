import { expect, test } from "bun:test";
import fc from "fast-check";
import { FAULT_KINDS, FAULTS, LANES, planFaults } from "./schedule.ts";

const anyOptions = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  seconds: fc.integer({ min: 10, max: 600 }),
  kinds: fc.subarray([...FAULT_KINDS], { minLength: 1 }),
  sessionTimeoutMs: fc.constantFrom(3_000, 6_000),
});

test("the same seed gives the same plan, another another", () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      expect(planFaults(options)).toEqual(planFaults(options));
    }),
  );
  const options = { seconds: 120, kinds: FAULT_KINDS, sessionTimeoutMs: 6_000 };
  expect(planFaults({ ...options, seed: 1 })).not.toEqual(planFaults({ ...options, seed: 2 }));
});

test("only kinds asked for, in their lanes and in time; a pause outlasts the session; a leader dies first", () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      const plan = planFaults(options);
      for (const { kind, lane, atMs, lastsMs } of plan) {
        expect(options.kinds).toContain(kind);
        expect(FAULTS[kind]).toBe(lane);
        expect(atMs).toBeLessThan((options.seconds - 5) * 1_000);
        if (kind.endsWith("-pause")) expect(lastsMs).toBeGreaterThan(options.sessionTimeoutMs);
      }
      for (const lane of LANES) {
        const own = plan.filter((fault) => fault.lane === lane);
        expect(own.length > 0).toBe(options.kinds.some((kind) => FAULTS[kind] === lane));
        for (const [index, { atMs }] of own.entries())
          if (index > 0) expect(atMs).toBeGreaterThan(own[index - 1]!.atMs);
      }
      if (options.kinds.includes("broker-kill")) {
        const first = plan.find(({ lane }) => lane === "cluster");
        expect(first).toMatchObject({ kind: "broker-kill", target: 0 });
      }
    }),
  );
});
