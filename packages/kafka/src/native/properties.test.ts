/** The generated property list is that of the carried librdkafka, and refusals name what was meant. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { generateProperties } from "../../scripts/generate-properties.ts";
import { newConf, type Properties } from "./conf.ts";
import { nearest } from "./conf-refusal.ts";
import { liveHandles } from "./handle.ts";
import { type LibrdkafkaProperties, propertyNames } from "./properties.generated.ts";

test("properties.generated.ts is up to date", async () => {
  const written = await Bun.file(join(import.meta.dir, "properties.generated.ts")).text();
  expect(written).toBe(await generateProperties());
});

test("an integer that may be said in words is typed so", () => {
  const said: LibrdkafkaProperties[] = [
    { acks: "all" },
    { acks: "-1" },
    { acks: -1 },
    { "request.required.acks": "all" },
  ];
  for (const properties of said) newConf(properties as Properties).release();
  // @ts-expect-error no such word
  const wrong: LibrdkafkaProperties = { acks: "every" };
  expect(() => newConf(wrong as Properties)).toThrow("acks must be");
});

test("an unknown property is refused with the nearest name, and nothing leaks", () => {
  const before = liveHandles();
  expect(() => newConf({ "linger.sm": 5 })).toThrow(
    'there is no property "linger.sm"; did you mean "linger.ms"?',
  );
  expect(() => newConf({ "linger.ms": "soon" })).toThrow("linger.ms must be a number");
  expect(liveHandles()).toEqual(before);
});

test("a far-off name gets no suggestion", () => {
  expect(nearest("completely.unrelated", propertyNames)).toBeUndefined();
});
