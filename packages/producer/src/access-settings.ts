/**
 * What the settings on access come to: API keys, whether any are needed, read at start and again on SIGHUP; and the files
 * for TLS. Settings that contradict each other or say too little end the process here, as bad ones do.
 */
import { accessSync, constants } from "node:fs";
import { EXIT_CODE, isLoopback, type Logger } from "@campus/service";
import { type ApiKeys, loadApiKeys } from "./api-keys.ts";
import type { Config } from "./config.ts";
import type { TlsFiles } from "./server.ts";

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

/** Certificate and key, or undefined where neither is set. */
export function tlsFilesOrExit({
  tlsCertFile: certFile,
  tlsKeyFile: keyFile,
}: Pick<Config, "tlsCertFile" | "tlsKeyFile">): TlsFiles | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    return exit("TLS_CERT_FILE and TLS_KEY_FILE belong together: set both or neither");
  }
  for (const [name, path] of Object.entries({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile })) {
    try {
      accessSync(path, constants.R_OK);
    } catch (error) {
      return exit(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { certFile, keyFile };
}

function exit(fault: string): never {
  console.error(fault);
  process.exit(EXIT_CODE.badSettings);
}
