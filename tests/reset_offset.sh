#!/bin/sh
# Sets where a consumer group goes on: at the earliest or the latest record of its topics.
#
#   tests/reset_offset.sh [--to-earliest|--to-latest] [--group GROUP] [--topic TOPIC ... | --all-topics]
#                         [--bootstrap-server HOST:PORT] [--dry-run]
#
#   --to-earliest, --to-latest   where to (default: --to-earliest)
#   --group GROUP                which group (default: analytics-group)
#   --topic TOPIC                only this topic; may be repeated (default: --all-topics, all the group has offsets of)
#   --bootstrap-server           which cluster (default: KAFKA_BROKER, else the container streaming_kafka if it runs, else
#                                the cluster that `bun run kafka` or `bun start --kafka` keeps)
#   --dry-run                    only show what would be set
#
# The work is done by Kafka's own kafka-consumer-groups: that of the container streaming_kafka, one on PATH, or the Java
# program in the jars that this project runs Kafka from.
#
# Exit codes: 0 done, 1 the tool failed, 2 bad arguments, 3 refused because the group has members.
set -eu

container=streaming_kafka
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

usage() {
  sed -n '2,/^set -eu/{/^#/s/^# \{0,1\}//p;}' "$0"
}

bad() {
  printf '%s\n\n' "$1" >&2
  usage >&2
  exit 2
}

to=--to-earliest group=analytics-group topics='' all='' server='' mode=--execute
while [ $# -gt 0 ]; do
  case $1 in
    --to-earliest | --to-latest) to=$1 ;;
    --all-topics) all=yes ;;
    --dry-run) mode=--dry-run ;;
    --group | --topic | --bootstrap-server)
      [ $# -ge 2 ] && [ -n "$2" ] || bad "$1 needs a value"
      case $2 in -*) bad "$1 needs a value, and $2 is an option" ;; esac
      case $1 in
        --group) group=$2 ;;
        --bootstrap-server) server=$2 ;;
        --topic)
          # Names of topics have no other characters, so a blank can stand between them.
          case $2 in *[!A-Za-z0-9._:,-]*) bad "--topic is \"$2\", which is no topic's name" ;; esac
          topics="$topics --topic $2"
          ;;
      esac
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) bad "There is no option $1" ;;
  esac
  shift
done
[ -z "$all" ] || [ -z "$topics" ] || bad "--all-topics and --topic exclude each other"
server=${server:-${KAFKA_BROKER:-}}

container_runs() {
  command -v docker >/dev/null 2>&1 &&
    [ "$(docker inspect --format '{{.State.Running}}' "$container" 2>/dev/null)" = true ]
}

# The container knows itself as localhost:9092, and so does the host know it.
is_container() {
  case ${server:-localhost:9092} in
    localhost:9092 | 127.0.0.1:9092) container_runs ;;
    *) false ;;
  esac
}

run_bun() {
  if command -v bun >/dev/null 2>&1; then
    bun "$@"
  else
    version=$(sed -n 's/.*"packageManager": *"\(bun@[^"]*\)".*/\1/p' "$root/package.json")
    npx -y "$version" "$@"
  fi
}

consumer_groups() {
  if is_container; then
    docker exec "$container" kafka-consumer-groups --bootstrap-server localhost:9092 "$@"
    return
  fi
  if [ -n "$server" ]; then
    set -- --bootstrap-server "$server" "$@"
    for tool in kafka-consumer-groups kafka-consumer-groups.sh; do
      if command -v "$tool" >/dev/null 2>&1; then
        "$tool" "$@"
        return
      fi
    done
  fi
  # Without a server this one finds the cluster that the project keeps.
  run_bun "$root/packages/broker/src/main.ts" kafka-consumer-groups "$@"
}

status=0
# shellcheck disable=SC2086 # the topics are words
said=$(consumer_groups --group "$group" --reset-offsets "$to" ${topics:---all-topics} "$mode" 2>&1) || status=$?
printf '%s\n' "$said"

# The tool says in words what its exit code does not: it ends with 0 when the group is active, too.
case $said in
  *"can only be reset if the group"*)
    cat >&2 <<EOF

Nothing was changed: $group has members. Stop every consumer of it and run this again, then start them anew:
  docker compose stop SERVICE    (analytics_consumer or inventory_consumer)
  Ctrl-C                         (where \`bun run analytics\`, \`bun run inventory\` or \`bun start\` runs)
A consumer that was killed counts as a member until its session times out, ten seconds by default.
EOF
    exit 3
    ;;
  *Error:* | *Exception*) exit 1 ;;
esac
[ "$status" -eq 0 ] || exit 1
if [ "$mode" = --dry-run ]; then printf '\nNothing was changed: this was a dry run.\n'; fi
