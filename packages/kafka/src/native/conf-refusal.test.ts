/** The words for a feature that the library was built without: librdkafka's are recognised, and answered with what to install. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { explainCreation, explainRefusal, nearest } from "./conf-refusal.ts";

const manifest = require.resolve("@confluentinc/kafka-javascript/package.json");
const sources = join(manifest, "..", "deps", "librdkafka", "src");

/** The sources that hold librdkafka's words, strings broken over lines joined. */
async function words(file: string): Promise<string> {
  return (await Bun.file(join(sources, file)).text()).replace(/"\s*\\?\s*"/g, "");
}

test.each([
  ["security.protocol", "ssl", "OpenSSL not available at build time", "TLS"],
  ["ssl.providers", "legacy", "OpenSSL >= 3.0.0 not available at build time", "TLS"],
  ["compression.type", "gzip", "zlib not available at build time", "gzip"],
  ["compression.type", "zstd", "libzstd not available at build time", "zstd"],
  ["compression.type", "snappy", "snappy not enabled at build time", "snappy"],
  [
    "sasl.oauthbearer.method",
    "oidc",
    "OAuth/OIDC depends on libcurl and OpenSSL which were not available at build time",
    "OIDC",
  ],
])("%s %s", async (name, value, reason, title) => {
  expect((await words("rdkafka_conf.c")).includes(reason)).toBe(true);
  const refusal = explainRefusal(name, value, `Unsupported value "${value}": ${reason}`);
  expect(refusal).toContain(`${reason}. librdkafka at `);
  expect(refusal).toContain(`was built without ${title}`);
});

test.each([
  ["SCRAM-SHA-512", "TLS"],
  ["OAUTHBEARER", "TLS"],
])("mechanism %s", async (mechanism, title) => {
  expect((await words("rdkafka_sasl.c")).includes("No provider for SASL mechanism %s")).toBe(true);
  const refusal = explainCreation(`No provider for SASL mechanism ${mechanism}: recompile librdkafka with …`);
  expect(refusal).toContain(`was built without ${title}`);
});

test("Kerberos is never built here, and is what librdkafka assumes", () => {
  const refusal = explainCreation("No provider for SASL mechanism GSSAPI: recompile librdkafka with …");
  expect(refusal).toContain("set another, or LIBRDKAFKA_PATH");
  expect(refusal).not.toContain("unset it");
});

test("the nearest name is found whatever its case", () => {
  expect(nearest("scram-sha256", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])).toBe("SCRAM-SHA-256");
});
