import CRdkafka

extension Symbols {
    /// Administration of the cluster itself, which a vendor's build may lack: descriptions, records, elections.
    enum Cluster {
        static let uuidMostSignificantBits = Symbol(2, 3, 0, rdk_find_rd_kafka_Uuid_most_significant_bits)
        static let uuidLeastSignificantBits = Symbol(2, 3, 0, rdk_find_rd_kafka_Uuid_least_significant_bits)
        static let topicCollectionOfTopicNames = Symbol(2, 3, 0, rdk_find_rd_kafka_TopicCollection_of_topic_names)
        static let topicCollectionDestroy = Symbol(2, 3, 0, rdk_find_rd_kafka_TopicCollection_destroy)
        static let describeTopics = Symbol(2, 3, 0, rdk_find_rd_kafka_DescribeTopics)
        static let describeTopicsResult = Symbol(2, 3, 0, rdk_find_rd_kafka_event_DescribeTopics_result)
        static let describeTopicsResultTopics = Symbol(2, 3, 0, rdk_find_rd_kafka_DescribeTopics_result_topics)
        static let topicDescriptionPartitions = Symbol(2, 3, 0, rdk_find_rd_kafka_TopicDescription_partitions)
        static let topicPartitionInfoPartition = Symbol(2, 3, 0, rdk_find_rd_kafka_TopicPartitionInfo_partition)
        static let topicPartitionInfoLeader = Symbol(2, 3, 0, rdk_find_rd_kafka_TopicPartitionInfo_leader)
        static let topicPartitionInfoInSyncReplicas = Symbol(2, 3, 0, rdk_find_rd_kafka_TopicPartitionInfo_isr)
        static let topicPartitionInfoReplicas = Symbol(2, 3, 0, rdk_find_rd_kafka_TopicPartitionInfo_replicas)
        static let topicDescriptionAuthorizedOperations = Symbol(
            2, 3, 0, rdk_find_rd_kafka_TopicDescription_authorized_operations)
        static let topicDescriptionName = Symbol(2, 3, 0, rdk_find_rd_kafka_TopicDescription_name)
        static let topicDescriptionTopicID = Symbol(2, 3, 0, rdk_find_rd_kafka_TopicDescription_topic_id)
        static let topicDescriptionIsInternal = Symbol(2, 3, 0, rdk_find_rd_kafka_TopicDescription_is_internal)
        static let topicDescriptionError = Symbol(2, 3, 0, rdk_find_rd_kafka_TopicDescription_error)
        static let describeCluster = Symbol(2, 3, 0, rdk_find_rd_kafka_DescribeCluster)
        static let describeClusterResult = Symbol(2, 3, 0, rdk_find_rd_kafka_event_DescribeCluster_result)
        static let describeClusterResultNodes = Symbol(2, 3, 0, rdk_find_rd_kafka_DescribeCluster_result_nodes)
        static let describeClusterResultAuthorizedOperations = Symbol(
            2, 3, 0, rdk_find_rd_kafka_DescribeCluster_result_authorized_operations)
        static let describeClusterResultController = Symbol(
            2, 3, 0, rdk_find_rd_kafka_DescribeCluster_result_controller)
        static let describeClusterResultClusterID = Symbol(2, 3, 0, rdk_find_rd_kafka_DescribeCluster_result_cluster_id)
        static let deleteRecordsNew = Symbol(1, 6, 0, rdk_find_rd_kafka_DeleteRecords_new)
        static let deleteRecordsDestroy = Symbol(1, 6, 0, rdk_find_rd_kafka_DeleteRecords_destroy)
        static let deleteRecords = Symbol(1, 6, 0, rdk_find_rd_kafka_DeleteRecords)
        static let deleteRecordsResult = Symbol(1, 6, 0, rdk_find_rd_kafka_event_DeleteRecords_result)
        static let deleteRecordsResultOffsets = Symbol(1, 6, 0, rdk_find_rd_kafka_DeleteRecords_result_offsets)
        static let electLeadersNew = Symbol(2, 6, 0, rdk_find_rd_kafka_ElectLeaders_new)
        static let electLeadersDestroy = Symbol(2, 6, 0, rdk_find_rd_kafka_ElectLeaders_destroy)
        static let electLeaders = Symbol(2, 6, 0, rdk_find_rd_kafka_ElectLeaders)
        static let electLeadersResult = Symbol(2, 6, 0, rdk_find_rd_kafka_event_ElectLeaders_result)
        static let electLeadersResultPartitions = Symbol(2, 6, 0, rdk_find_rd_kafka_ElectLeaders_result_partitions)
        static let topicPartitionResultPartition = Symbol(2, 6, 0, rdk_find_rd_kafka_topic_partition_result_partition)
        static let topicPartitionResultError = Symbol(2, 6, 0, rdk_find_rd_kafka_topic_partition_result_error)
    }
}
