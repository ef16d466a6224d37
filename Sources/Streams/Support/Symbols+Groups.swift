import CRdkafka

extension Symbols {
    /// Administration of consumer groups and of offsets, which a vendor's build may lack.
    enum Groups {
        static let adminOptionsSetRequireStableOffsets = Symbol(
            2, 0, 0, rdk_find_rd_kafka_AdminOptions_set_require_stable_offsets)
        static let adminOptionsSetMatchConsumerGroupStates = Symbol(
            2, 0, 0, rdk_find_rd_kafka_AdminOptions_set_match_consumer_group_states)
        static let adminOptionsSetMatchConsumerGroupTypes = Symbol(
            2, 6, 0, rdk_find_rd_kafka_AdminOptions_set_match_consumer_group_types)
        static let adminOptionsSetIncludeAuthorizedOperations = Symbol(
            2, 3, 0, rdk_find_rd_kafka_AdminOptions_set_include_authorized_operations)
        static let adminOptionsSetIsolationLevel = Symbol(2, 3, 0, rdk_find_rd_kafka_AdminOptions_set_isolation_level)
        static let nodeID = Symbol(2, 0, 0, rdk_find_rd_kafka_Node_id)
        static let nodeHost = Symbol(2, 0, 0, rdk_find_rd_kafka_Node_host)
        static let nodePort = Symbol(2, 0, 0, rdk_find_rd_kafka_Node_port)
        static let nodeRack = Symbol(2, 3, 0, rdk_find_rd_kafka_Node_rack)
        static let listConsumerGroups = Symbol(2, 0, 0, rdk_find_rd_kafka_ListConsumerGroups)
        static let listConsumerGroupsResult = Symbol(2, 0, 0, rdk_find_rd_kafka_event_ListConsumerGroups_result)
        static let listConsumerGroupsResultValid = Symbol(2, 0, 0, rdk_find_rd_kafka_ListConsumerGroups_result_valid)
        static let listConsumerGroupsResultErrors = Symbol(2, 0, 0, rdk_find_rd_kafka_ListConsumerGroups_result_errors)
        static let consumerGroupListingGroupID = Symbol(2, 0, 0, rdk_find_rd_kafka_ConsumerGroupListing_group_id)
        static let consumerGroupListingIsSimpleConsumerGroup = Symbol(
            2, 0, 0, rdk_find_rd_kafka_ConsumerGroupListing_is_simple_consumer_group)
        static let consumerGroupListingState = Symbol(2, 0, 0, rdk_find_rd_kafka_ConsumerGroupListing_state)
        static let consumerGroupListingType = Symbol(2, 6, 0, rdk_find_rd_kafka_ConsumerGroupListing_type)
        static let describeConsumerGroups = Symbol(2, 0, 0, rdk_find_rd_kafka_DescribeConsumerGroups)
        static let describeConsumerGroupsResult = Symbol(2, 0, 0, rdk_find_rd_kafka_event_DescribeConsumerGroups_result)
        static let describeConsumerGroupsResultGroups = Symbol(
            2, 0, 0, rdk_find_rd_kafka_DescribeConsumerGroups_result_groups)
        static let consumerGroupDescriptionGroupID = Symbol(
            2, 0, 0, rdk_find_rd_kafka_ConsumerGroupDescription_group_id)
        static let consumerGroupDescriptionError = Symbol(2, 0, 0, rdk_find_rd_kafka_ConsumerGroupDescription_error)
        static let consumerGroupDescriptionIsSimpleConsumerGroup = Symbol(
            2, 0, 0, rdk_find_rd_kafka_ConsumerGroupDescription_is_simple_consumer_group)
        static let consumerGroupDescriptionPartitionAssignor = Symbol(
            2, 0, 0, rdk_find_rd_kafka_ConsumerGroupDescription_partition_assignor)
        static let consumerGroupDescriptionAuthorizedOperations = Symbol(
            2, 3, 0, rdk_find_rd_kafka_ConsumerGroupDescription_authorized_operations)
        static let consumerGroupDescriptionState = Symbol(2, 0, 0, rdk_find_rd_kafka_ConsumerGroupDescription_state)
        static let consumerGroupDescriptionType = Symbol(2, 10, 0, rdk_find_rd_kafka_ConsumerGroupDescription_type)
        static let consumerGroupDescriptionCoordinator = Symbol(
            2, 0, 0, rdk_find_rd_kafka_ConsumerGroupDescription_coordinator)
        static let consumerGroupDescriptionMemberCount = Symbol(
            2, 0, 0, rdk_find_rd_kafka_ConsumerGroupDescription_member_count)
        static let consumerGroupDescriptionMember = Symbol(2, 0, 0, rdk_find_rd_kafka_ConsumerGroupDescription_member)
        static let memberDescriptionClientID = Symbol(2, 0, 0, rdk_find_rd_kafka_MemberDescription_client_id)
        static let memberDescriptionGroupInstanceID = Symbol(
            2, 0, 0, rdk_find_rd_kafka_MemberDescription_group_instance_id)
        static let memberDescriptionConsumerID = Symbol(2, 0, 0, rdk_find_rd_kafka_MemberDescription_consumer_id)
        static let memberDescriptionHost = Symbol(2, 0, 0, rdk_find_rd_kafka_MemberDescription_host)
        static let memberDescriptionAssignment = Symbol(2, 0, 0, rdk_find_rd_kafka_MemberDescription_assignment)
        static let memberDescriptionTargetAssignment = Symbol(
            2, 10, 0, rdk_find_rd_kafka_MemberDescription_target_assignment)
        static let memberAssignmentPartitions = Symbol(2, 0, 0, rdk_find_rd_kafka_MemberAssignment_partitions)
        static let deleteGroupNew = Symbol(1, 6, 0, rdk_find_rd_kafka_DeleteGroup_new)
        static let deleteGroupDestroy = Symbol(1, 6, 0, rdk_find_rd_kafka_DeleteGroup_destroy)
        static let deleteGroups = Symbol(1, 6, 0, rdk_find_rd_kafka_DeleteGroups)
        static let deleteGroupsResult = Symbol(1, 6, 0, rdk_find_rd_kafka_event_DeleteGroups_result)
        static let deleteGroupsResultGroups = Symbol(1, 6, 0, rdk_find_rd_kafka_DeleteGroups_result_groups)
        static let groupResultError = Symbol(1, 6, 0, rdk_find_rd_kafka_group_result_error)
        static let groupResultName = Symbol(1, 6, 0, rdk_find_rd_kafka_group_result_name)
        static let groupResultPartitions = Symbol(1, 6, 0, rdk_find_rd_kafka_group_result_partitions)
        static let listConsumerGroupOffsetsNew = Symbol(2, 0, 0, rdk_find_rd_kafka_ListConsumerGroupOffsets_new)
        static let listConsumerGroupOffsetsDestroy = Symbol(2, 0, 0, rdk_find_rd_kafka_ListConsumerGroupOffsets_destroy)
        static let listConsumerGroupOffsets = Symbol(2, 0, 0, rdk_find_rd_kafka_ListConsumerGroupOffsets)
        static let listConsumerGroupOffsetsResult = Symbol(
            2, 0, 0, rdk_find_rd_kafka_event_ListConsumerGroupOffsets_result)
        static let listConsumerGroupOffsetsResultGroups = Symbol(
            2, 0, 0, rdk_find_rd_kafka_ListConsumerGroupOffsets_result_groups)
        static let alterConsumerGroupOffsetsNew = Symbol(2, 0, 0, rdk_find_rd_kafka_AlterConsumerGroupOffsets_new)
        static let alterConsumerGroupOffsetsDestroy = Symbol(
            2, 0, 0, rdk_find_rd_kafka_AlterConsumerGroupOffsets_destroy)
        static let alterConsumerGroupOffsets = Symbol(2, 0, 0, rdk_find_rd_kafka_AlterConsumerGroupOffsets)
        static let alterConsumerGroupOffsetsResult = Symbol(
            2, 0, 0, rdk_find_rd_kafka_event_AlterConsumerGroupOffsets_result)
        static let alterConsumerGroupOffsetsResultGroups = Symbol(
            2, 0, 0, rdk_find_rd_kafka_AlterConsumerGroupOffsets_result_groups)
        static let deleteConsumerGroupOffsetsNew = Symbol(1, 6, 0, rdk_find_rd_kafka_DeleteConsumerGroupOffsets_new)
        static let deleteConsumerGroupOffsetsDestroy = Symbol(
            1, 6, 0, rdk_find_rd_kafka_DeleteConsumerGroupOffsets_destroy)
        static let deleteConsumerGroupOffsets = Symbol(1, 6, 0, rdk_find_rd_kafka_DeleteConsumerGroupOffsets)
        static let deleteConsumerGroupOffsetsResult = Symbol(
            1, 6, 0, rdk_find_rd_kafka_event_DeleteConsumerGroupOffsets_result)
        static let deleteConsumerGroupOffsetsResultGroups = Symbol(
            1, 6, 0, rdk_find_rd_kafka_DeleteConsumerGroupOffsets_result_groups)
        static let listOffsets = Symbol(2, 3, 0, rdk_find_rd_kafka_ListOffsets)
        static let listOffsetsResult = Symbol(2, 3, 0, rdk_find_rd_kafka_event_ListOffsets_result)
        static let listOffsetsResultInfos = Symbol(2, 3, 0, rdk_find_rd_kafka_ListOffsets_result_infos)
        static let listOffsetsResultInfoTopicPartition = Symbol(
            2, 3, 0, rdk_find_rd_kafka_ListOffsetsResultInfo_topic_partition)
        static let listOffsetsResultInfoTimestamp = Symbol(2, 3, 0, rdk_find_rd_kafka_ListOffsetsResultInfo_timestamp)
    }
}
