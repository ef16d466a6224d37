// Administration of the cluster itself, for `Symbols.Cluster`: descriptions, records, elections. See optional.h.
#ifndef MAPR_STREAMS_CRDKAFKA_CLUSTER_H
#define MAPR_STREAMS_CRDKAFKA_CLUSTER_H

#include "optional.h"

// Declared again: C allows it where both are the same, and an older header has them not.
typedef struct rd_kafka_Uuid_s rd_kafka_Uuid_t;
typedef struct rd_kafka_TopicCollection_s rd_kafka_TopicCollection_t;
typedef struct rd_kafka_TopicPartitionInfo_s rd_kafka_TopicPartitionInfo_t;
typedef struct rd_kafka_TopicDescription_s rd_kafka_TopicDescription_t;
typedef rd_kafka_event_t rd_kafka_DescribeTopics_result_t;
typedef rd_kafka_event_t rd_kafka_DescribeCluster_result_t;
typedef struct rd_kafka_topic_partition_result_s rd_kafka_topic_partition_result_t;
typedef struct rd_kafka_ElectLeaders_s rd_kafka_ElectLeaders_t;
typedef rd_kafka_event_t rd_kafka_ElectLeaders_result_t;
#if RD_KAFKA_VERSION < 0x020600ff
typedef unsigned int rd_kafka_ElectionType_t;
#endif

// MARK: Descriptions

RDK_OPTIONAL(int64_t, rd_kafka_Uuid_most_significant_bits, const rd_kafka_Uuid_t *)
RDK_OPTIONAL(int64_t, rd_kafka_Uuid_least_significant_bits, const rd_kafka_Uuid_t *)
RDK_OPTIONAL(rd_kafka_TopicCollection_t *, rd_kafka_TopicCollection_of_topic_names, const char **, size_t)
RDK_OPTIONAL(void, rd_kafka_TopicCollection_destroy, rd_kafka_TopicCollection_t *)
RDK_OPTIONAL(
    void, rd_kafka_DescribeTopics, rd_kafka_t *, const rd_kafka_TopicCollection_t *, const rd_kafka_AdminOptions_t *,
    rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_DescribeTopics_result_t *, rd_kafka_event_DescribeTopics_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_TopicDescription_t **, rd_kafka_DescribeTopics_result_topics,
    const rd_kafka_DescribeTopics_result_t *, size_t *)
RDK_OPTIONAL(
    const rd_kafka_TopicPartitionInfo_t **, rd_kafka_TopicDescription_partitions, const rd_kafka_TopicDescription_t *,
    size_t *)
RDK_OPTIONAL(const int, rd_kafka_TopicPartitionInfo_partition, const rd_kafka_TopicPartitionInfo_t *)
RDK_OPTIONAL(const rd_kafka_Node_t *, rd_kafka_TopicPartitionInfo_leader, const rd_kafka_TopicPartitionInfo_t *)
RDK_OPTIONAL(
    const rd_kafka_Node_t **, rd_kafka_TopicPartitionInfo_isr, const rd_kafka_TopicPartitionInfo_t *, size_t *)
RDK_OPTIONAL(
    const rd_kafka_Node_t **, rd_kafka_TopicPartitionInfo_replicas, const rd_kafka_TopicPartitionInfo_t *, size_t *)
RDK_OPTIONAL(
    const rd_kafka_AclOperation_t *, rd_kafka_TopicDescription_authorized_operations,
    const rd_kafka_TopicDescription_t *, size_t *)
RDK_OPTIONAL(const char *, rd_kafka_TopicDescription_name, const rd_kafka_TopicDescription_t *)
RDK_OPTIONAL(const rd_kafka_Uuid_t *, rd_kafka_TopicDescription_topic_id, const rd_kafka_TopicDescription_t *)
RDK_OPTIONAL(int, rd_kafka_TopicDescription_is_internal, const rd_kafka_TopicDescription_t *)
RDK_OPTIONAL(const rd_kafka_error_t *, rd_kafka_TopicDescription_error, const rd_kafka_TopicDescription_t *)
RDK_OPTIONAL(void, rd_kafka_DescribeCluster, rd_kafka_t *, const rd_kafka_AdminOptions_t *, rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_DescribeCluster_result_t *, rd_kafka_event_DescribeCluster_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_Node_t **, rd_kafka_DescribeCluster_result_nodes, const rd_kafka_DescribeCluster_result_t *,
    size_t *)
RDK_OPTIONAL(
    const rd_kafka_AclOperation_t *, rd_kafka_DescribeCluster_result_authorized_operations,
    const rd_kafka_DescribeCluster_result_t *, size_t *)
RDK_OPTIONAL(
    const rd_kafka_Node_t *, rd_kafka_DescribeCluster_result_controller, const rd_kafka_DescribeCluster_result_t *)
RDK_OPTIONAL(const char *, rd_kafka_DescribeCluster_result_cluster_id, const rd_kafka_DescribeCluster_result_t *)

// MARK: Records

RDK_OPTIONAL(
    rd_kafka_DeleteRecords_t *, rd_kafka_DeleteRecords_new, const rd_kafka_topic_partition_list_t *)
RDK_OPTIONAL(void, rd_kafka_DeleteRecords_destroy, rd_kafka_DeleteRecords_t *)
RDK_OPTIONAL(
    void, rd_kafka_DeleteRecords, rd_kafka_t *, rd_kafka_DeleteRecords_t **, size_t, const rd_kafka_AdminOptions_t *,
    rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_DeleteRecords_result_t *, rd_kafka_event_DeleteRecords_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_topic_partition_list_t *, rd_kafka_DeleteRecords_result_offsets,
    const rd_kafka_DeleteRecords_result_t *)

// MARK: Elections

RDK_OPTIONAL(
    rd_kafka_ElectLeaders_t *, rd_kafka_ElectLeaders_new, rd_kafka_ElectionType_t, rd_kafka_topic_partition_list_t *)
RDK_OPTIONAL(void, rd_kafka_ElectLeaders_destroy, rd_kafka_ElectLeaders_t *)
RDK_OPTIONAL(
    void, rd_kafka_ElectLeaders, rd_kafka_t *, rd_kafka_ElectLeaders_t *, const rd_kafka_AdminOptions_t *,
    rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_ElectLeaders_result_t *, rd_kafka_event_ElectLeaders_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_topic_partition_result_t **, rd_kafka_ElectLeaders_result_partitions,
    const rd_kafka_ElectLeaders_result_t *, size_t *)
RDK_OPTIONAL(
    const rd_kafka_topic_partition_t *, rd_kafka_topic_partition_result_partition,
    const rd_kafka_topic_partition_result_t *)
RDK_OPTIONAL(
    const rd_kafka_error_t *, rd_kafka_topic_partition_result_error, const rd_kafka_topic_partition_result_t *)

#endif
