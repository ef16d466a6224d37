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
typedef rd_kafka_event_t rd_kafka_IncrementalAlterConfigs_result_t;
#if RD_KAFKA_VERSION < 0x020200ff
typedef unsigned int rd_kafka_AlterConfigOpType_t;
#endif

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

RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_conf_interceptor_add_on_new, rd_kafka_conf_t *, const char *,
    rd_kafka_interceptor_f_on_new_t *, void *)
RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_interceptor_add_on_broker_state_change, rd_kafka_t *, const char *,
    rd_kafka_interceptor_f_on_broker_state_change_t *, void *)

// MARK: rdkafka.h, administration

RDK_OPTIONAL(rd_kafka_AdminOptions_t *, rd_kafka_AdminOptions_new, rd_kafka_t *, rd_kafka_admin_op_t)
RDK_OPTIONAL(void, rd_kafka_AdminOptions_destroy, rd_kafka_AdminOptions_t *)
RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_AdminOptions_set_request_timeout, rd_kafka_AdminOptions_t *, int, char *, size_t)
RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_AdminOptions_set_operation_timeout, rd_kafka_AdminOptions_t *, int, char *, size_t)
RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_AdminOptions_set_validate_only, rd_kafka_AdminOptions_t *, int, char *, size_t)
RDK_OPTIONAL(rd_kafka_resp_err_t, rd_kafka_AdminOptions_set_broker, rd_kafka_AdminOptions_t *, int32_t, char *, size_t)
RDK_OPTIONAL(void, rd_kafka_AdminOptions_set_opaque, rd_kafka_AdminOptions_t *, void *)

RDK_OPTIONAL(rd_kafka_resp_err_t, rd_kafka_topic_result_error, const rd_kafka_topic_result_t *)
RDK_OPTIONAL(const char *, rd_kafka_topic_result_error_string, const rd_kafka_topic_result_t *)
RDK_OPTIONAL(const char *, rd_kafka_topic_result_name, const rd_kafka_topic_result_t *)

RDK_OPTIONAL(rd_kafka_NewTopic_t *, rd_kafka_NewTopic_new, const char *, int, int, char *, size_t)
RDK_OPTIONAL(void, rd_kafka_NewTopic_destroy, rd_kafka_NewTopic_t *)
RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_NewTopic_set_replica_assignment, rd_kafka_NewTopic_t *, int32_t, int32_t *, size_t,
    char *, size_t)
RDK_OPTIONAL(rd_kafka_resp_err_t, rd_kafka_NewTopic_set_config, rd_kafka_NewTopic_t *, const char *, const char *)
RDK_OPTIONAL(
    void, rd_kafka_CreateTopics, rd_kafka_t *, rd_kafka_NewTopic_t **, size_t, const rd_kafka_AdminOptions_t *,
    rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_CreateTopics_result_t *, rd_kafka_event_CreateTopics_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_topic_result_t **, rd_kafka_CreateTopics_result_topics, const rd_kafka_CreateTopics_result_t *,
    size_t *)

RDK_OPTIONAL(rd_kafka_DeleteTopic_t *, rd_kafka_DeleteTopic_new, const char *)
RDK_OPTIONAL(void, rd_kafka_DeleteTopic_destroy, rd_kafka_DeleteTopic_t *)
RDK_OPTIONAL(
    void, rd_kafka_DeleteTopics, rd_kafka_t *, rd_kafka_DeleteTopic_t **, size_t, const rd_kafka_AdminOptions_t *,
    rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_DeleteTopics_result_t *, rd_kafka_event_DeleteTopics_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_topic_result_t **, rd_kafka_DeleteTopics_result_topics, const rd_kafka_DeleteTopics_result_t *,
    size_t *)

RDK_OPTIONAL(rd_kafka_NewPartitions_t *, rd_kafka_NewPartitions_new, const char *, size_t, char *, size_t)
RDK_OPTIONAL(void, rd_kafka_NewPartitions_destroy, rd_kafka_NewPartitions_t *)
RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_NewPartitions_set_replica_assignment, rd_kafka_NewPartitions_t *, int32_t, int32_t *,
    size_t, char *, size_t)
RDK_OPTIONAL(
    void, rd_kafka_CreatePartitions, rd_kafka_t *, rd_kafka_NewPartitions_t **, size_t,
    const rd_kafka_AdminOptions_t *, rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_CreatePartitions_result_t *, rd_kafka_event_CreatePartitions_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_topic_result_t **, rd_kafka_CreatePartitions_result_topics,
    const rd_kafka_CreatePartitions_result_t *, size_t *)

RDK_OPTIONAL(rd_kafka_ConfigResource_t *, rd_kafka_ConfigResource_new, rd_kafka_ResourceType_t, const char *)
RDK_OPTIONAL(void, rd_kafka_ConfigResource_destroy, rd_kafka_ConfigResource_t *)
RDK_OPTIONAL(
    rd_kafka_resp_err_t, rd_kafka_ConfigResource_set_config, rd_kafka_ConfigResource_t *, const char *, const char *)
RDK_OPTIONAL(
    rd_kafka_error_t *, rd_kafka_ConfigResource_add_incremental_config, rd_kafka_ConfigResource_t *, const char *,
    rd_kafka_AlterConfigOpType_t, const char *)
RDK_OPTIONAL(
    const rd_kafka_ConfigEntry_t **, rd_kafka_ConfigResource_configs, const rd_kafka_ConfigResource_t *, size_t *)
RDK_OPTIONAL(rd_kafka_ResourceType_t, rd_kafka_ConfigResource_type, const rd_kafka_ConfigResource_t *)
RDK_OPTIONAL(const char *, rd_kafka_ConfigResource_name, const rd_kafka_ConfigResource_t *)
RDK_OPTIONAL(rd_kafka_resp_err_t, rd_kafka_ConfigResource_error, const rd_kafka_ConfigResource_t *)
RDK_OPTIONAL(const char *, rd_kafka_ConfigResource_error_string, const rd_kafka_ConfigResource_t *)
RDK_OPTIONAL(const char *, rd_kafka_ConfigEntry_name, const rd_kafka_ConfigEntry_t *)
RDK_OPTIONAL(const char *, rd_kafka_ConfigEntry_value, const rd_kafka_ConfigEntry_t *)
RDK_OPTIONAL(rd_kafka_ConfigSource_t, rd_kafka_ConfigEntry_source, const rd_kafka_ConfigEntry_t *)
RDK_OPTIONAL(int, rd_kafka_ConfigEntry_is_read_only, const rd_kafka_ConfigEntry_t *)
RDK_OPTIONAL(int, rd_kafka_ConfigEntry_is_default, const rd_kafka_ConfigEntry_t *)
RDK_OPTIONAL(int, rd_kafka_ConfigEntry_is_sensitive, const rd_kafka_ConfigEntry_t *)
RDK_OPTIONAL(int, rd_kafka_ConfigEntry_is_synonym, const rd_kafka_ConfigEntry_t *)
RDK_OPTIONAL(
    const rd_kafka_ConfigEntry_t **, rd_kafka_ConfigEntry_synonyms, const rd_kafka_ConfigEntry_t *, size_t *)
RDK_OPTIONAL(
    void, rd_kafka_DescribeConfigs, rd_kafka_t *, rd_kafka_ConfigResource_t **, size_t,
    const rd_kafka_AdminOptions_t *, rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_DescribeConfigs_result_t *, rd_kafka_event_DescribeConfigs_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_ConfigResource_t **, rd_kafka_DescribeConfigs_result_resources,
    const rd_kafka_DescribeConfigs_result_t *, size_t *)
RDK_OPTIONAL(
    void, rd_kafka_AlterConfigs, rd_kafka_t *, rd_kafka_ConfigResource_t **, size_t, const rd_kafka_AdminOptions_t *,
    rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_AlterConfigs_result_t *, rd_kafka_event_AlterConfigs_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_ConfigResource_t **, rd_kafka_AlterConfigs_result_resources, const rd_kafka_AlterConfigs_result_t *,
    size_t *)
RDK_OPTIONAL(
    void, rd_kafka_IncrementalAlterConfigs, rd_kafka_t *, rd_kafka_ConfigResource_t **, size_t,
    const rd_kafka_AdminOptions_t *, rd_kafka_queue_t *)
RDK_OPTIONAL(
    const rd_kafka_IncrementalAlterConfigs_result_t *, rd_kafka_event_IncrementalAlterConfigs_result,
    rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_ConfigResource_t **, rd_kafka_IncrementalAlterConfigs_result_resources,
    const rd_kafka_IncrementalAlterConfigs_result_t *, size_t *)

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
