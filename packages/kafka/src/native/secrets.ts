/**
 * What must not be printed: passwords, keys and tokens of one client. librdkafka blanks them in its own dumps, but its messages may quote a
 * value, so every text that leaves a client passes through here.
 */
import { propertyKinds, sensitiveProperties } from "./properties.generated.ts";

/** Marked as sensitive by librdkafka, yet needed in messages: paths of files, the user's name, public certificates. */
const telling = /(\.location|\.file|\.username|\.ca\.pem)$/;

const secretProperties: ReadonlySet<string> = new Set(
  sensitiveProperties.filter((name) => !telling.test(name)),
);

/** Whether the value of a property is a secret; of one that is not librdkafka's own (a plugin's) the name tells. */
export function isSecret(name: string): boolean {
  return (
    secretProperties.has(name) ||
    (!Object.hasOwn(propertyKinds, name) && /(password|passphrase|secret|token)$/.test(name))
  );
}

/** Shorter values are part of any text by chance: taking them out would shred every line and hide nothing. */
const shortestSecret = 4;

export class Secrets {
  /** The longest first: one secret may be part of another. */
  #values: readonly string[] = [];

  constructor(properties: Readonly<Record<string, unknown>> = {}) {
    for (const [name, value] of Object.entries(properties)) {
      if (typeof value !== "string" || !isSecret(name)) continue;
      this.add(value);
      if (name === "sasl.oauthbearer.config") for (const rest of ends(value)) this.add(rest);
    }
  }

  add(value: string): void {
    const secret = value.trim();
    if (secret.length < shortestSecret || this.#values.includes(secret)) return;
    this.#values = [...this.#values, secret].sort((a, b) => b.length - a.length);
  }

  /** Forgets a value that is no secret any more: a token that has expired. */
  drop(value: string): void {
    this.#values = this.#values.filter((secret) => secret !== value.trim());
  }

  /** `text` with `[redacted]` for every secret in it. */
  redact(text: string): string {
    return this.#values.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
  }
}

/** What is left of a text from each of its words on: librdkafka quotes a configuration of tokens from where it no longer makes sense. */
function ends(text: string): string[] {
  return [...text.matchAll(/\s(?=\S)/g)].map(({ index }) => text.slice(index));
}
