/**
 * Encryption and authentication towards Kafka, as settings. Their names are Kafka's own (`security.protocol`, `sasl.mechanism`, …), so what stands in a
 * client's properties file is what is set here. A secret may lie in a file instead, as orchestrators mount it; it is shown nowhere.
 *
 * What contradicts itself or would connect with less security than it says is refused before anything connects.
 */
import { accessSync, constants, readFileSync } from "node:fs";
import { choice, optional, type Setting, secret, text } from "./setting.ts";
import { type Settings, SettingsError } from "./settings.ts";

const PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] as const;
const MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const;

const file = (name: string, description: string, otherwise = "none"): Setting<string | undefined> =>
  optional(text(name, { default: "", description }), otherwise);

/** For the table of every program that connects to Kafka. */
export const kafkaSecuritySettings = {
  securityProtocol: choice("KAFKA_SECURITY_PROTOCOL", {
    values: PROTOCOLS,
    default: "PLAINTEXT",
    description: "How to connect to Kafka: in the clear or by TLS, each with a user (SASL) or without",
  }),
  saslMechanism: choice("KAFKA_SASL_MECHANISM", {
    values: MECHANISMS,
    default: "SCRAM-SHA-512",
    description:
      "How the user is proven, with SASL_PLAINTEXT and SASL_SSL; PLAIN sends the password as it is",
  }),
  saslUsername: file("KAFKA_SASL_USERNAME", "The user, with SASL_PLAINTEXT and SASL_SSL"),
  saslPassword: secret("KAFKA_SASL_PASSWORD", { description: "The user's password" }),
  saslPasswordFile: file(
    "KAFKA_SASL_PASSWORD_FILE",
    "File with the user's password, instead of the password itself",
  ),
  sslCaFile: file(
    "KAFKA_SSL_CA_FILE",
    "File with the authorities that a broker's certificate may come from, PEM",
    "those that the system trusts",
  ),
  sslCertFile: file(
    "KAFKA_SSL_CERT_FILE",
    "File with this client's certificate, PEM, for brokers that ask for one",
  ),
  sslKeyFile: file("KAFKA_SSL_KEY_FILE", "File with the certificate's private key, PEM"),
  sslKeyPassword: secret("KAFKA_SSL_KEY_PASSWORD", {
    description: "The password of that key, if it is encrypted",
  }),
  sslKeyPasswordFile: file(
    "KAFKA_SSL_KEY_PASSWORD_FILE",
    "File with the key's password, instead of the password itself",
  ),
} as const;

export type KafkaSecuritySettings = Settings<typeof kafkaSecuritySettings>;

/** The options `tls` and `sasl` of `@campus/kafka`'s clients. */
export interface KafkaSecurity {
  readonly tls?: {
    readonly caFile?: string;
    readonly certFile?: string;
    readonly keyFile?: string;
    readonly keyPassword?: string;
  };
  readonly sasl?: {
    readonly mechanism: (typeof MECHANISMS)[number];
    readonly username: string;
    readonly password: string;
  };
}

/** @throws {SettingsError} naming the variables that are missing, that have no use, or whose file can't be read */
export function kafkaSecurity(settings: KafkaSecuritySettings): KafkaSecurity {
  const faults: string[] = [];
  const fault = (text: string): undefined => void faults.push(text);
  const { securityProtocol: protocol } = settings;
  const usesTls = protocol.endsWith("SSL");
  const usesSasl = protocol.startsWith("SASL");
  if (!usesTls)
    refuse(
      settings,
      TLS_ONLY,
      `KAFKA_SECURITY_PROTOCOL=${protocol} makes no use of TLS: set SSL or SASL_SSL`,
      fault,
    );
  if (!usesSasl)
    refuse(
      settings,
      SASL_ONLY,
      `KAFKA_SECURITY_PROTOCOL=${protocol} names no user: set SASL_SSL or SASL_PLAINTEXT`,
      fault,
    );
  const security = {
    ...(usesTls ? { tls: tlsOf(settings, fault) } : {}),
    ...(usesSasl ? { sasl: saslOf(settings, fault) } : {}),
  };
  if (faults.length > 0) throw new SettingsError(faults);
  return security;
}

type Fault = (text: string) => undefined;
type Name = keyof KafkaSecuritySettings;

const TLS_ONLY = ["sslCaFile", "sslCertFile", "sslKeyFile", "sslKeyPassword", "sslKeyPasswordFile"] as const;
const SASL_ONLY = ["saslUsername", "saslPassword", "saslPasswordFile"] as const;

const variable = (name: Name): string => kafkaSecuritySettings[name].name;

/** A setting that was made for more security than there would be. */
function refuse(
  settings: KafkaSecuritySettings,
  names: readonly Name[],
  because: string,
  fault: Fault,
): void {
  for (const name of names)
    if (settings[name] !== undefined) fault(`${variable(name)} is set, and ${because}`);
}

function tlsOf(settings: KafkaSecuritySettings, fault: Fault): NonNullable<KafkaSecurity["tls"]> {
  const { sslCaFile: caFile, sslCertFile: certFile, sslKeyFile: keyFile } = settings;
  for (const name of ["sslCaFile", "sslCertFile", "sslKeyFile"] as const) {
    const path = settings[name];
    if (path !== undefined) readable(variable(name), path, fault);
  }
  if ((certFile === undefined) !== (keyFile === undefined))
    fault("KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE belong together: set both or neither");
  const keyPassword = secretOf(settings, "sslKeyPassword", "sslKeyPasswordFile", fault);
  if (keyPassword !== undefined && keyFile === undefined)
    fault("KAFKA_SSL_KEY_PASSWORD is of no key: set KAFKA_SSL_KEY_FILE");
  return {
    ...(caFile === undefined ? {} : { caFile }),
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(keyPassword === undefined ? {} : { keyPassword }),
  };
}

function saslOf(settings: KafkaSecuritySettings, fault: Fault): NonNullable<KafkaSecurity["sasl"]> {
  const { securityProtocol: protocol, saslMechanism: mechanism, saslUsername: username } = settings;
  const password = secretOf(settings, "saslPassword", "saslPasswordFile", fault);
  if (username === undefined) fault(`KAFKA_SECURITY_PROTOCOL=${protocol} needs KAFKA_SASL_USERNAME`);
  if (password === undefined && settings.saslPasswordFile === undefined)
    fault(`KAFKA_SECURITY_PROTOCOL=${protocol} needs KAFKA_SASL_PASSWORD_FILE, or KAFKA_SASL_PASSWORD`);
  return { mechanism, username: username ?? "", password: password ?? "" };
}

/** The secret itself, or the text of its file without the line end that editors leave. */
function secretOf(
  settings: KafkaSecuritySettings,
  given: "saslPassword" | "sslKeyPassword",
  inFile: "saslPasswordFile" | "sslKeyPasswordFile",
  fault: Fault,
): string | undefined {
  const [value, path] = [settings[given], settings[inFile]];
  if (value !== undefined && path !== undefined)
    return fault(
      `${variable(given)} and ${variable(inFile)} are both set, and only one of them can be meant`,
    );
  if (path === undefined) return value;
  if (!readable(variable(inFile), path, fault)) return undefined;
  const text = readFileSync(path, "utf8").replace(/\r?\n$/, "");
  return text === "" || text.includes("\n")
    ? fault(`${variable(inFile)}: the file must hold one line, the secret`)
    : text;
}

function readable(name: string, path: string, fault: Fault): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "it may not be read" : code;
    fault(`${name}=${JSON.stringify(path)}: ${reason}`);
    return false;
  }
}
