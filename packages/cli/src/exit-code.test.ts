import { expect, test } from "bun:test";
import { KafkaError } from "@campus/kafka";
import { reasonOf } from "./connection.ts";
import { EXIT_CODE, failed, toCommandError } from "./exit-code.ts";

const kafkaError = (code: number, message = "no") =>
  new KafkaError({ code, operation: "list offsets", message });

test.each([
  [-185, EXIT_CODE.unreachable], // timed out
  [-195, EXIT_CODE.unreachable], // transport
  [-193, EXIT_CODE.unreachable], // resolve
  [29, EXIT_CODE.failed], // authorization
  [3, EXIT_CODE.failed], // unknown topic
])("error %i of the client ends with exit code %i, and says where and what", (code, exitCode) => {
  const error = kafkaError(code);
  expect(toCommandError(error, "kafka:1")).toMatchObject({ exitCode, cause: error });
  expect(toCommandError(error, "kafka:1")!.message).toStartWith("Kafka at kafka:1 ");
  expect(toCommandError(error, "kafka:1")!.message).toContain("list offsets");
});

test("a command's own end stays as it is; a fault is none", () => {
  const end = failed("there is no such thing");
  expect(toCommandError(end, "kafka:1")).toBe(end);
  expect(toCommandError(new TypeError("x is not a function"), "kafka:1")).toBeUndefined();
});

test.each([
  [
    "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT, 1 identical error(s) suppressed)",
    "Connect to 127.0.0.1:1 failed: Connection refused",
  ],
  [
    "nosuch.invalid:9092/bootstrap: Failed to resolve 'nosuch.invalid:9092': Name or service not known (after 3ms in state CONNECT)",
    "Failed to resolve 'nosuch.invalid:9092': Name or service not known",
  ],
  [
    "127.0.0.1:9093/bootstrap: Disconnected (after 2ms in state APIVERSION_QUERY); a listener that expects TLS does so (see tls)",
    "Disconnected; a listener that expects TLS does so (see tls)",
  ],
])("why no broker was reached, in short: %p", (message, reason) => {
  const cause = new KafkaError({ code: -195, operation: "producer", message });
  expect(reasonOf({ cause })).toBe(reason);
});

test("without a failed attempt there was no answer", () => {
  expect(reasonOf(kafkaError(-185))).toBe("no answer within 4 s");
});
