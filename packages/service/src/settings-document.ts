/** A table of settings in words: for `--help`, and for the README. */
import type { Setting } from "./setting.ts";
import type { SettingsTable } from "./settings.ts";

/** The table as aligned text for a terminal. */
export function settingsHelp(table: SettingsTable): string {
  const settings = Object.values(table);
  const width = Math.max(...settings.map(({ name }) => name.length));
  const indent = " ".repeat(width + 4);
  return settings
    .map(
      ({ name, ...setting }) =>
        `  ${name.padEnd(width)}  ${setting.description}\n${indent}${valueLine(setting)}`,
    )
    .join("\n");
}

/** The table as Markdown, with a head. */
export function settingsMarkdown(table: SettingsTable): string {
  const rows = Object.values(table).map(
    ({ name, description, expected, defaultText }) =>
      `| \`${name}\` | ${cell(description)} | ${cell(expected)} | ${defaultText === "" ? "" : cell(defaultText)} |`,
  );
  return ["| variable | what | value | default |", "|---|---|---|---|", ...rows].join("\n");
}

function valueLine({ expected, defaultText }: Omit<Setting<unknown>, "name">): string {
  return `${expected}; default: ${defaultText}`;
}

function cell(words: string): string {
  return words.replaceAll("|", "\\|");
}
