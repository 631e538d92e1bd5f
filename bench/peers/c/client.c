/*
 * The yardstick: what a C program gets out of the very librdkafka our client drives, with the same settings and payloads.
 * Started by the harness as `client produce|consume|latency|memory`; everything else comes from the environment
 * (see subjects/subject.ts), the outcome goes to stdout as one line of JSON.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "rdkafka.h"

#define BATCH 1000
#define READ_BATCH 10000
#define MAX_PARTITIONS 256

typedef struct { const char *key, *value; size_t key_len, value_len; } payload_t;

static payload_t *payloads;
static size_t payload_count;

static void die(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static const char *text(const char *name) {
  const char *value = getenv(name);
  if (!value) die(name, "is not set: this program is started by bench/main.ts");
  return value;
}

static double number(const char *name) { return atof(text(name)); }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static double rss_mb(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file) return 0;
  if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
  fclose(file);
  return pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

/* Key length, key, value length, value, and so on; lengths are 32 bit, little-endian. */
static void read_payloads(void) {
  FILE *file = fopen(text("BENCH_PAYLOAD"), "rb");
  if (!file) die("payload", "can't be opened");
  fseek(file, 0, SEEK_END);
  size_t size = ftell(file);
  rewind(file);
  char *bytes = malloc(size);
  if (fread(bytes, 1, size, file) != size) die("payload", "can't be read");
  fclose(file);
  payloads = malloc(size / 8 * sizeof *payloads);
  for (size_t at = 0; at < size; payload_count++) {
    payload_t *p = &payloads[payload_count];
    uint32_t length;
    memcpy(&length, bytes + at, 4);
    p->key = bytes + at + 4, p->key_len = length, at += 4 + length;
    memcpy(&length, bytes + at, 4);
    p->value = bytes + at + 4, p->value_len = length, at += 4 + length;
  }
}

static rd_kafka_conf_t *new_conf(const char *properties) {
  char reason[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  char *lines = strdup(text(properties));
  for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n")) {
    char *value = strchr(line, '=');
    *value++ = 0;
    if (rd_kafka_conf_set(conf, line, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) die(line, reason);
  }
  free(lines);
  return conf;
}

static rd_kafka_t *new_client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
  char reason[512];
  rd_kafka_t *rk = rd_kafka_new(type, conf, reason, sizeof reason);
  if (!rk) die("rd_kafka_new", reason);
  return rk;
}

/* Which library this is, to be compared with ours. */
static void print_library(void) {
  Dl_info info;
  if (!dladdr((void *)rd_kafka_version_str, &info)) die("dladdr", "failed");
  char *path = realpath(info.dli_fname, NULL);
  printf("\"library\":\"%s\",\"librdkafka\":\"%s\"}\n", path ? path : "?", rd_kafka_version_str());
}

/* ---- produce ---- */

static int64_t acked, failed;
static char failure[256];

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk, (void)opaque;
  if (message->err) {
    failed++;
    snprintf(failure, sizeof failure, "%s", rd_kafka_err2str(message->err));
  } else {
    acked++;
  }
}

typedef struct {
  rd_kafka_t *rk;
  rd_kafka_topic_t *topic;
  rd_kafka_message_t batch[BATCH];
  int kept; /* at the front of the batch, refused by a full queue */
  int64_t sent;
} producer_t;

static producer_t *new_producer(void) {
  producer_t *producer = calloc(1, sizeof *producer);
  rd_kafka_conf_t *conf = new_conf("BENCH_PRODUCER_PROPERTIES");
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  producer->rk = new_client(RD_KAFKA_PRODUCER, conf);
  producer->topic = rd_kafka_topic_new(producer->rk, text("BENCH_TOPIC"), NULL);
  return producer;
}

/* One produce_batch, payloads copied by librdkafka, as a program has it do that reuses its buffer (ours copies them itself, and lends the copies). */
static void send_batch(producer_t *producer) {
  for (int i = producer->kept; i < BATCH; i++) {
    const payload_t *p = &payloads[(producer->sent + i) % payload_count];
    producer->batch[i] = (rd_kafka_message_t){
        .payload = (void *)p->value, .len = p->value_len, .key = (void *)p->key, .key_len = p->key_len};
  }
  int taken = rd_kafka_produce_batch(producer->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, producer->batch, BATCH);
  producer->sent += taken;
  producer->kept = 0;
  for (int i = 0; taken < BATCH && i < BATCH; i++) {
    if (!producer->batch[i].err) continue;
    if (producer->batch[i].err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
      die("produce_batch", rd_kafka_err2str(producer->batch[i].err));
    producer->batch[producer->kept] = producer->batch[i];
    producer->batch[producer->kept++].err = 0;
  }
  rd_kafka_poll(producer->rk, producer->kept ? 100 : 0);
}

static void flush(producer_t *producer) {
  while (rd_kafka_outq_len(producer->rk) > 0) rd_kafka_flush(producer->rk, 1000);
}

static void close_producer(producer_t *producer) {
  rd_kafka_topic_destroy(producer->topic);
  rd_kafka_destroy(producer->rk);
}

/* Records of the warm-up, and all of them, as fast as they go. Leaves the outcome's line open. */
static producer_t *produce_all(double *warm_rss, int64_t *timed) {
  const double warmup = number("BENCH_WARMUP"), records = number("BENCH_RECORDS"), limit = number("BENCH_SECONDS");
  producer_t *producer = new_producer();
  while (producer->sent < warmup) send_batch(producer);
  flush(producer);
  *warm_rss = rss_mb();
  const int64_t warm = acked;
  const double started = now();
  while (producer->sent < warmup + records && now() - started < limit) send_batch(producer);
  flush(producer);
  const double seconds = now() - started;
  *timed = acked - warm;
  printf("{\"records\":%lld,\"total\":%lld,\"seconds\":%.6f,\"lost\":%lld,", (long long)*timed, (long long)acked, seconds,
         (long long)(producer->sent - acked));
  if (failed) printf("\"error\":\"%s\",", failure);
  return producer;
}

static void produce(void) {
  double warm_rss;
  int64_t timed;
  producer_t *producer = produce_all(&warm_rss, &timed);
  print_library();
  close_producer(producer);
}

/* ---- latency ---- */

static int by_size(const void *a, const void *b) {
  const double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

static void latency(void) {
  const int warmup = number("BENCH_WARMUP"), records = number("BENCH_RECORDS");
  const double limit = number("BENCH_SECONDS");
  producer_t *producer = new_producer();
  double *samples = malloc((records + 1) * sizeof *samples), started = now();
  int total = 0;
  for (; total < warmup + records; total++) {
    if (total == warmup) started = now();
    if (total > warmup && now() - started > limit) break;
    const payload_t *p = &payloads[total % payload_count];
    const int64_t before = acked;
    const double from = now();
    if (rd_kafka_produce(producer->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, (void *)p->value, p->value_len, p->key,
                         p->key_len, NULL))
      die("produce", rd_kafka_err2str(rd_kafka_last_error()));
    while (acked == before && !failed) rd_kafka_poll(producer->rk, 1000);
    if (total >= warmup) samples[total - warmup] = (now() - from) * 1e6;
  }
  const double seconds = now() - started;
  const int timed = total - warmup;
  qsort(samples, timed, sizeof *samples, by_size);
  printf("{\"records\":%d,\"total\":%d,\"seconds\":%.6f,\"p50Us\":%.0f,\"p99Us\":%.0f,\"lost\":%lld,", timed, total, seconds,
         samples[timed / 2], samples[(int)(timed * 0.99)], (long long)failed);
  print_library();
  close_producer(producer);
}

/* ---- consume ---- */

static rd_kafka_t *new_consumer(void) {
  rd_kafka_t *rk = new_client(RD_KAFKA_CONSUMER, new_conf("BENCH_CONSUMER_PROPERTIES"));
  rd_kafka_poll_set_consumer(rk);
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, text("BENCH_TOPIC"), RD_KAFKA_PARTITION_UA);
  rd_kafka_resp_err_t err = rd_kafka_subscribe(rk, topics);
  if (err) die("subscribe", rd_kafka_err2str(err));
  rd_kafka_topic_partition_list_destroy(topics);
  return rk;
}

static void consume(void) {
  const double warmup = number("BENCH_WARMUP"), records = number("BENCH_RECORDS"), limit = number("BENCH_SECONDS");
  static double counts[MAX_PARTITIONS], offset_sums[MAX_PARTITIONS], last_offsets[MAX_PARTITIONS];
  static rd_kafka_message_t *messages[READ_BATCH];
  rd_kafka_t *rk = new_consumer();
  rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
  double total = 0, warm = 0, bytes = 0, checksum = 0, started = 0;
  while (!started || (total < warmup + records && now() - started < limit)) {
    const ssize_t taken = rd_kafka_consume_batch_queue(queue, 10, messages, READ_BATCH);
    if (taken < 0) die("consume", rd_kafka_err2str(rd_kafka_last_error()));
    for (ssize_t i = 0; i < taken; i++) {
      const rd_kafka_message_t *m = messages[i];
      if (m->err) {
        fprintf(stderr, "consume: %s\n", rd_kafka_message_errstr(m));
      } else {
        total++;
        bytes += m->key_len + m->len;
        checksum += ((const unsigned char *)m->key)[0] + ((const unsigned char *)m->payload)[m->len >> 1];
        counts[m->partition]++;
        offset_sums[m->partition] += m->offset;
        last_offsets[m->partition] = m->offset;
      }
      rd_kafka_message_destroy(messages[i]);
    }
    if (!started && total >= warmup) started = now(), warm = total;
  }
  const double seconds = now() - started;
  printf("{\"records\":%.0f,\"total\":%.0f,\"seconds\":%.6f,\"bytes\":%.0f,\"checksum\":%.0f,\"partitions\":[", total - warm, total,
         seconds, bytes, checksum);
  for (int p = 0, first = 1; p < MAX_PARTITIONS; p++) {
    if (counts[p] == 0) continue;
    printf("%s{\"partition\":%d,\"count\":%.0f,\"offsetSum\":%.0f,\"lastOffset\":%.0f}", first ? "" : ",", p, counts[p],
           offset_sums[p], last_offsets[p]);
    first = 0;
  }
  printf("],");
  print_library();
  rd_kafka_consumer_close(rk);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(rk);
}

/* ---- memory ---- */

/* Waits without work: a producer and a consumer, each polled by a wait that ends after a second. */
static double idle_cpu_percent(rd_kafka_t *producer, rd_kafka_t *consumer, double seconds) {
  const double cpu = cpu_seconds(), from = now();
  while (now() - from < seconds) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 1000);
    if (message) rd_kafka_message_destroy(message);
    rd_kafka_poll(producer, 0);
  }
  return (cpu_seconds() - cpu) / (now() - from) * 100;
}

static void memory(void) {
  double warm_rss;
  int64_t timed;
  producer_t *producer = produce_all(&warm_rss, &timed);
  const double end_rss = rss_mb();
  rd_kafka_t *consumer = new_consumer();
  idle_cpu_percent(producer->rk, consumer, 2); /* until the group is joined and the first fetches are out */
  printf("\"warmRssMb\":%.1f,\"endRssMb\":%.1f,\"slopeMbPerMillion\":%.3f,\"idleCpuPercent\":%.3f,", warm_rss, end_rss,
         (end_rss - warm_rss) * 1e6 / timed, idle_cpu_percent(producer->rk, consumer, number("BENCH_IDLE_SECONDS")));
  print_library();
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  close_producer(producer);
}

int main(int argc, char **argv) {
  const char *scenario = argc > 1 ? argv[1] : "";
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  if (strcmp(scenario, "consume") == 0) return consume(), 0;
  read_payloads();
  if (strcmp(scenario, "produce") == 0) return produce(), 0;
  if (strcmp(scenario, "memory") == 0) return memory(), 0;
  if (strcmp(scenario, "latency") == 0) return latency(), 0;
  die(scenario, "is none of produce, consume, latency, memory");
}
