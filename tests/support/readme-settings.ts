/** The README's tables of settings, made from the code: `bun tests/support/readme-settings.ts` rewrites them. */
import { join } from "node:path";
import { type SettingsTable, settingsMarkdown } from "@campus/service";
import { SETTINGS as analytics } from "../../packages/analytics/src/config.ts";
import { SETTINGS as inventory } from "../../packages/inventory/src/config.ts";
import { SETTINGS as producer } from "../../packages/producer/src/config.ts";

export const readmeFile = join(import.meta.dir, "..", "..", "README.md");
const tables: Record<string, SettingsTable> = { producer, inventory, analytics };

/** Puts each table after its mark and title; what stood there is replaced. */
export function withSettings(readme: string): string {
  return Object.entries(tables).reduce((text, [service, table]) => {
    const title = `${service[0]!.toUpperCase()}${service.slice(1)}:`;
    const section = new RegExp(`(<!-- settings: ${service} -->\\n)[^]*?(?=<!-- settings: )`);
    return text.replace(section, (_whole, mark) => `${mark}\n${title}\n\n${settingsMarkdown(table)}\n\n`);
  }, readme);
}

if (import.meta.path === Bun.main)
  await Bun.write(readmeFile, withSettings(await Bun.file(readmeFile).text()));
