import { expect, test } from "bun:test";
import { describeVersion, minimumVersion } from "./library-version.ts";

test("versions in librdkafka's own words", () => {
  expect(describeVersion(minimumVersion)).toBe("2.15.0");
  expect(describeVersion(0x020f01ff)).toBe("2.15.1");
  expect(describeVersion(0x020f00c9)).toBe("2.15.0-RC1");
  expect(describeVersion(0x020f0003)).toBe("2.15.0-pre3");
});
