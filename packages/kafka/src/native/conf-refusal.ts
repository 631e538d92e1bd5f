/** Words for a property librdkafka did not take: the nearest name for an unknown one, the way out for a feature it was built without. */
import { buildHint } from "./library-path.ts";
import { propertyNames } from "./properties.generated.ts";

/**
 * @param name the property
 * @param reason librdkafka's own words; they never hold the value of a secret, but they may hold other values
 */
export function explainRefusal(name: string, reason: string): string {
  if (!(propertyNames as readonly string[]).includes(name)) {
    const near = nearest(name, propertyNames);
    return `there is no property "${name}"${near ? `; did you mean "${near}"?` : ""} (librdkafka's CONFIGURATION.md lists them)`;
  }
  const missing =
    /not available at build time|not built with|unsupported.*(ssl|zstd|gzip|snappy|lz4|oauthbearer|sasl)/i.test(
      reason,
    );
  return missing ? `${name}: ${reason}. ${buildHint(featureOf(name, reason))}` : `${name}: ${reason}`;
}

function featureOf(name: string, reason: string): string {
  const known = ["zstd", "gzip", "snappy", "lz4", "oauthbearer", "sasl", "ssl"];
  return known.find((feature) => reason.toLowerCase().includes(feature) || name.includes(feature)) ?? "ssl";
}

/** The candidate with the smallest edit distance, if it is near enough to be a slip. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate);
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
