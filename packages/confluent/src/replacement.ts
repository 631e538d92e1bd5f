/**
 * Puts this package's native module in the place of the client's own. The client reaches its native part in one file, `librdkafka.js`, which
 * requires a compiled addon; Bun is told to load our object instead of that file, from whichever folder the client is installed in.
 */
import { nativeModule } from "./native-module.ts";

const clientsDoor = /[\\/]@confluentinc[\\/]kafka-javascript[\\/]librdkafka\.js$/;

let replaced = false;

/** Takes effect for clients loaded from now on in this thread. A second call does nothing. */
export function replaceNativeModule(): void {
  if (replaced) return;
  replaced = true;
  Bun.plugin({
    name: "confluent-on-bun",
    setup(build) {
      build.onLoad({ filter: clientsDoor }, () => ({ loader: "object", exports: { ...nativeModule } }));
    },
  });
}
