#!/usr/bin/env bash
# Brings the system up from compose.yaml and checks what it promises, with the commands as people type them:
#
#   checks.sh PROJECT      PROJECT is a copy of the repository
#
# Start in order, topics, an order through to the metrics file, the stock tools, records set aside, confinement, health that follows
# Kafka, events that outlive a restart of the broker, replay, an orderly stop, nothing left after `down -v`.
set -euo pipefail

cd "$1"
export COMPOSE_PROJECT_NAME=campus-orders-check
if docker compose version >/dev/null 2>&1; then compose=(docker compose); else compose=(docker-compose); fi
services=(producer inventory_consumer analytics_consumer)
metrics=analytics_output/metrics_output.json
passed=0

compose() { "${compose[@]}" "$@"; }
kafka() { docker exec streaming_kafka "$@" --bootstrap-server localhost:9092; }
health() { docker exec "$1" bun packages/service/src/health-check.ts; }
containers() { compose ps -q "$@"; }

ok() {
  passed=$((passed + 1))
  echo "ok   $*"
}

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# eventually SECONDS WHAT COMMAND...: waits for the command to succeed
eventually() {
  local seconds=$1 what=$2 deadline=$((SECONDS + $1))
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || fail "$what: not within $seconds s"
    sleep 0.5
  done
  ok "$what"
}

order() { # prints the answer's status; the body goes to answer.json
  curl -sS -o answer.json -w '%{http_code}' -X POST http://localhost:8201/order -H 'Content-Type: application/json' \
    -d '{"user_id":"user123","item":"Burger","quantity":2}'
}

is_ready() { health "$1"; }
is_not_ready() { ! health "$1"; }
shows() { grep -q "\"$1\": $2,\$" "$metrics"; }

check_start() {
  local names
  compose config -q
  ok "${compose[*]} $(compose version --short) takes the file"
  compose up -d --build --scale inventory_consumer=2 || fail "up"
  [ "$(containers inventory_consumer | wc -l)" = 2 ] || fail "not two inventory consumers"
  names=$(docker ps --format '{{.Names}}')
  for name in streaming_kafka streaming_producer streaming_analytics_consumer; do
    grep -qx "$name" <<<"$names" || fail "no container is named $name, but: $names"
  done
  ok "up, by name, with two inventory consumers"
  for id in $(containers "${services[@]}"); do
    eventually 30 "ready: $(docker inspect -f '{{.Name}}' "$id")" is_ready "$id"
  done
}

check_topics() {
  local topic topics description log
  topics=$(docker exec streaming_kafka kafka-topics --list --bootstrap-server localhost:9092)
  for topic in order-events inventory-events; do
    grep -qx "$topic" <<<"$topics" || fail "no $topic, but: $topics"
    description=$(kafka kafka-topics --describe --topic "$topic")
    [[ $description =~ PartitionCount:\ ?3.*retention\.ms=604800000 ]] || fail "not as in the contract: $description"
  done
  ok "topics: 3 partitions, kept 7 days; kafka-topics in the container lists them"
  log=$(compose logs topics)
  grep -q "Created topic order-events" <<<"$log" || fail "the topics were not created before the services: $log"
  ok "topics were created by the step before the services"
}

check_order() {
  local id event group
  [ "$(order)" = 202 ] || fail "the order was answered: $(cat answer.json)"
  id=$(sed -n 's/.*"order_id":"\([^"]*\)".*/\1/p' answer.json)
  ok "order $id: 202"
  event=$(kafka kafka-console-consumer --topic inventory-events --from-beginning --max-messages 1 --timeout-ms 30000)
  [[ $event == *'"event_type":"Inventory'*"\"order_id\":\"$id\""* ]] || fail "no inventory event of order $id, but: $event"
  ok "its inventory event, read by the stock console consumer: $event"
  eventually 25 "counted in $metrics on the host" shows total_orders 1
  group=$(kafka kafka-consumer-groups --describe --group analytics-group)
  [ "$(grep -c -- '-events ' <<<"$group")" = 6 ] || fail "analytics-group does not have 6 partitions: $group"
  ok "kafka-consumer-groups describes analytics-group"
}

# By its header, in the topic of dead letters: the group that gave up on it.
has_set_aside() {
  kafka kafka-console-consumer --topic order-events.dlq --from-beginning --timeout-ms 5000 \
    --formatter-property print.headers=true 2>/dev/null | grep "dlq.group:$1,.*not an event"
}

check_dead_letters() {
  echo 'not an event' | docker exec -i streaming_kafka kafka-console-producer --bootstrap-server localhost:9092 --topic order-events
  eventually 20 "a record that is no event is set aside by inventory-group" has_set_aside inventory-group
  eventually 20 "a record that is no event is set aside by analytics-group" has_set_aside analytics-group
}

# Of process 1 in each container, as the kernel sees it.
check_confinement() {
  local id status
  for id in $(containers "${services[@]}"); do
    status=$(docker exec "$id" cat /proc/1/status)
    grep -q '^Name:.bun$' <<<"$status" || fail "process 1 is not bun: $status"
    grep -q '^Uid:.1000' <<<"$status" || fail "not user 1000: $status"
    grep -q '^CapBnd:.0*$' <<<"$status" || fail "it has capabilities: $status"
    grep -q '^CapEff:.0*$' <<<"$status" || fail "it has capabilities: $status"
    grep -q '^NoNewPrivs:.1$' <<<"$status" || fail "it could gain privileges: $status"
    docker exec "$id" sh -c 'grep -q " / / ro\|^[^ ]* / [^ ]* ro" /proc/mounts' || fail "the root file system can be written"
    docker exec "$id" sh -c 'touch /tmp/x && rm /tmp/x' || fail "/tmp can't be written"
    if docker exec "$id" sh -c 'command -v curl || command -v wget || command -v gcc'; then fail "the image holds tools"; fi
  done
  ok "process 1 is bun, user 1000, no capabilities, no new privileges, root read-only, /tmp writable, no curl or wget"
}

check_broker_restart() {
  local ids id output
  mapfile -t ids < <(containers "${services[@]}")
  compose stop kafka
  eventually 60 "Kafka stopped: the health check of the producer says so" is_not_ready streaming_producer
  [ "$(order)" = 503 ] || fail "without Kafka an order was answered: $(cat answer.json)"
  ok "Kafka stopped: an order gets 503"
  compose start kafka
  for id in "${ids[@]}"; do eventually 90 "Kafka started again, ready: ${id:0:12}" is_ready "$id"; done
  [ "$(order)" = 202 ] || fail "the order was answered: $(cat answer.json)"
  eventually 30 "the events of before are still there, and go on: 2 orders" shows total_orders 2
  output=$(kafka kafka-console-consumer --topic order-events --from-beginning --max-messages 3 --timeout-ms 30000 2>&1)
  [[ $output == *"Processed a total of 3 messages"* ]] || fail "order-events does not hold the 3 records written, but: $output"
  ok "3 records in order-events: before, the one set aside, after"
}

# A group without members can be set back: once the container has stopped, not later.
reset_offsets() {
  kafka kafka-consumer-groups --group analytics-group --topic "$1" --reset-offsets --to-earliest --execute
}

check_replay() {
  local topic
  compose stop analytics_consumer
  rm "$metrics"
  for topic in order-events inventory-events; do reset_offsets "$topic" || fail "$topic is not set back"; done
  kafka kafka-consumer-groups --group analytics-group --topic order-events --reset-offsets --to-latest --dry-run ||
    fail "--to-latest is refused"
  compose start analytics_consumer
  eventually 40 "set back to earliest and read again: the same totals" shows total_orders 2
}

check_stop() {
  local ids id began=$SECONDS
  mapfile -t ids < <(containers "${services[@]}")
  compose stop "${services[@]}"
  [ $((SECONDS - began)) -lt 25 ] || fail "the services took $((SECONDS - began)) s to stop"
  for id in "${ids[@]}"; do
    [ "$(docker inspect -f '{{.State.ExitCode}}' "$id")" = 0 ] || fail "exit code of $id: $(docker inspect -f '{{.State.ExitCode}}' "$id")"
  done
  ok "SIGTERM: every service drained and exited with 0"
  compose down -v
  [ -z "$(docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")" ] || fail "containers are left"
  [ -z "$(docker volume ls -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")" ] || fail "volumes are left"
  ok "down -v leaves no container and no volume"
}

finish() {
  local status=$?
  if [ $status -ne 0 ]; then compose logs --tail 40 2>&1 || true; fi
  compose down -v >/dev/null 2>&1 || true
  if [ $status -ne 0 ]; then echo "FAILED after $passed checks" >&2; fi
}

trap finish EXIT
check_start
check_topics
check_order
check_dead_letters
check_confinement
check_broker_restart
check_replay
check_stop
echo "$passed passed, 0 failed"
