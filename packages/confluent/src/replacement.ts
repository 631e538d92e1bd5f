/**
 * Puts this package's native module in the place of the client's own. The client reaches its native part in one file, `librdkafka.js`, which
 * requires a compiled addon; Bun is told to load our object instead of that file, from whichever folder the client is installed in.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
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
      build.onLoad({ filter: clientsDoor }, ({ path }) => {
        warnOfOtherVersion(dirname(path));
        return { loader: "object", exports: { ...nativeModule } };
      });
    },
  });
}

/** The versions whose native interface this is. */
const supported = "~1.10.0";

/** A client of another version may call what its own addon has and this has not. */
function warnOfOtherVersion(folder: string): void {
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  if (Bun.semver.satisfies(version, supported)) return;
  process.emitWarning(
    `@confluentinc/kafka-javascript ${version} is installed, and this package was made for ${supported}: what is new in it may be missing here. ` +
      "Install that version, or a newer one of this package.",
  );
}
