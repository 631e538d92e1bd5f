/**
 * For `preload` in bunfig.toml or `bun --preload @campus/confluent/register`: from then on `@confluentinc/kafka-javascript` runs on Bun. On Node this does
 * nothing, so that one program may run on both.
 *
 * To import this file beside the client is not enough: Bun evaluates the CommonJS modules of a program, which the client is, while it loads
 * them, and so before this. Preloading, `require`, and `await import()` of the client after this all are in time; so is importing the client
 * from `@campus/confluent` instead.
 */
if (process.versions.bun) import.meta.require("./replacement.ts").replaceNativeModule();
