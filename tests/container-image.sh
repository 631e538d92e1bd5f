#!/usr/bin/env bash
# Builds the image, brings compose.yaml up and looks at what it promises: container-image/checks.sh says what that is.
# Takes about four minutes, so it is no part of `bun test`.
#
#   tests/container-image.sh            without Docker, and without any registry of images: as root on Debian, with
#                                       apt-get install buildah podman crun netavark aardvark-dns debootstrap docker-compose curl
#                                       and what `bun run kafka` needs (Java and Maven, for Kafka's jars)
#   tests/container-image.sh --docker   with this machine's Docker engine and the real base images. Not beside the running
#                                       system: both have a container named streaming_kafka, and the ports
#
# Without Docker, the base images are stand-ins (their recipes: container-image/*.Dockerfile), the Dockerfile is built by buildah, and
# docker-compose drives podman in namespaces of its own; they have no network, so its own build finds every step in the cache. Stand-ins
# and built layers are kept for the next run in CONTAINER_CHECK_FOLDER, by default campus-orders/container-image in the user's cache
# folder (2 GB); remove it to start afresh.
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
here=$repository/tests/container-image
folder=${CONTAINER_CHECK_FOLDER:-${XDG_CACHE_HOME:-$HOME/.cache}/campus-orders/container-image}
debian_release=trixie # what the real oven/bun:*-slim is made from
authorities=/etc/ssl/certs/ca-certificates.crt

require() {
  local command missing=()
  for command in "$@"; do
    command -v "$command" >/dev/null || missing+=("$command")
  done
  [ ${#missing[@]} -eq 0 ] && return
  echo "Missing: ${missing[*]}. The head of $0 says what to install." >&2
  exit 2
}

# The files as they lie here, without what git ignores: what a fresh clone would have.
# shellcheck disable=SC2016
copy_sources() {
  git -C "$repository" ls-files -z --cached --others --exclude-standard -- . ':!analytics_output' |
    (cd "$repository" && xargs -0 sh -c 'for file; do [ ! -e "$file" ] || printf "%s\0" "$file"; done' sh) |
    tar -C "$repository" --null --files-from=- -cf - | tar -C "$1" -xf -
  mkdir -p "$1/analytics_output"
  # Owned by nobody that a container runs as: the case that bind mounts get wrong.
  if [ "$(id -u)" = 0 ]; then chown 4242:4242 "$1/analytics_output"; fi
}

build() { # context, tag, options
  local context=$1 tag=$2
  shift 2
  # In a namespace of its own: buildah leaves a mount behind, and what is mounted can't be removed.
  unshare --mount buildah --root "$folder/images" --runroot "$run/buildah" --storage-driver overlay bud \
    --format docker --layers --isolation chroot --network host --tag "$tag" "$@" "$context"
}

# Debian is fetched once, Bun is this machine's, Kafka's jars are those `bun run kafka` has.
build_stand_ins() {
  local bun_version kafka_image context=$folder/stand-ins
  mkdir -p "$context"
  if [ ! -e "$context/debian.tar" ]; then
    debootstrap --variant=minbase --include=ca-certificates "$debian_release" "$run/debian"
    rm -rf "$run"/debian/var/cache/apt/archives/*.deb "$run"/debian/var/lib/apt/lists/*
    tar -C "$run/debian" -cf "$run/debian.tar" .
    mv "$run/debian.tar" "$context/debian.tar"
  fi
  bun_version=$(sed -n 's/^ARG BUN_VERSION=//p' "$repository/Dockerfile")
  if [ "$(bun --version)" != "$bun_version" ]; then
    echo "The Dockerfile asks for Bun $bun_version, and this is $(bun --version)." >&2
    exit 2
  fi
  cp --update "$(bun -e 'console.log(process.execPath)')" "$context/bun"
  rm -rf "$context/libs"
  cp -r "$(bun -e "import { ensureJars } from '$repository/packages/broker/src/jars.ts';
    console.log((await ensureJars()).folder)")/libs" "$context/libs"
  cp "$here"/kafka-*.sh "$context/"
  build "$context" "docker.io/oven/bun:$bun_version-slim" --file "$here/bun.Dockerfile"
  kafka_image=$(sed -n 's/^x-kafka-image: &kafka-image \([^ ]*\).*/\1/p' "$repository/compose.yaml")
  build "$context" "docker.io/$kafka_image" --file "$here/kafka.Dockerfile"
}

# Package clients inside trust what this machine trusts, and fetch from where it fetches.
build_image() {
  local settings=$run/npmrc
  echo "registry=$(npm config get registry 2>/dev/null)" >"$settings"
  if [ -e "$authorities" ]; then echo "cafile=$authorities" >>"$settings"; fi
  build "$1" docker.io/library/campus-orders:latest --volume "$settings:/root/.npmrc:ro" \
    ${authorities:+--volume "$authorities:$authorities:ro"}
}

clean_up() {
  # unshare does not hear milder signals, and takes all that it holds with it.
  if [ -n "${engine:-}" ] && kill -KILL "$engine" 2>/dev/null; then wait "$engine" || true; fi
  rm -rf "$run"
}

main() {
  run=$(mktemp -d "${TMPDIR:-/var/tmp}/container-image.XXXXXX")
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir "$run/sources"
  copy_sources "$run/sources"
  if [ "${1:-}" = --docker ]; then
    require docker curl
    "$here/checks.sh" "$run/sources"
    return
  fi
  require buildah podman crun debootstrap docker-compose curl bun npm unshare ip
  mkdir -p "$folder"
  build_stand_ins
  build_image "$run/sources"
  "$here/engine.sh" "$folder/images" "$here/checks.sh" "$run/sources" &
  engine=$!
  wait "$engine" # and not in the foreground, so that a signal is seen at once
}

main "$@"
