import { afterEach, expect, jest, test } from "bun:test";
import { KafkaError } from "@campus/kafka";
import { createLog } from "@campus/service";
import { createFailureLog } from "./failure-log.ts";

afterEach(() => void jest.useRealTimers());

test("the first failure is said at once, those after it once a second, with how many orders", () => {
  jest.useFakeTimers();
  const lines: string[] = [];
  const tell = createFailureLog({ log: createLog({ name: "tester", write: (line) => lines.push(line) }) });
  const error = new KafkaError({ code: -192, operation: "produce", message: "timed out" });
  for (let i = 0; i < 500; i++) tell(error, 2);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("orders not acknowledged by Kafka: produce: timed out (_MSG_TIMED_OUT)");
  expect(lines[0]).toEndWith("orders=2");
  jest.advanceTimersByTime(1000);
  expect(lines[1]).toEndWith("orders=998");
  jest.advanceTimersByTime(5000);
  expect(lines).toHaveLength(2);
  tell(error, 1);
  expect(lines).toHaveLength(3);
});
