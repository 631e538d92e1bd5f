/** Certificates made by the `openssl` command for one test run: two authorities, a broker on 127.0.0.1, and a client with an encrypted key. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificates extends AsyncDisposable {
  /** The authority behind broker and client, as PEM and as a file. */
  readonly ca: string;
  readonly caFile: string;
  /** Of an authority that nobody has heard of. */
  readonly otherCa: string;
  readonly broker: { readonly cert: string; readonly key: string };
  readonly client: { readonly certFile: string; readonly keyFile: string; readonly keyPassword: string };
}

export const opensslAvailable = Bun.which("openssl") !== null;

/** Makes them in a temporary folder, which goes when they are disposed of. */
export async function createCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), "kafka-certificates-"));
  const path = (name: string): string => join(folder, name);
  const read = (name: string): Promise<string> => Bun.file(path(name)).text();
  const keyPassword = "key-password-5c1d";
  const openssl = (...args: string[]): Promise<void> => run(folder, args, { KEY_PASSWORD: keyPassword });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const authority = (name: string): Promise<void> =>
    openssl(
      "req",
      "-x509",
      ...newKey,
      "-nodes",
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`,
      "-subj",
      `/CN=${name}`,
      "-days",
      "2",
    );
  const issue = async (name: string, encryption: readonly string[]): Promise<void> => {
    await openssl(
      "req",
      ...newKey,
      ...encryption,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.csr`,
      "-subj",
      `/CN=${name}`,
    );
    const signing = [
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-extfile",
      "names",
      "-days",
      "2",
    ];
    await openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, ...signing);
  };
  // Not `localhost`: a connection to that name is one to a host the certificate does not name.
  await Bun.write(path("names"), "subjectAltName=IP:127.0.0.1\n");
  await authority("ca");
  await authority("other");
  await issue("broker", ["-nodes"]);
  await issue("client", ["-passout", "env:KEY_PASSWORD"]);
  return {
    ca: await read("ca.pem"),
    caFile: path("ca.pem"),
    otherCa: await read("other.pem"),
    broker: { cert: await read("broker.pem"), key: await read("broker.key") },
    client: { certFile: path("client.pem"), keyFile: path("client.key"), keyPassword },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function run(
  folder: string,
  args: readonly string[],
  environment: Record<string, string>,
): Promise<void> {
  const child = Bun.spawn(["openssl", ...args], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const complaints = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`openssl ${args[0]}: ${complaints}`);
}
