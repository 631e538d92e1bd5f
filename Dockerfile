# One image for the producer, the inventory consumer and the analytics consumer; the command decides which it is.
#
# It runs as a user without rights, and with a read-only root file system if the engine is told so. What must be
# writable then: /app/analytics_output (analytics); see compose.yaml.

ARG BUN_VERSION=1.4.5

FROM oven/bun:${BUN_VERSION}-slim AS base

# The manifests alone, so that the steps below are done anew only when one of them changes, not with every line of code.
FROM base AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name bun.lock ! -name bunfig.toml -delete \
 && find . -type d -empty -delete

# The packages, and librdkafka from the sources that one of them carries: with TLS, gzip and zstd, as the headers are there.
FROM base AS builder
RUN apt-get update \
 && apt-get install -y --no-install-recommends bash gcc libc6-dev libssl-dev libzstd-dev make zlib1g-dev
WORKDIR /app
COPY --from=manifests /app .
RUN bun install --production --frozen-lockfile --ignore-scripts \
    --filter @campus/producer --filter @campus/inventory --filter @campus/analytics
COPY packages/kafka/src/native packages/kafka/src/native
RUN bun packages/kafka/src/native/build-library.ts --out /librdkafka
# From here on librdkafka is a library, and TypeScript a job that is done (Elysia names the compiler as a peer, for its types).
RUN rm -r node_modules/.bin node_modules/@confluentinc node_modules/typescript node_modules/@typescript

FROM base
RUN apt-get update \
 && apt-get install -y --no-install-recommends libssl3 libzstd1 zlib1g \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production \
    BUN_RUNTIME_TRANSPILER_CACHE_PATH=0 \
    LIBRDKAFKA_PATH=/opt/librdkafka/librdkafka.so.1 \
    MANAGEMENT_PORT=9201
COPY --from=builder /librdkafka /opt/librdkafka
COPY --from=builder /app/node_modules node_modules
COPY package.json ./
COPY packages packages
# Fails here, not in the container, if the library can't be opened or lacks what it was to be built with. The folder that
# a volume is mounted on can be written by any user, for an engine gives a new volume the mode of the folder under it.
RUN bun -e 'import { libraryVersion } from "./packages/kafka/src/index.ts"; \
      const { version, features } = libraryVersion(); \
      const lacking = ["ssl", "gzip", "zstd", "lz4"].filter((name) => !features.includes(name)); \
      if (lacking.length > 0) throw new Error(`librdkafka ${version} lacks ${lacking}`);' \
 && install -d -m 0777 analytics_output
USER 1000:1000
EXPOSE 8201
STOPSIGNAL SIGTERM
# No shell and no init around it: the service is process 1, gets SIGTERM itself and starts no processes.
ENTRYPOINT []
CMD ["bun", "packages/producer/src/main.ts"]
