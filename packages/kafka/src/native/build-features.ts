/**
 * What a build of librdkafka has only if the machine has the header for it: the header decides what is built, so it belongs to the
 * name a build is cached under, and a header that appears later leads to a new build.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

interface OptionalFeature {
  /** As users call it. */
  readonly title: string;
  readonly header: string;
  /** The variable of librdkafka's `Makefile.config` that says whether it went in. */
  readonly variable: string;
  /** The packages that bring the header. */
  readonly debian: string;
  readonly alpine: string;
  readonly homebrew: string;
}

/** By librdkafka's name of it in `builtin.features`. */
export const optionalFeatures = {
  ssl: {
    title: "TLS",
    header: "openssl/ssl.h",
    variable: "WITH_SSL",
    debian: "libssl-dev",
    alpine: "openssl-dev",
    homebrew: "openssl@3",
  },
  gzip: {
    title: "gzip",
    header: "zlib.h",
    variable: "WITH_ZLIB",
    debian: "zlib1g-dev",
    alpine: "zlib-dev",
    homebrew: "zlib",
  },
  zstd: {
    title: "zstd",
    header: "zstd.h",
    variable: "WITH_ZSTD",
    debian: "libzstd-dev",
    alpine: "zstd-dev",
    homebrew: "zstd",
  },
  oidc: {
    title: "OIDC",
    header: "curl/curl.h",
    variable: "WITH_CURL",
    debian: "libcurl4-openssl-dev",
    alpine: "curl-dev",
    homebrew: "curl",
  },
} as const satisfies Record<string, OptionalFeature>;

export type OptionalFeatureName = keyof typeof optionalFeatures;

const featureNames = Object.keys(optionalFeatures) as OptionalFeatureName[];

/** The optional feature that `feature` of `builtin.features` comes with: SCRAM needs TLS's library, for one. */
export function featureBehind(feature: string): OptionalFeatureName | undefined {
  if (feature === "sasl_scram" || feature === "sasl_oauthbearer") return "ssl";
  if (feature === "http") return "oidc";
  return featureNames.find((name) => name === feature);
}

/** The features whose header lies where compilers look. */
export function featuresWithHeader(environment: NodeJS.ProcessEnv): OptionalFeatureName[] {
  const folders = includeFolders(environment);
  return featureNames.filter((name) =>
    folders.some((folder) => existsSync(join(folder, optionalFeatures[name].header))),
  );
}

/** The features that `./configure` found usable, by what it wrote into `Makefile.config`. */
export function configuredFeatures(makefileConfig: string): OptionalFeatureName[] {
  return featureNames.filter((name) =>
    new RegExp(`^${optionalFeatures[name].variable}=\\s*y\\s*$`, "m").test(makefileConfig),
  );
}

function includeFolders(environment: NodeJS.ProcessEnv): string[] {
  const listed = [environment.CPATH, environment.C_INCLUDE_PATH].flatMap((list) => list?.split(":") ?? []);
  const usual =
    process.platform === "darwin"
      ? [
          "/opt/homebrew/include",
          "/opt/homebrew/opt/openssl/include",
          "/usr/local/include",
          "/usr/local/opt/openssl/include",
        ]
      : ["/usr/local/include", `/usr/include/${debianTriplet}`, "/usr/include"];
  return [...listed.filter(Boolean), ...usual];
}

/** The name of Debian's per-architecture folders. */
export const debianTriplet = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
