// Administration of consumer groups and of offsets, for `Symbols.Groups`. See optional.h.
#ifndef MAPR_STREAMS_CRDKAFKA_GROUPS_H
#define MAPR_STREAMS_CRDKAFKA_GROUPS_H

#include "optional.h"

// Declared again: C allows it where both are the same, and an older header has them not.
typedef rd_kafka_event_t rd_kafka_ListOffsets_result_t;
typedef struct rd_kafka_ListOffsetsResultInfo_s rd_kafka_ListOffsetsResultInfo_t;
#if RD_KAFKA_VERSION < 0x020300ff
typedef unsigned int rd_kafka_IsolationLevel_t;
#endif
#if RD_KAFKA_VERSION < 0x020600ff
// An enumeration, as in newer headers: Swift reads the number of one in another way than a number.
typedef enum { RD_KAFKA_CONSUMER_GROUP_TYPE_UNKNOWN = 0 } rd_kafka_consumer_group_type_t;
#endif

// MARK: Options

RDK_OPTIONAL(
    rd_kafka_error_t *, rd_kafka_AdminOptions_set_require_stable_offsets, rd_kafka_AdminOptions_t *, int)
RDK_OPTIONAL(
    rd_kafka_error_t *, rd_kafka_AdminOptions_set_match_consumer_group_states, rd_kafka_AdminOptions_t *,
    const rd_kafka_consumer_group_state_t *, size_t)
RDK_OPTIONAL(
    rd_kafka_error_t *, rd_kafka_AdminOptions_set_match_consumer_group_types, rd_kafka_AdminOptions_t *,
    const rd_kafka_consumer_group_type_t *, size_t)
RDK_OPTIONAL(
    rd_kafka_error_t *, rd_kafka_AdminOptions_set_include_authorized_operations, rd_kafka_AdminOptions_t *, int)
RDK_OPTIONAL(
    rd_kafka_error_t *, rd_kafka_AdminOptions_set_isolation_level, rd_kafka_AdminOptions_t *,
    rd_kafka_IsolationLevel_t)

// MARK: Brokers

RDK_OPTIONAL(int, rd_kafka_Node_id, const rd_kafka_Node_t *)
RDK_OPTIONAL(const char *, rd_kafka_Node_host, const rd_kafka_Node_t *)
RDK_OPTIONAL(uint16_t, rd_kafka_Node_port, const rd_kafka_Node_t *)
RDK_OPTIONAL(const char *, rd_kafka_Node_rack, const rd_kafka_Node_t *)

// MARK: Groups

RDK_OPTIONAL(
    void, rd_kafka_ListConsumerGroups, rd_kafka_t *, const rd_kafka_AdminOptions_t *, rd_kafka_queue_t *)
RDK_OPTIONAL(
    const rd_kafka_ListConsumerGroups_result_t *, rd_kafka_event_ListConsumerGroups_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_ConsumerGroupListing_t **, rd_kafka_ListConsumerGroups_result_valid,
    const rd_kafka_ListConsumerGroups_result_t *, size_t *)
RDK_OPTIONAL(
    const rd_kafka_error_t **, rd_kafka_ListConsumerGroups_result_errors,
    const rd_kafka_ListConsumerGroups_result_t *, size_t *)
RDK_OPTIONAL(const char *, rd_kafka_ConsumerGroupListing_group_id, const rd_kafka_ConsumerGroupListing_t *)
RDK_OPTIONAL(
    int, rd_kafka_ConsumerGroupListing_is_simple_consumer_group, const rd_kafka_ConsumerGroupListing_t *)
RDK_OPTIONAL(
    rd_kafka_consumer_group_state_t, rd_kafka_ConsumerGroupListing_state, const rd_kafka_ConsumerGroupListing_t *)
RDK_OPTIONAL(
    rd_kafka_consumer_group_type_t, rd_kafka_ConsumerGroupListing_type, const rd_kafka_ConsumerGroupListing_t *)

RDK_OPTIONAL(
    void, rd_kafka_DescribeConsumerGroups, rd_kafka_t *, const char **, size_t, const rd_kafka_AdminOptions_t *,
    rd_kafka_queue_t *)
RDK_OPTIONAL(
    const rd_kafka_DescribeConsumerGroups_result_t *, rd_kafka_event_DescribeConsumerGroups_result,
    rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_ConsumerGroupDescription_t **, rd_kafka_DescribeConsumerGroups_result_groups,
    const rd_kafka_DescribeConsumerGroups_result_t *, size_t *)
RDK_OPTIONAL(
    const char *, rd_kafka_ConsumerGroupDescription_group_id, const rd_kafka_ConsumerGroupDescription_t *)
RDK_OPTIONAL(
    const rd_kafka_error_t *, rd_kafka_ConsumerGroupDescription_error, const rd_kafka_ConsumerGroupDescription_t *)
RDK_OPTIONAL(
    int, rd_kafka_ConsumerGroupDescription_is_simple_consumer_group, const rd_kafka_ConsumerGroupDescription_t *)
RDK_OPTIONAL(
    const char *, rd_kafka_ConsumerGroupDescription_partition_assignor, const rd_kafka_ConsumerGroupDescription_t *)
RDK_OPTIONAL(
    const rd_kafka_AclOperation_t *, rd_kafka_ConsumerGroupDescription_authorized_operations,
    const rd_kafka_ConsumerGroupDescription_t *, size_t *)
RDK_OPTIONAL(
    rd_kafka_consumer_group_state_t, rd_kafka_ConsumerGroupDescription_state,
    const rd_kafka_ConsumerGroupDescription_t *)
RDK_OPTIONAL(
    rd_kafka_consumer_group_type_t, rd_kafka_ConsumerGroupDescription_type,
    const rd_kafka_ConsumerGroupDescription_t *)
RDK_OPTIONAL(
    const rd_kafka_Node_t *, rd_kafka_ConsumerGroupDescription_coordinator,
    const rd_kafka_ConsumerGroupDescription_t *)
RDK_OPTIONAL(
    size_t, rd_kafka_ConsumerGroupDescription_member_count, const rd_kafka_ConsumerGroupDescription_t *)
RDK_OPTIONAL(
    const rd_kafka_MemberDescription_t *, rd_kafka_ConsumerGroupDescription_member,
    const rd_kafka_ConsumerGroupDescription_t *, size_t)
RDK_OPTIONAL(const char *, rd_kafka_MemberDescription_client_id, const rd_kafka_MemberDescription_t *)
RDK_OPTIONAL(const char *, rd_kafka_MemberDescription_group_instance_id, const rd_kafka_MemberDescription_t *)
RDK_OPTIONAL(const char *, rd_kafka_MemberDescription_consumer_id, const rd_kafka_MemberDescription_t *)
RDK_OPTIONAL(const char *, rd_kafka_MemberDescription_host, const rd_kafka_MemberDescription_t *)
RDK_OPTIONAL(
    const rd_kafka_MemberAssignment_t *, rd_kafka_MemberDescription_assignment, const rd_kafka_MemberDescription_t *)
RDK_OPTIONAL(
    const rd_kafka_MemberAssignment_t *, rd_kafka_MemberDescription_target_assignment,
    const rd_kafka_MemberDescription_t *)
RDK_OPTIONAL(
    const rd_kafka_topic_partition_list_t *, rd_kafka_MemberAssignment_partitions,
    const rd_kafka_MemberAssignment_t *)

RDK_OPTIONAL(rd_kafka_DeleteGroup_t *, rd_kafka_DeleteGroup_new, const char *)
RDK_OPTIONAL(void, rd_kafka_DeleteGroup_destroy, rd_kafka_DeleteGroup_t *)
RDK_OPTIONAL(
    void, rd_kafka_DeleteGroups, rd_kafka_t *, rd_kafka_DeleteGroup_t **, size_t, const rd_kafka_AdminOptions_t *,
    rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_DeleteGroups_result_t *, rd_kafka_event_DeleteGroups_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_group_result_t **, rd_kafka_DeleteGroups_result_groups, const rd_kafka_DeleteGroups_result_t *,
    size_t *)
RDK_OPTIONAL(const rd_kafka_error_t *, rd_kafka_group_result_error, const rd_kafka_group_result_t *)
RDK_OPTIONAL(const char *, rd_kafka_group_result_name, const rd_kafka_group_result_t *)
RDK_OPTIONAL(
    const rd_kafka_topic_partition_list_t *, rd_kafka_group_result_partitions, const rd_kafka_group_result_t *)

// MARK: Offsets of groups

RDK_OPTIONAL(
    rd_kafka_ListConsumerGroupOffsets_t *, rd_kafka_ListConsumerGroupOffsets_new, const char *,
    const rd_kafka_topic_partition_list_t *)
RDK_OPTIONAL(void, rd_kafka_ListConsumerGroupOffsets_destroy, rd_kafka_ListConsumerGroupOffsets_t *)
RDK_OPTIONAL(
    void, rd_kafka_ListConsumerGroupOffsets, rd_kafka_t *, rd_kafka_ListConsumerGroupOffsets_t **, size_t,
    const rd_kafka_AdminOptions_t *, rd_kafka_queue_t *)
RDK_OPTIONAL(
    const rd_kafka_ListConsumerGroupOffsets_result_t *, rd_kafka_event_ListConsumerGroupOffsets_result,
    rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_group_result_t **, rd_kafka_ListConsumerGroupOffsets_result_groups,
    const rd_kafka_ListConsumerGroupOffsets_result_t *, size_t *)

RDK_OPTIONAL(
    rd_kafka_AlterConsumerGroupOffsets_t *, rd_kafka_AlterConsumerGroupOffsets_new, const char *,
    const rd_kafka_topic_partition_list_t *)
RDK_OPTIONAL(void, rd_kafka_AlterConsumerGroupOffsets_destroy, rd_kafka_AlterConsumerGroupOffsets_t *)
RDK_OPTIONAL(
    void, rd_kafka_AlterConsumerGroupOffsets, rd_kafka_t *, rd_kafka_AlterConsumerGroupOffsets_t **, size_t,
    const rd_kafka_AdminOptions_t *, rd_kafka_queue_t *)
RDK_OPTIONAL(
    const rd_kafka_AlterConsumerGroupOffsets_result_t *, rd_kafka_event_AlterConsumerGroupOffsets_result,
    rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_group_result_t **, rd_kafka_AlterConsumerGroupOffsets_result_groups,
    const rd_kafka_AlterConsumerGroupOffsets_result_t *, size_t *)

RDK_OPTIONAL(
    rd_kafka_DeleteConsumerGroupOffsets_t *, rd_kafka_DeleteConsumerGroupOffsets_new, const char *,
    const rd_kafka_topic_partition_list_t *)
RDK_OPTIONAL(void, rd_kafka_DeleteConsumerGroupOffsets_destroy, rd_kafka_DeleteConsumerGroupOffsets_t *)
RDK_OPTIONAL(
    void, rd_kafka_DeleteConsumerGroupOffsets, rd_kafka_t *, rd_kafka_DeleteConsumerGroupOffsets_t **, size_t,
    const rd_kafka_AdminOptions_t *, rd_kafka_queue_t *)
RDK_OPTIONAL(
    const rd_kafka_DeleteConsumerGroupOffsets_result_t *, rd_kafka_event_DeleteConsumerGroupOffsets_result,
    rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_group_result_t **, rd_kafka_DeleteConsumerGroupOffsets_result_groups,
    const rd_kafka_DeleteConsumerGroupOffsets_result_t *, size_t *)

// MARK: Offsets of partitions

RDK_OPTIONAL(
    void, rd_kafka_ListOffsets, rd_kafka_t *, rd_kafka_topic_partition_list_t *, const rd_kafka_AdminOptions_t *,
    rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_ListOffsets_result_t *, rd_kafka_event_ListOffsets_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_ListOffsetsResultInfo_t **, rd_kafka_ListOffsets_result_infos,
    const rd_kafka_ListOffsets_result_t *, size_t *)
RDK_OPTIONAL(
    const rd_kafka_topic_partition_t *, rd_kafka_ListOffsetsResultInfo_topic_partition,
    const rd_kafka_ListOffsetsResultInfo_t *)
RDK_OPTIONAL(
    int64_t, rd_kafka_ListOffsetsResultInfo_timestamp, const rd_kafka_ListOffsetsResultInfo_t *)

#endif
