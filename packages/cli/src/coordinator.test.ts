import { expect, test } from "bun:test";
import { KafkaError } from "@campus/kafka";
import { askCoordinator } from "./coordinator.ts";

const NOT_COORDINATOR = 16;
const UNKNOWN_MEMBER_ID = 25;
const error = (code: number) => new KafkaError({ code, operation: "describe groups", message: "no" });

/** Fails with each code in turn, then answers with how often it was asked. */
function answering(...codes: number[]) {
  let asked = 0;
  return async () => {
    const code = codes[asked++];
    if (code !== undefined) throw error(code);
    return asked;
  };
}

test("asks again while the coordinator moves", async () => {
  expect(await askCoordinator(answering(NOT_COORDINATOR, 15, 14), { backoffMs: 0 })).toBe(4);
});

test("any other refusal is an answer", async () => {
  const asking = askCoordinator(answering(NOT_COORDINATOR, UNKNOWN_MEMBER_ID), { backoffMs: 0 });
  expect(await asking.catch((refusal) => refusal)).toMatchObject({ name: "UNKNOWN_MEMBER_ID" });
});

test("gives up after the deadline with the last refusal", async () => {
  const asking = askCoordinator(() => Promise.reject(error(NOT_COORDINATOR)), {
    deadlineMs: 20,
    backoffMs: 1,
  });
  expect(await asking.catch((refusal) => refusal)).toMatchObject({ name: "NOT_COORDINATOR" });
});
