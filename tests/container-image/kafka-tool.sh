#!/bin/sh
# The stock tool that this is called as.
set -eu
case $(basename "$0") in
  kafka-topics) class=org.apache.kafka.tools.TopicCommand ;;
  kafka-consumer-groups) class=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
  kafka-console-consumer) class=org.apache.kafka.tools.consumer.ConsoleConsumer ;;
  kafka-console-producer) class=org.apache.kafka.tools.ConsoleProducer ;;
  kafka-configs) class=kafka.admin.ConfigCommand ;;
  *) echo "no such tool: $0" >&2; exit 127 ;;
esac
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '/usr/share/java/kafka/*' "$class" "$@"
