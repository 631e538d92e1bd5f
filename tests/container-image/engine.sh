#!/usr/bin/env bash
# Runs a command with a container engine that lives only as long as the command:
#
#   engine.sh IMAGES COMMAND [ARGUMENT...]
#
# podman over the image store IMAGES answers the Docker API at DOCKER_HOST. All of it is in namespaces of its own: its networks, ports
# and mounts, /run among them, are not this machine's, and when the command ends, the kernel ends whatever is left in there.
#
# Two things that an engine takes from the machine may be missing and are made up for. Control groups: containers
# have none, so limits of memory and CPU can't be checked here. systemd, which runs podman's health checks: a loop does.
set -euo pipefail

if [ "${1:-}" != --inside ]; then
  exec unshare --mount --net --pid --fork --kill-child --mount-proc "$0" --inside "$@"
fi
images=$2
shift 2

write_settings() {
  cat >/run/containers.conf <<END
[containers]
cgroups = "disabled"
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
[network]
network_backend = "netavark"
network_config_dir = "/run/networks"
END
  export CONTAINERS_CONF=/run/containers.conf
  mkdir /run/networks
}

# crun refuses to start where both versions of control groups are mounted, even if it is to use neither.
hide_control_groups() {
  umount --recursive /sys/fs/cgroup
  mount -t cgroup2 none /sys/fs/cgroup
}

podman=(podman --root "$images" --runroot /run/podman --tmpdir /run/libpod --storage-driver overlay)

# Of a run that was killed.
remove_leftovers() {
  local id
  for id in $("${podman[@]}" ps --all --external --quiet); do "${podman[@]}" rm --force "$id" >/dev/null; done
  "${podman[@]}" volume prune --force >/dev/null
}

check_health() {
  local id
  while sleep 1; do
    for id in $("${podman[@]}" ps --quiet); do
      timeout 20 "${podman[@]}" healthcheck run "$id" >/dev/null 2>&1 || true # its result is kept by podman
    done
  done
}

# The commands that people type begin with `docker`. Without its client, podman's understands them.
provide_docker_command() {
  command -v docker >/dev/null && return
  mkdir /run/bin
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nexec podman --remote --url "$DOCKER_HOST" "$@"\n' >/run/bin/docker
  chmod +x /run/bin/docker
  PATH=/run/bin:$PATH
}

mount -t tmpfs tmpfs /run
write_settings
hide_control_groups
ip link set lo up
remove_leftovers
export DOCKER_HOST=unix:///run/engine.sock
# Its own builds, too, do without control groups; and they are cached by what they make, so that has to be alike.
export BUILDAH_ISOLATION=chroot BUILDAH_FORMAT=docker
"${podman[@]}" system service --time 0 "$DOCKER_HOST" >/run/engine.log 2>&1 &
until [ -S /run/engine.sock ]; do sleep 0.1; done
check_health &
provide_docker_command
if ! "$@"; then
  tail -20 /run/engine.log >&2
  exit 1
fi
