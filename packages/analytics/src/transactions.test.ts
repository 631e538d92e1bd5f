import { expect, test } from "bun:test";
import { KafkaError, type Transaction } from "@campus/kafka";
import { createTransactions, type TransactionClient, UnsettledError } from "./transactions.ts";

type Step = "initialise" | "begin" | "commit" | "abort";

/** Producers whose calls fail as they are told to, one error a call. */
function setUp() {
  const faults: { step: Step; error: KafkaError }[] = [];
  const steps: string[] = [];
  let producers = 0;
  let fatal: KafkaError | null = null;

  async function call(id: number, step: Step): Promise<void> {
    const [fault] = faults;
    if (fault?.step === step) {
      faults.shift();
      steps.push(`${step} ${id} failed`);
      if (fault.error.fatal) fatal = fault.error;
      throw fault.error;
    }
    steps.push(`${step} ${id}`);
  }
  function createProducer(): TransactionClient {
    const id = ++producers;
    fatal = null;
    return {
      get fatalError() {
        return fatal;
      },
      initialise: () => call(id, "initialise"),
      async begin() {
        await call(id, "begin");
        return {
          commit: () => call(id, "commit"),
          abort: () => call(id, "abort"),
        } as Transaction;
      },
      abandon: async () => void steps.push(`abandon ${id}`),
      close: async () => void steps.push(`close ${id}`),
    };
  }
  const unsettled: unknown[] = [];
  const transactions = createTransactions({
    createProducer,
    retryMs: 1,
    onUnsettled: (error) => void unsettled.push(error),
  });
  const fail = (step: Step, flags: Partial<KafkaError> = {}) =>
    faults.push({
      step,
      error: new KafkaError({ code: -185, operation: step, message: "no luck", ...flags }),
    });
  /** What a run comes to: nothing, or its error. */
  const outcome = (work: (transaction: Transaction) => void | Promise<void> = () => {}) =>
    transactions.run(work).then(
      () => undefined,
      (error: unknown) => error,
    );
  return { transactions, steps, fail, outcome, unsettled };
}

test("transactions come one after the other, on one producer", async () => {
  const { transactions, steps } = setUp();
  const order: number[] = [];
  const work = (id: number) => async () => {
    await Bun.sleep(2 - id);
    order.push(id);
  };
  await Promise.all([transactions.run(work(0)), transactions.run(work(1)), transactions.run(work(2))]);
  expect(order).toEqual([0, 1, 2]);
  await transactions.close();
  expect(steps).toEqual(["begin 1", "commit 1", "begin 1", "commit 1", "begin 1", "commit 1", "close 1"]);
});

test("work that fails is aborted, and the producer goes on", async () => {
  const { steps, outcome } = setUp();
  const failure = new Error("given up");
  expect(await outcome(() => Promise.reject(failure))).toBe(failure);
  expect(await outcome()).toBeUndefined();
  expect(steps).toEqual(["begin 1", "abort 1", "begin 1", "commit 1"]);
});

test("a commit that can be aborted is", async () => {
  const { steps, outcome, fail, unsettled } = setUp();
  fail("commit", { abortable: true });
  expect(await outcome()).toMatchObject({ abortable: true });
  expect([steps, unsettled]).toEqual([["begin 1", "commit 1 failed", "abort 1"], []]);
});

test("an abort that fails is left to the next producer of the same id", async () => {
  const { steps, outcome, fail } = setUp();
  fail("abort", { retriable: true });
  expect(await outcome(() => Promise.reject(new Error("given up")))).toMatchObject({ message: "given up" });
  expect(await outcome()).toBeUndefined();
  expect(steps).toEqual(["begin 1", "abort 1 failed", "abandon 1", "begin 2", "commit 2"]);
});

test("a commit of unknown outcome is settled before its caller hears of it, however long that takes", async () => {
  const { steps, outcome, fail, unsettled } = setUp();
  fail("commit", { retriable: true });
  fail("initialise", { retriable: true });
  fail("initialise", { fatal: true });
  expect(await outcome()).toBeInstanceOf(UnsettledError);
  expect(await outcome()).toBeUndefined();
  expect(unsettled).toHaveLength(1);
  expect(steps).toEqual([
    "begin 1",
    "commit 1 failed",
    "abandon 1",
    "initialise 2 failed",
    "abandon 2",
    "initialise 3 failed",
    "abandon 3",
    "initialise 4",
    "begin 4",
    "commit 4",
  ]);
});

test("a producer that was fenced, because its transaction took too long, is replaced", async () => {
  const { steps, outcome, fail } = setUp();
  fail("begin", { fatal: true });
  expect(await outcome()).toMatchObject({ fatal: true });
  expect(await outcome()).toBeUndefined();
  expect(steps).toEqual(["begin 1 failed", "abandon 1", "begin 2", "commit 2"]);
});

test("a coordinator that does not answer yet is asked again by the same producer", async () => {
  const { steps, outcome, fail } = setUp();
  fail("begin", { retriable: true });
  expect(await outcome()).toMatchObject({ retriable: true });
  expect(await outcome()).toBeUndefined();
  expect(steps).toEqual(["begin 1 failed", "begin 1", "commit 1"]);
});

test("closing ends the attempts to settle, and nothing begins after it", async () => {
  const { transactions, steps, outcome, fail } = setUp();
  fail("commit", { retriable: true });
  for (let attempt = 0; attempt < 1000; attempt++) fail("initialise", { retriable: true });
  const running = outcome();
  await Bun.sleep(5);
  await transactions.close();
  expect(String(await running)).toContain("the transactions are closed");
  const before = steps.length;
  expect(String(await outcome())).toContain("the transactions are closed");
  expect(steps).toHaveLength(before);
});
