/** `orders completion`: what a shell needs to complete the command line, written from the commands themselves. */
import type { Command } from "../command.ts";
import { COMMON_OPTIONS } from "../command-line.ts";
import { EXIT_CODE, UsageError } from "../exit-code.ts";

const SHELLS: Readonly<Record<string, (commands: readonly Command[]) => string>> = { bash, zsh, fish };

export const completion: Command = {
  name: "completion",
  summary: "completion of the command line for bash, zsh or fish",
  description: `Prints a script for the shell, which completes commands, options and the values that an option can have. It completes the word \`orders\`:
the program of this package (packages/cli), or an alias for \`bun run orders\`.`,
  argument: { name: "SHELL", count: "one" },
  options: [],
  examples: [
    ["completion bash > ~/.local/share/bash-completion/completions/orders", "for bash"],
    ["completion zsh > ~/.zfunc/_orders", "for zsh, with ~/.zfunc in fpath"],
    ["completion fish > ~/.config/fish/completions/orders.fish", "for fish"],
  ],
  async run(given, { output, commands }) {
    const write = SHELLS[given.arguments[0]!];
    if (!write) throw new UsageError(`completion is there for ${Object.keys(SHELLS).join(", ")}`);
    const script = write(commands);
    if (output.isJson) output.json({ shell: given.arguments[0], script });
    else output.line(script);
    return EXIT_CODE.ok;
  },
};

/** First words, and the second words after each. */
function wordsOf(commands: readonly Command[]) {
  const families = Map.groupBy(commands, ({ name }) => name.split(" ")[0]!);
  return [...families].map(([first, members]) => ({
    first,
    seconds: members.flatMap(({ name, summary }) => {
      const second = name.split(" ")[1];
      return second === undefined ? [] : [{ second, summary }];
    }),
    summary:
      members.length === 1 ? members[0]!.summary : members.map(({ name }) => name.split(" ")[1]).join(", "),
  }));
}

const optionsOf = ({ options }: Command) => [...options, ...COMMON_OPTIONS];

const inQuotes = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function bash(commands: readonly Command[]): string {
  const families = wordsOf(commands);
  const seconds = families
    .filter((family) => family.seconds.length > 0)
    .map(({ first, seconds }) => `    ${first}) words="${seconds.map(({ second }) => second).join(" ")}" ;;`);
  const options = commands.map((command) => {
    const names = optionsOf(command).map(({ name }) => `--${name}`);
    return `    "${command.name}") options="${names.join(" ")}" ;;`;
  });
  const choices = commands.flatMap((command) =>
    optionsOf(command)
      .filter(({ choices }) => choices !== undefined)
      .map(({ name, choices }) => `    "${command.name} --${name}") words="${choices!.join(" ")}" ;;`),
  );
  return `# bash completion for orders
_orders() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words="" options="" command
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${families.map(({ first }) => first).join(" ")} help --help" -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
${seconds.join("\n")}
  esac
  if [ -n "$words" ] && [ "$COMP_CWORD" -eq 2 ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  command=\${COMP_WORDS[1]}
  [ -z "$words" ] || command="$command \${COMP_WORDS[2]}"
  words=""
  case "$command $previous" in
${choices.join("\n") || '    "") ;;'}
  esac
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case $command in
${options.join("\n")}
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -F _orders orders`;
}

function zsh(commands: readonly Command[]): string {
  const families = wordsOf(commands);
  const describe = (word: string, summary: string) => inQuotes(`${word}:${summary.replaceAll(":", "\\:")}`);
  const firsts = families.map(({ first, summary }) => `    ${describe(first, summary)}`);
  const seconds = families
    .filter((family) => family.seconds.length > 0)
    .map(({ first, seconds }) => {
      const words = seconds.map(({ second, summary }) => describe(second, summary));
      return `    ${first}) seconds=(${words.join(" ")}) ;;`;
    });
  const options = commands.map((command) => {
    const specs = optionsOf(command).map(({ name, value, choices, description, repeatable }) => {
      const what = description.replaceAll(/[[\]:]/g, (character) => `\\${character}`);
      const takes = value ? `:${value.toLowerCase()}:${choices ? `(${choices.join(" ")})` : ""}` : "";
      return inQuotes(`${repeatable ? "*" : ""}--${name}[${what}]${takes}`);
    });
    return `    ${inQuotes(command.name)}) options=(${specs.join(" ")}) ;;`;
  });
  return `#compdef orders
_orders() {
  local -a firsts seconds options
  local command=$words[2]
  firsts=(
${firsts.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command firsts
    return
  fi
  case $command in
${seconds.join("\n")}
  esac
  if (( $#seconds )); then
    if (( CURRENT == 3 )); then
      _describe command seconds
      return
    fi
    command="$command $words[3]"
    shift words
    (( CURRENT-- ))
  fi
  shift words
  (( CURRENT-- ))
  case $command in
${options.join("\n")}
  esac
  _arguments $options '*:file:_files'
}
_orders "$@"`;
}

function fish(commands: readonly Command[]): string {
  const families = wordsOf(commands);
  const firsts = families.map(({ first, summary }) => {
    return `complete -c orders -n __fish_use_subcommand -f -a ${inQuotes(first)} -d ${inQuotes(summary)}`;
  });
  const seconds = families.flatMap(({ first, seconds }) => {
    const all = seconds.map(({ second }) => second).join(" ");
    return seconds.map(({ second, summary }) => {
      const condition = inQuotes(
        `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${all}`,
      );
      return `complete -c orders -n ${condition} -f -a ${inQuotes(second)} -d ${inQuotes(summary)}`;
    });
  });
  const options = commands.flatMap((command) => {
    const condition = command.name
      .split(" ")
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join("; and ");
    return optionsOf(command).map(({ name, value, choices, description }) => {
      const takes = value ? ` -r${choices ? ` -f -a ${inQuotes(choices.join(" "))}` : ""}` : "";
      return `complete -c orders -n ${inQuotes(condition)} -l ${name}${takes} -d ${inQuotes(description)}`;
    });
  });
  return ["# fish completion for orders", ...firsts, ...seconds, ...options].join("\n");
}
