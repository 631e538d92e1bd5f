/** The API keys of this process: whether it needs any, reading them at start, and reading them again on SIGHUP. */
import { EXIT_CODE, type Logger } from "@campus/service";
import { isLoopback } from "./allowed-hosts.ts";
import { type ApiKeys, loadApiKeys } from "./api-keys.ts";
import type { Config } from "./config.ts";

type AccessSettings = Pick<Config, "apiKeysFile" | "allowAnonymous" | "host">;

/** The keys, or undefined where everybody may order. Ends the process when the settings don't say enough. */
export async function apiKeysOrExit(settings: AccessSettings, log: Logger): Promise<ApiKeys | undefined> {
  const { apiKeysFile: path, allowAnonymous, host } = settings;
  if (path === undefined) {
    if (isLoopback(host) || allowAnonymous === "1") return undefined;
    return exit(
      `HOST="${host}" takes orders from other machines: set API_KEYS_FILE, or ALLOW_ANONYMOUS=1 to take them from anybody`,
    );
  }
  if (allowAnonymous === "1") {
    return exit("API_KEYS_FILE and ALLOW_ANONYMOUS=1 are both set, and only one of them can be meant");
  }
  const keys = await loadApiKeys(() => Bun.file(path).text()).catch((error: Error) =>
    exit(`API_KEYS_FILE: ${error.message}`),
  );
  process.on("SIGHUP", async () => {
    try {
      log.info("API keys read again", { keys: await keys.reload() });
    } catch (error) {
      log.error("API_KEYS_FILE can't be read again, the keys of before stay in force: {error}", { error });
    }
  });
  return keys;
}

function exit(fault: string): never {
  console.error(fault);
  process.exit(EXIT_CODE.badSettings);
}
