#!/bin/sh
# KAFKA_FOO_BAR=x becomes foo.bar=x, as in confluentinc/cp-kafka; the data folder is formatted once with CLUSTER_ID.
set -eu
properties=/etc/kafka/kafka.properties
env | grep '^KAFKA_' | grep -v '^KAFKA_HEAP_OPTS=' | while IFS='=' read -r name value; do
  printf '%s=%s\n' "$(echo "${name#KAFKA_}" | tr 'A-Z_' 'a-z.')" "$value"
done >"$properties"
java -cp '/usr/share/java/kafka/*' kafka.tools.StorageTool format --ignore-formatted -t "$CLUSTER_ID" -c "$properties"
# shellcheck disable=SC2086 # several options in one variable, as Kafka's own scripts take them
exec java ${KAFKA_HEAP_OPTS:-} -cp '/usr/share/java/kafka/*' kafka.Kafka "$properties"
