/* The end-to-end scenarios in plain C on librdkafka: what the broker, librdkafka and this machine allow, whatever the
 * binding; and what handing a message over takes. Built and run by subjects.py; prints the figures of child.py.
 *
 *     bare version
 *     bare SCENARIO BOOTSTRAP TOPIC PARTITIONS N CHUNKS VALUE_BYTES [MARKS]
 *
 * MARKS is the library of callgrind_marks.c, which marks the last chunk.
 */
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_CHUNKS 1000
#define WARM_UP 200

static const char *scenario, *bootstrap, *topic;
static int partitions, chunks;
static long n;
static size_t size;

static void die(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

/* ---- The meter of meter.py ---- */

static double cpu[MAX_CHUNKS], cheapest_wall = 1e18;
static int measured;
static double process_total, wall_total, messages;
static double begun_wall, begun_process, begun_thread;

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

/* What marks the region for callgrind, where it runs. */
static void (*begin_region)(void), (*end_region)(void);

static void load_marks(const char *library) {
    void *marks = dlopen(library, RTLD_NOW);
    if (!marks) die("marks", dlerror());
    begin_region = (void (*)(void))dlsym(marks, "benchmark_begin");
    end_region = (void (*)(void))dlsym(marks, "benchmark_end");
}

static void start(int chunk) {
    if (begin_region && chunk == chunks) begin_region();
    begun_wall = now(CLOCK_MONOTONIC);
    begun_process = now(CLOCK_PROCESS_CPUTIME_ID);
    begun_thread = now(CLOCK_THREAD_CPUTIME_ID);
}

static void stop(int chunk) {
    if (end_region && chunk == chunks) end_region();
    double thread = now(CLOCK_THREAD_CPUTIME_ID) - begun_thread;
    double process = now(CLOCK_PROCESS_CPUTIME_ID) - begun_process;
    double wall = now(CLOCK_MONOTONIC) - begun_wall;
    /* The first of several warms up. */
    if (chunk == 0 && chunks) return;
    cpu[measured++] = thread / n;
    if (wall / n < cheapest_wall) cheapest_wall = wall / n;
    process_total += process;
    wall_total += wall;
    messages += n;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double peak_mb(void) {
    char line[200];
    long kb = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %ld", &kb) == 1) break;
    if (status) fclose(status);
    return kb / 1024.0;
}

static void report(void) {
    qsort(cpu, measured, sizeof *cpu, ascending);
    printf("{\"cpu_ns\": %f, \"wall_ns\": %f, \"process_cpu_ns\": %f, \"msgs_s\": %f, \"peak_rss_mb\": %f}\n", cpu[0],
           cheapest_wall, process_total / messages, messages * 1e9 / wall_total, peak_mb());
    fflush(stdout);
    /* As child.py: closing is not measured. */
    _exit(0);
}

/* ---- Clients ---- */

static long reported;
static int64_t sum;

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
    (void)producer, (void)opaque;
    if (message->err) die("delivery", rd_kafka_err2str(message->err));
    sum += message->partition + message->offset + (rd_kafka_topic_name(message->rkt)[0] != 0);
    reported++;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char text[512];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK) die(name, text);
}

static rd_kafka_conf_t *configuration(void) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", bootstrap);
    set(conf, "log_level", "0");
    return conf;
}

static rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
    char text[512];
    rd_kafka_t *made = rd_kafka_new(type, conf, text, sizeof text);
    if (!made) die("rd_kafka_new", text);
    return made;
}

/* ---- Scenarios ---- */

static void enqueue(rd_kafka_t *producer, rd_kafka_topic_t *handle, int partition, char *value) {
    while (rd_kafka_produce(handle, partition, RD_KAFKA_MSG_F_COPY, value, size, NULL, 0, NULL)) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            die("produce", rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(producer, 100);
    }
}

static void produce(void) {
    rd_kafka_conf_t *conf = configuration();
    set(conf, "linger.ms", "5");
    if (!strcmp(scenario, "produce-cb-bounded")) set(conf, "queue.buffering.max.messages", "5000");
    /* Without callbacks nothing is reported, but the reports are served all the same, as in the bindings. */
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *producer = client(RD_KAFKA_PRODUCER, conf);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(producer, topic, NULL);
    char *value = memset(malloc(size + 1), 'v', size);
    for (int chunk = 0; chunk <= chunks; chunk++) {
        reported = 0;
        start(chunk);
        for (long i = 0; i < n; i++) {
            enqueue(producer, handle, RD_KAFKA_PARTITION_UA, value);
            rd_kafka_poll(producer, 0);
        }
        rd_kafka_flush(producer, 60000);
        stop(chunk);
        if (reported != n) die("produce", "reports are missing");
    }
    report();
}

/* As without_broker of producing.py. */
static rd_kafka_conf_t *configuration_without_broker(void) {
    static const char *const properties[][2] = {
        {"linger.ms", "900000"},
        {"queue.buffering.max.messages", "2000000"},
        {"queue.buffering.max.kbytes", "2000000"},
        {"batch.num.messages", "1000000"},
        {"batch.size", "1000000000"},
        {"message.max.bytes", "1000000000"},
        {"reconnect.backoff.ms", "100000"},
        {"reconnect.backoff.max.ms", "100000"},
        {"message.timeout.ms", "0"},
    };
    rd_kafka_conf_t *conf = configuration();
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) set(conf, properties[i][0], properties[i][1]);
    return conf;
}

/* A message for a queue that always has room: by rd_kafka_produce where that takes all that it has, else by
 * rd_kafka_producev, as C programs call it. */
static void hand_over(rd_kafka_t *producer, rd_kafka_topic_t *handle, char *value, int has_key, int has_partition,
                      int has_timestamp, int has_headers) {
    static const char key[] = "key-0123", content[] = "0123456789abcdef";
    int partition = has_partition ? 1 : RD_KAFKA_PARTITION_UA;
    const char *given_key = has_key ? key : NULL;
    size_t key_size = has_key ? sizeof key - 1 : 0;
    if (!has_timestamp && !has_headers) {
        if (rd_kafka_produce(handle, partition, RD_KAFKA_MSG_F_COPY, value, size, given_key, key_size, NULL))
            die("produce", rd_kafka_err2str(rd_kafka_last_error()));
        return;
    }
    rd_kafka_headers_t *headers = NULL;
    if (has_headers) {
        headers = rd_kafka_headers_new(2);
        rd_kafka_header_add(headers, "header-0", -1, content, sizeof content - 1);
        rd_kafka_header_add(headers, "header-1", -1, content, sizeof content - 1);
    }
    rd_kafka_resp_err_t error = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE(value, size), RD_KAFKA_V_KEY(given_key, key_size),
        RD_KAFKA_V_TIMESTAMP(has_timestamp ? 1700000000000 : 0), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(NULL),
        RD_KAFKA_V_END);
    if (error) die("producev", rd_kafka_err2str(error));
}

static void fill(void) {
    int all = !!strstr(scenario, "-full"), has_key = all || strstr(scenario, "-keyval");
    int has_partition = all || strstr(scenario, "-partition"), has_timestamp = all || strstr(scenario, "-timestamp");
    int has_headers = all || strstr(scenario, "-headers");
    char *value = memset(malloc(size + 1), 'v', size);
    for (int chunk = 0; chunk <= chunks; chunk++) {
        rd_kafka_t *producer = client(RD_KAFKA_PRODUCER, configuration_without_broker());
        rd_kafka_topic_t *handle = rd_kafka_topic_new(producer, topic, NULL);
        start(chunk);
        for (long i = 0; i < n; i++)
            hand_over(producer, handle, value, has_key, has_partition, has_timestamp, has_headers);
        stop(chunk);
        /* A full producer is kept, not freed, while the next chunk is measured. */
    }
    report();
}

static void latency(void) {
    rd_kafka_conf_t *conf = configuration();
    set(conf, "linger.ms", "0");
    set(conf, "socket.nagle.disable", "true");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *producer = client(RD_KAFKA_PRODUCER, conf);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(producer, topic, NULL);
    char *value = memset(malloc(size + 1), 'v', size);
    double *micros = malloc((n + WARM_UP) * sizeof *micros);
    for (long i = 0; i < n + WARM_UP; i++) {
        double begun = now(CLOCK_MONOTONIC);
        enqueue(producer, handle, 0, value);
        while (reported <= i) rd_kafka_poll(producer, 1000);
        micros[i] = (now(CLOCK_MONOTONIC) - begun) / 1000;
    }
    qsort(micros + WARM_UP, n, sizeof *micros, ascending);
    printf("{\"p50_us\": %f, \"p99_us\": %f, \"peak_rss_mb\": %f}\n", micros[WARM_UP + n / 2],
           micros[WARM_UP + n * 99 / 100], peak_mb());
    fflush(stdout);
    _exit(0);
}

static void take(rd_kafka_message_t *message, long *got, size_t *bytes) {
    if (message->err) die("consume", rd_kafka_message_errstr(message));
    *bytes += message->len;
    sum += message->partition + message->offset + (rd_kafka_topic_name(message->rkt)[0] != 0) + (message->key != NULL);
    ++*got;
    rd_kafka_message_destroy(message);
}

static void stream(size_t batch) {
    rd_kafka_conf_t *conf = configuration();
    set(conf, "group.id", "bare");
    set(conf, "enable.auto.commit", "false");
    set(conf, "queued.min.messages", "5000000");
    set(conf, "queued.max.messages.kbytes", "2000000");
    rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int partition = 0; partition < partitions; partition++)
        rd_kafka_topic_partition_list_add(list, topic, partition)->offset = 0;
    rd_kafka_message_t *taken[500];
    long got = 0;
    size_t bytes = 0;
    start(0);
    rd_kafka_assign(consumer, list);
    while (got < n) {
        if (batch) {
            ssize_t count = rd_kafka_consume_batch_queue(queue, 1000, taken, batch);
            for (ssize_t i = 0; i < count; i++) take(taken[i], &got, &bytes);
        } else {
            rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 1000);
            if (message) take(message, &got, &bytes);
        }
    }
    stop(0);
    if (bytes < n * size) die("stream", "bytes are missing");
    report();
}

int main(int count, char **arguments) {
    if (count == 2 && !strcmp(arguments[1], "version")) {
        puts(rd_kafka_version_str());
        return 0;
    }
    if (count != 8 && count != 9) die("usage", "bare SCENARIO BOOTSTRAP TOPIC PARTITIONS N CHUNKS VALUE_BYTES [MARKS]");
    scenario = arguments[1], bootstrap = arguments[2], topic = arguments[3];
    partitions = atoi(arguments[4]), n = atol(arguments[5]), chunks = atoi(arguments[6]);
    size = strtoul(arguments[7], NULL, 10);
    if (n < 1 || chunks < 0 || chunks >= MAX_CHUNKS) die("usage", "too many chunks, or no messages");
    if (count == 9) load_marks(arguments[8]);
    if (!strncmp(scenario, "produce-", 8)) produce();
    if (!strncmp(scenario, "enqueue-batch", 13)) fill();
    if (!strcmp(scenario, "latency-ack")) latency();
    if (!strcmp(scenario, "stream")) stream(0);
    if (!strcmp(scenario, "stream-batch")) stream(500);
    die(scenario, "no such scenario in C");
}
