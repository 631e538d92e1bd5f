/**
 * The README's tables of settings, made from the code: `bun tests/support/readme-settings.ts` rewrites them. What is the same in every service stands
 * in a table of its own.
 */
import { join } from "node:path";
import { type SettingsTable, settingsMarkdown } from "@campus/service";
import { SETTINGS as analytics } from "../../packages/analytics/src/config.ts";
import { SETTINGS as inventory } from "../../packages/inventory/src/config.ts";
import { SETTINGS as producer } from "../../packages/producer/src/config.ts";

export const readmeFile = join(import.meta.dir, "..", "..", "README.md");

const services: Record<string, SettingsTable> = { producer, inventory, analytics };

/** Mark and title of each table, and its rows. */
function tables(): [mark: string, title: string, table: SettingsTable][] {
  const isShared = (property: string) => {
    const rows = Object.values(services).map((table) => {
      const setting = table[property];
      return setting ? settingsMarkdown({ [property]: setting }) : "";
    });
    return rows.every((row) => row === rows[0]);
  };
  const pick = (table: SettingsTable, shared: boolean): SettingsTable =>
    Object.fromEntries(Object.entries(table).filter(([property]) => isShared(property) === shared));
  return [
    ["every", "Every service", pick(producer, true)],
    ...Object.entries(services).map(
      ([name, table]) =>
        [name, `${name[0]!.toUpperCase()}${name.slice(1)}`, pick(table, false)] as [
          string,
          string,
          SettingsTable,
        ],
    ),
  ];
}

/** Puts each table after its mark and title; what stood there is replaced. */
export function withSettings(readme: string): string {
  return tables().reduce((text, [mark, title, table]) => {
    const section = new RegExp(`(<!-- settings: ${mark} -->\\n)[^]*?(?=<!-- settings: )`);
    return text.replace(section, (_whole, head) => `${head}\n${title}:\n\n${settingsMarkdown(table)}\n\n`);
  }, readme);
}

if (import.meta.path === Bun.main)
  await Bun.write(readmeFile, withSettings(await Bun.file(readmeFile).text()));
