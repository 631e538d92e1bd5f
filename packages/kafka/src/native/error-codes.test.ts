/** The written table of error codes against the loaded library's own. */
import { expect, test } from "bun:test";
import { ErrCode, errorCodes } from "./error-codes.ts";
import { NativeMemory, read, readString } from "./ffi.ts";
import { errorDescription as field } from "./layout.ts";
import { librdkafka } from "./library.ts";

test("every code of the library is in the table under its name, and none besides", () => {
  const out = new NativeMemory(16);
  librdkafka().rd_kafka_get_err_descs(out.address, out.address + 8);
  const descriptions = out.getSize(0);
  const library = new Map<number, string>();
  for (let i = 0; i < out.getSize(2); i++) {
    const name = readString(read.ptr(descriptions + i * field.size, field.name));
    // The table has holes, and two marks that are no errors.
    if (name && name !== "_BEGIN" && name !== "_END") {
      library.set(read.i32(descriptions + i * field.size, field.code), name);
    }
  }
  expect(library.size).toBeGreaterThan(150);
  expect(new Map([...errorCodes].map(([code, { name }]) => [code, name]))).toEqual(library);
});

test("the names this package uses stand for the codes they say", () => {
  expect(errorCodes.get(ErrCode.queueFull)).toEqual({ name: "_QUEUE_FULL", retriable: true, fatal: false });
  expect(errorCodes.get(ErrCode.fatal)?.fatal).toBe(true);
  for (const code of Object.values(ErrCode)) expect(errorCodes.has(code)).toBe(true);
});
