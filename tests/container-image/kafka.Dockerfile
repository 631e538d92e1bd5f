# Stands in for confluentinc/cp-kafka: Apache Kafka from Maven behind that image's interface, as far as compose.yaml uses it: KAFKA_* and
# CLUSTER_ID become server.properties and a formatted folder, the tools are on PATH without .sh, the user is number 1000.
FROM scratch
ADD debian.tar /
RUN apt-get update \
 && apt-get install -y --no-install-recommends default-jre-headless \
 && useradd --uid 1000 --create-home appuser
COPY libs /usr/share/java/kafka
COPY --chmod=0755 kafka-tool.sh kafka-run.sh /usr/bin/
RUN for tool in kafka-topics kafka-consumer-groups kafka-console-consumer kafka-console-producer kafka-configs; do \
      ln -s kafka-tool.sh "/usr/bin/$tool"; \
    done \
 && install -d -o appuser /etc/kafka /var/lib/kafka/data
USER appuser
VOLUME /var/lib/kafka/data
CMD ["kafka-run.sh"]
