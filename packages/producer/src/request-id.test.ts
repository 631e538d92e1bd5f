import { expect, test } from "bun:test";
import { createRequestIds } from "./request-id.ts";

const given = (id: string) => new Headers({ "x-request-id": id });

test("a client's own id is kept", () => {
  const requestId = createRequestIds();
  for (const id of [
    "7",
    "8e03978e-40d5-43e8-bc93-6894a57f9324",
    "Root=1-67891233:abc/def+x.y_z",
    "a".repeat(128),
  ]) {
    expect(requestId(given(id))).toBe(id);
  }
});

test.each(["", "a b", 'a"b', "a\tb", "<b>", "é", "a,b", "{a}", "a".repeat(129)])(
  "%p is replaced: it could mean something where ids are written",
  (id) => {
    expect(createRequestIds("p")(given(id))).toBe("p-1");
  },
);

test("new ones are never the same, not even in another process", () => {
  const processes = [createRequestIds(), createRequestIds()];
  const ids = processes.flatMap((requestId) => Array.from({ length: 1000 }, () => requestId(new Headers())));
  expect(new Set(ids).size).toBe(2000);
});
