// The functions that are newer than the oldest librdkafka we support (2.0.2), or that a vendor's build may lack: the
// mock cluster. Streams looks them up at run time, in Support/Symbols.swift.
//
// Each is declared here as its header declares it. Where the installed header has it too, the compiler refuses a
// declaration that differs: so the type of a function that is looked up is never a guess.
#ifndef MAPR_STREAMS_CRDKAFKA_OPTIONAL_H
#define MAPR_STREAMS_CRDKAFKA_OPTIONAL_H

#include <dlfcn.h>
#include <librdkafka/rdkafka.h>

#if __has_include(<librdkafka/rdkafka_mock.h>)
#include <librdkafka/rdkafka_mock.h>
#endif

// Declared again: C allows it where both are the same, and an older header has them not.
typedef struct rd_kafka_mock_cluster_s rd_kafka_mock_cluster_t;
typedef struct rd_kafka_mock_request_s rd_kafka_mock_request_t;

// A function to be called by its address alone: a call by its name would keep the extension from being loaded with a
// librdkafka that lacks it. `rdk_find_NAME` finds that address in a library, and tells the name.
#define RDK_OPTIONAL(result, name, ...)                                                                                \
    __attribute__((availability(swift, unavailable, message = "look it up in Symbols")))                              \
    result name(__VA_ARGS__);                                                                                          \
    typedef __typeof__(&name) rdk_##name;                                                                              \
    static inline rdk_##name rdk_find_##name(void *library, const char **told) {                                       \
        *told = #name;                                                                                                 \
        return (rdk_##name)dlsym(library, #name);                                                                      \
    }

// The same for a function that takes a list of arguments of any length, which Swift cannot call: it has the address as
// a pointer to nothing in particular, for the function below that calls it for a single entry of that list.
#define RDK_OPTIONAL_VARIADIC(result, name, ...)                                                                       \
    __attribute__((availability(swift, unavailable, message = "look it up in Symbols")))                              \
    result name(__VA_ARGS__, ...);                                                                                     \
    static inline void *rdk_find_##name(void *library, const char **told) {                                            \
        *told = #name;                                                                                                 \
        return dlsym(library, #name);                                                                                  \
    }

// MARK: rdkafka.h

RDK_OPTIONAL(int32_t, rd_kafka_message_leader_epoch, const rd_kafka_message_t *)
RDK_OPTIONAL(void, rd_kafka_topic_partition_set_leader_epoch, rd_kafka_topic_partition_t *, int32_t)
RDK_OPTIONAL(int32_t, rd_kafka_topic_partition_get_leader_epoch, const rd_kafka_topic_partition_t *)

// MARK: rdkafka_mock.h

RDK_OPTIONAL(rd_kafka_mock_cluster_t *, rd_kafka_mock_cluster_new, rd_kafka_t *, int)
RDK_OPTIONAL(void, rd_kafka_mock_cluster_destroy, rd_kafka_mock_cluster_t *)
RDK_OPTIONAL(const char *, rd_kafka_mock_cluster_bootstraps, const rd_kafka_mock_cluster_t *)

RDK_OPTIONAL(rd_kafka_resp_err_t, rd_kafka_mock_topic_create, rd_kafka_mock_cluster_t *, const char *, int, int)
RDK_OPTIONAL(rd_kafka_resp_err_t, rd_kafka_mock_topic_delete, rd_kafka_mock_cluster_t *, const char *)
RDK_OPTIONAL(void, rd_kafka_mock_topic_set_error, rd_kafka_mock_cluster_t *, const char *, rd_kafka_resp_err_t)
RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_mock_partition_delete_records, rd_kafka_mock_cluster_t *, const char *, int32_t,
    int64_t)
RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_mock_partition_set_leader, rd_kafka_mock_cluster_t *, const char *, int32_t, int32_t)
RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_mock_partition_set_follower, rd_kafka_mock_cluster_t *, const char *, int32_t,
    int32_t)
RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_mock_partition_set_follower_wmarks, rd_kafka_mock_cluster_t *, const char *, int32_t,
    int64_t, int64_t)
RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_mock_coordinator_set, rd_kafka_mock_cluster_t *, const char *, const char *, int32_t)
RDK_OPTIONAL(void, rd_kafka_mock_group_initial_rebalance_delay_ms, rd_kafka_mock_cluster_t *, int32_t)

RDK_OPTIONAL(rd_kafka_resp_err_t, rd_kafka_mock_broker_set_down, rd_kafka_mock_cluster_t *, int32_t)
RDK_OPTIONAL(rd_kafka_resp_err_t, rd_kafka_mock_broker_set_up, rd_kafka_mock_cluster_t *, int32_t)
RDK_OPTIONAL(rd_kafka_resp_err_t, rd_kafka_mock_broker_set_rtt, rd_kafka_mock_cluster_t *, int32_t, int)
RDK_OPTIONAL(rd_kafka_resp_err_t, rd_kafka_mock_broker_set_rack, rd_kafka_mock_cluster_t *, int32_t, const char *)

RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_mock_set_apiversion, rd_kafka_mock_cluster_t *, int16_t, int16_t, int16_t)
RDK_OPTIONAL(
    void, rd_kafka_mock_push_request_errors_array, rd_kafka_mock_cluster_t *, int16_t, size_t,
    const rd_kafka_resp_err_t *)
RDK_OPTIONAL_VARIADIC(
    rd_kafka_resp_err_t, rd_kafka_mock_broker_push_request_error_rtts, rd_kafka_mock_cluster_t *, int32_t, int16_t,
    size_t)
RDK_OPTIONAL_VARIADIC(
    rd_kafka_resp_err_t, rd_kafka_mock_partition_push_request_errors, rd_kafka_mock_cluster_t *, const char *, int32_t,
    int16_t, size_t)
RDK_OPTIONAL(void, rd_kafka_mock_clear_request_errors, rd_kafka_mock_cluster_t *, int16_t)
RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_mock_broker_error_stack_cnt, rd_kafka_mock_cluster_t *, int32_t, int16_t, size_t *)

RDK_OPTIONAL(void, rd_kafka_mock_start_request_tracking, rd_kafka_mock_cluster_t *)
RDK_OPTIONAL(void, rd_kafka_mock_stop_request_tracking, rd_kafka_mock_cluster_t *)
RDK_OPTIONAL(void, rd_kafka_mock_clear_requests, rd_kafka_mock_cluster_t *)
RDK_OPTIONAL(rd_kafka_mock_request_t **, rd_kafka_mock_get_requests, rd_kafka_mock_cluster_t *, size_t *)
RDK_OPTIONAL(int32_t, rd_kafka_mock_request_id, rd_kafka_mock_request_t *)
RDK_OPTIONAL(int16_t, rd_kafka_mock_request_api_key, rd_kafka_mock_request_t *)
RDK_OPTIONAL(int64_t, rd_kafka_mock_request_timestamp, rd_kafka_mock_request_t *)
RDK_OPTIONAL(void, rd_kafka_mock_request_destroy, rd_kafka_mock_request_t *)

// MARK: Single entries of a list

static inline rd_kafka_resp_err_t rdk_push_broker_error(
    void *function, rd_kafka_mock_cluster_t *cluster, int32_t broker, int16_t api_key, rd_kafka_resp_err_t error,
    int milliseconds) {
    __typeof__(&rd_kafka_mock_broker_push_request_error_rtts) push = function;
    return push(cluster, broker, api_key, 1, error, milliseconds);
}

static inline rd_kafka_resp_err_t rdk_push_partition_error(
    void *function, rd_kafka_mock_cluster_t *cluster, const char *topic, int32_t partition, int16_t api_key,
    rd_kafka_resp_err_t error) {
    __typeof__(&rd_kafka_mock_partition_push_request_errors) push = function;
    return push(cluster, topic, partition, api_key, 1, error);
}

#endif
