#!/usr/bin/env bun
/** `orders`, the operator's command. Wiring only: the command line is command-line.ts, what a command does its own file in commands/. */
import { readAccess } from "./access.ts";
import { findCommand, readCommandLine } from "./command-line.ts";
import { COMMANDS } from "./commands.ts";
import { connect } from "./connection.ts";
import { EXIT_CODE, toCommandError, UsageError } from "./exit-code.ts";
import { helpText, PROGRAM } from "./help.ts";
import { interruption } from "./interruption.ts";
import { createOutput, sayToUser, wantsStyle } from "./output.ts";

async function run(words: readonly string[]): Promise<number> {
  const request = readCommandLine(words, COMMANDS);
  if (request.kind === "help") {
    console.log(helpText(request.about, COMMANDS));
    return EXIT_CODE.ok;
  }
  const { command, given } = request;
  const kafka = readAccess(given.value("brokers"), process.env);
  const output = createOutput({
    isJson: given.flag("json"),
    styled: wantsStyle(process.stdout, process.env),
  });
  try {
    const { brokers } = kafka;
    return await command.run(given, {
      ...{ output, brokers, commands: COMMANDS, interruption },
      connect: () => connect(kafka),
    });
  } catch (error) {
    throw toCommandError(error, kafka.brokers) ?? error;
  }
}

/** A fault of this program has no code of its own, and keeps its stack: it is there to be reported. */
function report(error: unknown, words: readonly string[]): number {
  const expected = toCommandError(error, "");
  if (!expected) {
    console.error(error);
    return EXIT_CODE.failed;
  }
  sayToUser(expected.message);
  if (expected instanceof UsageError) {
    const about = findCommand(words, COMMANDS)?.name;
    sayToUser(`More: ${[PROGRAM, about, "--help"].filter(Boolean).join(" ")}`);
  }
  return expected.exitCode;
}

// Not left to end by itself: librdkafka's threads may still wait for a broker that does not answer.
const words = process.argv.slice(2);
process.exit(await run(words).catch((error) => report(error, words)));
