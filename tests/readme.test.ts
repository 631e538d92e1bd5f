/** The README's tables of settings are those of the code. */
import { expect, test } from "bun:test";
import { readmeFile, withSettings } from "./support/readme-settings.ts";

test("the README documents every setting as it is", async () => {
  const readme = await Bun.file(readmeFile).text();
  expect(readme).toContain("| `PRODUCER_MAX_IN_FLIGHT` |");
  expect(readme).toBe(withSettings(readme));
});
