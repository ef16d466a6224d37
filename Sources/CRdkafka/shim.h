// librdkafka's API as its header has it. The mock cluster's functions (rdkafka_mock.h) are absent from some vendors'
// builds: Streams looks them up at run time, so only the one public header is needed.
#ifndef MAPR_STREAMS_CRDKAFKA_SHIM_H
#define MAPR_STREAMS_CRDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>

// Two functions of the mock cluster take a list of arguments of any length, which Swift cannot call. Each of these calls
// one of them, wherever it was found, for a single entry of that list.

// rd_kafka_mock_broker_push_request_error_rtts
static inline rd_kafka_resp_err_t rdk_push_broker_error(
    void *function, void *cluster, int32_t broker, int16_t api_key, rd_kafka_resp_err_t error, int milliseconds) {
    typedef rd_kafka_resp_err_t (*push)(void *, int32_t, int16_t, size_t, ...);
    return ((push)function)(cluster, broker, api_key, 1, error, milliseconds);
}

// rd_kafka_mock_partition_push_request_errors
static inline rd_kafka_resp_err_t rdk_push_partition_error(
    void *function, void *cluster, const char *topic, int32_t partition, int16_t api_key, rd_kafka_resp_err_t error) {
    typedef rd_kafka_resp_err_t (*push)(void *, const char *, int32_t, int16_t, size_t, ...);
    return ((push)function)(cluster, topic, partition, api_key, 1, error);
}

#endif
