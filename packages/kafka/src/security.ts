/**
 * Security of the connections: the options `tls` and `sasl`, and the librdkafka properties they become. What contradicts itself, or would
 * connect with less security than it says, is refused before anything connects.
 */
import type { TokenFunction } from "./access-token.ts";
import type { ClientOptions } from "./config.ts";
import { invalidSetting, refuseUnknownNames } from "./invalid-setting.ts";
import type { Properties } from "./native/conf.ts";
import { nearest } from "./native/conf-refusal.ts";
import { type TlsOptions, tlsProperties } from "./tls.ts";

/** A user and a password (SASL PLAIN, SCRAM; `sasl.username`, `sasl.password`). */
export interface PasswordCredentials {
  /** PLAIN sends the password as it is, so only with `tls`. SCRAM proves to know it without sending it, and lets the broker prove the same. */
  readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
  /** `sasl.username`; not empty, not beginning with white space. */
  readonly username: string;
  /** `sasl.password`; the same. It appears in no error and no log line. */
  readonly password: string;
}

/** A token that is fetched anew before it expires (SASL OAUTHBEARER, KIP-255, KIP-768). */
export interface TokenCredentials {
  /** Tokens of any kind the brokers take. */
  readonly mechanism: "OAUTHBEARER";
  /** Called for the first token and for each that replaces one. What it throws goes to `onError`; it is called again 10 s later. */
  readonly token: TokenFunction;
  /** How long it may take. Default 10 000 ms. */
  readonly tokenTimeoutMs?: number | undefined;
}

/** How a client proves who it is (`sasl.mechanism`). */
export type SaslOptions = PasswordCredentials | TokenCredentials;

/** Encryption and authentication, of every client. `security.protocol` follows from the two. */
export interface SecurityOptions {
  /** Encrypts the connections. `true` trusts the authorities that the system trusts. Default false. */
  readonly tls?: boolean | TlsOptions | undefined;
  /** How this client proves who it is. Without it: by its certificate, or not at all. */
  readonly sasl?: SaslOptions | undefined;
}

type Overrides = NonNullable<ClientOptions["librdkafka"]>;

export function securityProperties(options: SecurityOptions & Pick<ClientOptions, "librdkafka">): Properties {
  const { tls = false, sasl, librdkafka = {} } = options;
  if (typeof tls !== "boolean" && (typeof tls !== "object" || tls === null))
    throw invalidSetting("tls must be true, false or an object");
  if (sasl !== undefined && (typeof sasl !== "object" || sasl === null))
    throw invalidSetting("sasl must be an object");
  if (tls === false && sasl === undefined) {
    refuseTokenlessOauth(librdkafka);
    return {};
  }
  const protocol = `${sasl ? "sasl_" : ""}${tls ? "ssl" : "plaintext"}`;
  refuseContradictions(protocol, sasl?.mechanism, librdkafka);
  return {
    "security.protocol": protocol,
    ...(typeof tls === "object" ? tlsProperties(tls) : {}),
    ...(sasl ? saslProperties(sasl) : {}),
  };
}

const mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] as const;

function saslProperties(sasl: SaslOptions): Properties {
  const { mechanism } = sasl;
  if (!mechanisms.includes(mechanism)) {
    const near = typeof mechanism === "string" ? nearest(mechanism, mechanisms) : undefined;
    throw invalidSetting(
      `sasl.mechanism must be one of ${mechanisms.join(", ")}${near ? `; did you mean ${near}?` : ""}`,
    );
  }
  if (sasl.mechanism === "OAUTHBEARER") {
    refuseUnknownNames("sasl", sasl, ["mechanism", "token", "tokenTimeoutMs"], {
      oauthBearerProvider: "token",
    });
    if (typeof sasl.token !== "function")
      throw invalidSetting("sasl.token must be a function that gives a promise of a token");
    const { tokenTimeoutMs = 1 } = sasl;
    if (!(tokenTimeoutMs > 0 && tokenTimeoutMs < 2 ** 31))
      throw invalidSetting("sasl.tokenTimeoutMs must be a positive number of milliseconds");
    return { "sasl.mechanism": mechanism };
  }
  refuseUnknownNames("sasl", sasl, ["mechanism", "username", "password"]);
  return {
    "sasl.mechanism": mechanism,
    "sasl.username": credential("username", sasl.username),
    "sasl.password": credential("password", sasl.password),
  };
}

function credential(name: "username" | "password", value: string): string {
  if (typeof value !== "string" || value === "")
    throw invalidSetting(`sasl.${name} must be a string with something in it`);
  // librdkafka would drop it, and the brokers would refuse what is left.
  if (/^\s/.test(value))
    throw invalidSetting(`sasl.${name} begins with white space, which librdkafka can't send`);
  return value;
}

/** `librdkafka` wins over other options; here that could take away security that another line of the same options promises. */
function refuseContradictions(protocol: string, mechanism: string | undefined, overrides: Overrides): void {
  const given = overrides["security.protocol"];
  if (given !== undefined && String(given).toLowerCase() !== protocol)
    throw invalidSetting(
      `librdkafka["security.protocol"] is "${given}", and tls and sasl make it "${protocol}": leave one out`,
    );
  const other = overrides["sasl.mechanism"] ?? overrides["sasl.mechanisms"];
  if (mechanism !== undefined && other !== undefined && other !== mechanism)
    throw invalidSetting(`librdkafka["sasl.mechanism"] and sasl.mechanism differ: leave one out`);
}

/** It would wait for a token for ever. */
function refuseTokenlessOauth(overrides: Overrides): void {
  const mechanism = overrides["sasl.mechanism"] ?? overrides["sasl.mechanisms"];
  const byItself =
    overrides["sasl.oauthbearer.method"] === "oidc" ||
    overrides["enable.sasl.oauthbearer.unsecure.jwt"] === true;
  if (mechanism === "OAUTHBEARER" && !byItself)
    throw invalidSetting('OAUTHBEARER needs a token function: sasl: { mechanism: "OAUTHBEARER", token }');
}
