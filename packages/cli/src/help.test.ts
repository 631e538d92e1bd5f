import { expect, test } from "bun:test";
import { readCommandLine } from "./command-line.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT_CODE } from "./exit-code.ts";
import { helpText, synopsis } from "./help.ts";

test("the overview names every command, the common options and the exit codes", () => {
  const text = helpText(undefined, COMMANDS);
  for (const command of COMMANDS) expect(text).toContain(`  ${synopsis(command)}  `);
  for (const option of ["--brokers HOST:PORT", "--json", "--help"]) expect(text).toContain(`  ${option}  `);
  for (const code of Object.values(EXIT_CODE)) expect(text).toContain(`\n  ${code}  `);
});

test("help on one word has the commands that begin with it, and no others", () => {
  const text = helpText("topics", COMMANDS);
  expect(text).toContain("topics ls");
  expect(text).not.toContain("offsets reset");
});

test.each(COMMANDS.map((command) => [command.name, command] as const))(
  "%s: every option is explained, every example can be run",
  (name, command) => {
    const text = helpText(command, COMMANDS);
    expect(text).toStartWith(`Usage: bun run orders ${synopsis(command)} [options]\n`);
    for (const option of command.options) expect(text).toContain(`--${option.name}`);
    expect(command.examples.length).toBeGreaterThan(0);
    for (const [line] of command.examples) {
      const [own] = line.split(/ [|>] /);
      expect(readCommandLine(own!.split(" "), COMMANDS)).toMatchObject({ kind: "run", command: { name } });
    }
  },
);

test("no line is wider than a page", () => {
  const texts = [undefined, "topics", ...COMMANDS].map((about) => helpText(about, COMMANDS));
  const wide = texts.flatMap((text) => text.split("\n")).filter((line) => line.length > 140);
  expect(wide).toEqual([]);
});
