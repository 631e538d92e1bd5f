/** The option `tls`: certificates and keys as PEM text or files, and the librdkafka properties they become. */
import { accessSync, constants } from "node:fs";
import { invalidSetting, refuseUnknownNames } from "./invalid-setting.ts";
import type { Properties } from "./native/conf.ts";

/** What to trust and what to show (`ssl.*`). Certificates and keys are PEM text, or files of it. */
export interface TlsOptions {
  /** `ssl.ca.pem`: certificates to trust, as PEM; several may follow one another. Default: those of the system. */
  readonly ca?: string | readonly string[] | undefined;
  /** `ssl.ca.location`: the same in a file, or in a folder prepared by `openssl rehash`. */
  readonly caFile?: string | undefined;
  /** `ssl.certificate.pem`: this client's certificate and those up to its authority's, for brokers that ask for one. Needs a key. */
  readonly cert?: string | undefined;
  /** `ssl.certificate.location`: the same in a file. */
  readonly certFile?: string | undefined;
  /** `ssl.key.pem`: the private key of `cert`. */
  readonly key?: string | undefined;
  /** `ssl.key.location`: the same in a file. */
  readonly keyFile?: string | undefined;
  /** `ssl.key.password`: of an encrypted key. */
  readonly keyPassword?: string | undefined;
  /** Whether a broker's certificate must name the host that was connected to (`ssl.endpoint.identification.algorithm`). Default true. */
  readonly verifyHostname?: boolean | undefined;
  /** `enable.ssl.certificate.verification`. Default true. With false anyone on the way can pose as the broker: for trying things out. */
  readonly verifyCertificate?: boolean | undefined;
}

const names: readonly (keyof TlsOptions)[] = [
  "ca",
  "caFile",
  "cert",
  "certFile",
  "key",
  "keyFile",
  "keyPassword",
  "verifyHostname",
  "verifyCertificate",
];

/** What Node, and so KafkaJS, calls it. */
const namesInNode: Readonly<Record<string, keyof TlsOptions>> = {
  passphrase: "keyPassword",
  rejectUnauthorized: "verifyCertificate",
  checkServerIdentity: "verifyHostname",
};

export function tlsProperties(tls: TlsOptions): Properties {
  refuseUnknownNames("tls", tls, names, namesInNode);
  for (const [text, file] of [
    ["ca", "caFile"],
    ["cert", "certFile"],
    ["key", "keyFile"],
  ] as const) {
    if (tls[text] !== undefined && tls[file] !== undefined)
      throw invalidSetting(`tls.${text} and tls.${file} exclude each other`);
  }
  const { cert = tls.certFile, key = tls.keyFile } = tls;
  if (cert !== undefined && key === undefined)
    throw invalidSetting("tls has a certificate and no key for it");
  if (key !== undefined && cert === undefined)
    throw invalidSetting("tls has a key and no certificate for it");
  if (tls.keyPassword !== undefined && key === undefined)
    throw invalidSetting("tls.keyPassword is of no key");
  return {
    "ssl.ca.pem": pem("ca", tls.ca, "CERTIFICATE"),
    "ssl.ca.location": file("caFile", tls.caFile),
    "ssl.certificate.pem": pem("cert", tls.cert, "CERTIFICATE"),
    "ssl.certificate.location": file("certFile", tls.certFile),
    "ssl.key.pem": pem("key", tls.key, "PRIVATE KEY"),
    "ssl.key.location": file("keyFile", tls.keyFile),
    "ssl.key.password": tls.keyPassword,
    "ssl.endpoint.identification.algorithm":
      flag("verifyHostname", tls.verifyHostname) === false ? "none" : undefined,
    "enable.ssl.certificate.verification": flag("verifyCertificate", tls.verifyCertificate),
  };
}

/** PEM text that holds what it should: the likeliest slip is a path. */
function pem(
  name: "ca" | "cert" | "key",
  given: string | readonly string[] | undefined,
  label: "CERTIFICATE" | "PRIVATE KEY",
): string | undefined {
  if (given === undefined) return undefined;
  const text = Array.isArray(given) ? given.join("\n") : given;
  if (typeof text !== "string")
    throw invalidSetting(`tls.${name} must be a string, PEM text; use tls.${name}File for a file`);
  const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map((match) => match[1]!);
  if (labels.length === 0)
    throw invalidSetting(`tls.${name} is not PEM text; use tls.${name}File for a file`);
  if (!labels.some((found) => found.endsWith(label)))
    throw invalidSetting(`tls.${name} holds no ${label} but ${labels.join(", ")}`);
  return text;
}

function file(name: "caFile" | "certFile" | "keyFile", path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  if (typeof path !== "string" || path === "") throw invalidSetting(`tls.${name} must be the path of a file`);
  if (path.includes("-----BEGIN ")) {
    throw invalidSetting(`tls.${name} is PEM text; use tls.${name.slice(0, -"File".length)} for that`);
  }
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "it may not be read" : code;
    throw invalidSetting(`tls.${name} is ${JSON.stringify(path)}: ${reason}`);
  }
  return path;
}

/** Only true and false: a string from the environment, "false" say, is true to JavaScript. */
function flag(name: keyof TlsOptions, value: boolean | undefined): boolean | undefined {
  if (value !== undefined && typeof value !== "boolean")
    throw invalidSetting(`tls.${name} must be true or false`);
  return value;
}
