/**
 * Words for a configuration that is not taken: the nearest name for an unknown one, the right type for a wrong one, the way out for a feature
 * the library was built without.
 */
import { buildHint } from "./library-path.ts";
import { propertyNames } from "./properties.generated.ts";
import { propertyKind } from "./property-check.ts";
import { isSecret } from "./secrets.ts";

const longestShown = 60;

const unknown = "No such configuration property";

/**
 * Of a property that `rd_kafka_conf_set` refused.
 * @param reason librdkafka's own words; they may quote the value
 */
export function explainRefusal(name: string, value: unknown, reason: string): string {
  const kind = propertyKind(name);
  // For some names that only the Java client knows librdkafka has words of its own.
  if (kind === undefined && reason.startsWith(unknown)) return explainName(name);
  const hint = missingFeature(reason);
  if (hint) return `${name}: ${reason}. ${hint}`;
  const misread = /^(Invalid value|Expected bool)/.test(reason) && kind !== undefined && kind !== "string";
  return misread ? explainValue(name, value) : `${name}: ${reason.trim()}`;
}

/** Of a value that is not of its property's kind. */
export function explainValue(name: string, value: unknown): string {
  const kind = propertyKind(name);
  if (kind === undefined) return explainName(name);
  if (typeof value === "string" && value.includes("\0")) return `${name} must not contain a NUL character`;
  const expected =
    typeof kind === "string"
      ? { boolean: "true or false", integer: "a whole number", float: "a number", string: "a string" }[kind]
      : `one of ${kind.map((word) => JSON.stringify(word)).join(", ")}`;
  return `${name} must be ${expected}, got ${show(value, isSecret(name))}`;
}

/** Of a client that `rd_kafka_new` refused. */
export function explainCreation(reason: string): string {
  const hint = missingFeature(reason);
  return hint ? `${reason}. ${hint}` : reason;
}

/** Of a name that no property has. */
export function explainName(name: string): string {
  if (name.length > longestShown)
    return "there is no property with so long a name (librdkafka's CONFIGURATION.md lists them)";
  const near = nearest(name, propertyNames);
  const guess = near ? `; did you mean "${near}"?` : "";
  return `there is no property ${JSON.stringify(name)}${guess} (librdkafka's CONFIGURATION.md lists them)`;
}

/** A value for a message: itself if that may be shown and says more than its type. */
function show(value: unknown, secret: boolean): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (!secret && typeof value === "number") return String(value);
  if (!secret && typeof value === "string" && value.length <= longestShown) return JSON.stringify(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

const withoutKerberos =
  "GSSAPI (Kerberos) is what is used when sasl.mechanism is not set, and the library built here has none: " +
  "set another, or LIBRDKAFKA_PATH to a library with it";

/** By librdkafka's words for what a build lacks: the feature of `builtin.features` to ask for. */
const lacking: readonly (readonly [words: RegExp, feature: string])[] = [
  [/libcurl.*not (were )?available at build time/, "oidc"],
  [/OpenSSL.* not available at build time/, "ssl"],
  [/zlib not available at build time/, "gzip"],
  [/libzstd not available at build time/, "zstd"],
  [/snappy not enabled at build time/, "snappy"],
  [/No provider for SASL mechanism SCRAM-/, "sasl_scram"],
  [/No provider for SASL mechanism OAUTHBEARER/, "sasl_oauthbearer"],
];

function missingFeature(reason: string): string | null {
  if (/SASL mechanism GSSAPI|libsasl2 not available at build time/.test(reason)) return withoutKerberos;
  const feature = lacking.find(([words]) => words.test(reason))?.[1];
  return feature ? buildHint(feature) : null;
}

/** The candidate with the smallest edit distance, if it is near enough to be a slip. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 2 * longestShown) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
