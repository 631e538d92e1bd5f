/**
 * No usable librdkafka: one error whose message says what is missing and every way out, because whoever reads it wants to go on
 * and may sit at any of these systems.
 */
export class LibraryError extends Error {
  override readonly name = "LibraryError";
}

/** The part of a message that tells how to get a librdkafka, for whoever has none. */
export const waysOut = `Ways out:
  Debian, Ubuntu  apt-get install build-essential libssl-dev zlib1g-dev libzstd-dev, then start again
  Alpine          apk add build-base bash openssl-dev zlib-dev zstd-dev, then start again
  macOS           brew install librdkafka, then start again
                  (or to have it built: xcode-select --install; brew install openssl@3 zstd pkgconf)
  no compiler     pip download --no-deps confluent-kafka, unzip the wheel, and set LIBRDKAFKA_PATH
                  to the confluent_kafka.libs/librdkafka-*.so.1 in it
  have one        set LIBRDKAFKA_PATH to any librdkafka of version 2.15 or newer`;
