import { expect, test } from "bun:test";
import { completion } from "./commands/completion.ts";
import { COMMANDS } from "./commands.ts";
import { createOutput } from "./output.ts";

async function scriptFor(shell: string): Promise<string> {
  const lines: string[] = [];
  const output = createOutput({ isJson: false, styled: false, out: (text) => lines.push(text) });
  const given = { arguments: [shell], flag: () => false, value: () => undefined, values: () => [] };
  const context = { output, commands: COMMANDS } as unknown as Parameters<typeof completion.run>[1];
  await completion.run(given, context);
  return lines.join("\n");
}

/** What bash offers for a line whose last word is being written. */
async function offered(line: string): Promise<string[]> {
  const words = line.split(" ");
  const ask = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _orders; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const child = Bun.spawn(["bash", "-c", `${await scriptFor("bash")}\n${ask}`], {
    stdout: "pipe",
    stderr: "pipe",
  });
  expect(await child.stderr.text()).toBe("");
  return (await child.stdout.text()).split("\n").filter(Boolean);
}

test("bash completes commands, their second words and their options", async () => {
  expect(await offered("orders of")).toEqual(["offsets"]);
  expect(await offered("orders topics t")).toEqual(["tail"]);
  expect(await offered("orders offsets reset --ex")).toEqual(["--execute"]);
  expect(await offered("orders lag --js")).toEqual(["--json"]);
});

test.each(["zsh", "fish"])(
  "the script for %s names every command and option; the shell takes it where it is there",
  async (shell) => {
    const script = await scriptFor(shell);
    for (const { name, options } of COMMANDS) {
      for (const word of name.split(" ")) expect(script).toContain(word);
      for (const option of options) expect(script).toContain(option.name);
    }
    if (!Bun.which(shell)) return;
    const child = Bun.spawn([shell, "-n"], { stdin: new Blob([script]), stdout: "pipe", stderr: "pipe" });
    expect([await child.exited, await child.stderr.text()]).toEqual([0, ""]);
  },
);
