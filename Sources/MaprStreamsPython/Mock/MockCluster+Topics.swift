import CPython
import PythonBridge
import Streams

// Topics, partitions, and which broker does what.

nonisolated(unsafe) private let createTopicSignature = Signature(
    "create_topic", ["topic", "partitions", "replication_factor"], required: 3)
nonisolated(unsafe) private let deleteTopicSignature = Signature(
    "delete_topic", ["topic"], required: 1)
nonisolated(unsafe) private let deleteRecordsSignature = Signature(
    "delete_records", ["topic", "partition", "before"], required: 3)
nonisolated(unsafe) private let setPartitionLeaderSignature = Signature(
    "set_partition_leader", ["topic", "partition", "broker_id"], required: 3)
nonisolated(unsafe) private let setPartitionFollowerSignature = Signature(
    "set_partition_follower", ["topic", "partition", "broker_id"], required: 3)
nonisolated(unsafe) private let setFollowerWatermarksSignature = Signature(
    "set_follower_watermarks", ["topic", "partition", "low", "high"], required: 4)
nonisolated(unsafe) private let setCoordinatorSignature = Signature(
    "set_coordinator", ["kind", "key", "broker_id"], required: 3)
nonisolated(unsafe) private let setGroupDelaySignature = Signature(
    "set_group_initial_rebalance_delay", ["milliseconds"], required: 1)

/// See `mapr_streams_python.testing.MockCluster` for what they mean.
let mockClusterTopicMethods: [Method] = [
    .fast(
        "create_topic",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, createTopicSignature) {
                python, given throws(PythonError) in
                let topic = try given.text(python, 0)
                let partitions = try given.int32(python, 1)
                let factor = try given.int32(python, 2)
                return { cluster throws(StreamsError) in
                    try cluster.createTopic(topic, partitions: partitions, replicationFactor: factor)
                }
            }
        },
        """
        create_topic($self, /, topic, partitions, replication_factor)
        --

        ``rd_kafka_mock_topic_create``
        """),
    .fast(
        "delete_topic",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, deleteTopicSignature) {
                python, given throws(PythonError) in
                let topic = try given.text(python, 0)
                return { cluster throws(StreamsError) in try cluster.deleteTopic(topic) }
            }
        },
        """
        delete_topic($self, /, topic)
        --

        ``rd_kafka_mock_topic_delete``
        """),
    .fast(
        "delete_records",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, deleteRecordsSignature) {
                python, given throws(PythonError) in
                let topic = try given.text(python, 0)
                let partition = try given.int32(python, 1)
                let before = try given.int64(python, 2)
                return { cluster throws(StreamsError) in try cluster.deleteRecords(topic, partition, before: before) }
            }
        },
        """
        delete_records($self, /, topic, partition, before)
        --

        ``rd_kafka_mock_partition_delete_records``
        """),
    .fast(
        "set_partition_leader",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, setPartitionLeaderSignature) {
                python, given throws(PythonError) in
                let topic = try given.text(python, 0)
                let partition = try given.int32(python, 1)
                let broker = try given.int32(python, 2)
                return { cluster throws(StreamsError) in
                    try cluster.setPartitionLeader(topic, partition, broker: broker)
                }
            }
        },
        """
        set_partition_leader($self, /, topic, partition, broker_id)
        --

        ``rd_kafka_mock_partition_set_leader``
        """),
    .fast(
        "set_partition_follower",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, setPartitionFollowerSignature) {
                python, given throws(PythonError) in
                let topic = try given.text(python, 0)
                let partition = try given.int32(python, 1)
                let broker = try given.int32(python, 2)
                return { cluster throws(StreamsError) in
                    try cluster.setPartitionFollower(topic, partition, broker: broker)
                }
            }
        },
        """
        set_partition_follower($self, /, topic, partition, broker_id)
        --

        ``rd_kafka_mock_partition_set_follower``
        """),
    .fast(
        "set_follower_watermarks",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, setFollowerWatermarksSignature) {
                python, given throws(PythonError) in
                let topic = try given.text(python, 0)
                let partition = try given.int32(python, 1)
                let low = try given.int64(python, 2)
                let high = try given.int64(python, 3)
                return { cluster throws(StreamsError) in
                    try cluster.setFollowerWatermarks(
                        topic, partition, low: low == -1 ? nil : low, high: high == -1 ? nil : high)
                }
            }
        },
        """
        set_follower_watermarks($self, /, topic, partition, low, high)
        --

        ``rd_kafka_mock_partition_set_follower_wmarks``; -1 for what the leader has
        """),
    .fast(
        "set_coordinator",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, setCoordinatorSignature) {
                python, given throws(PythonError) in
                let kind = try given.text(python, 0)
                let key = try given.text(python, 1)
                let broker = try given.int32(python, 2)
                return { cluster throws(StreamsError) in
                    try cluster.setCoordinator(kind: kind, key: key, broker: broker)
                }
            }
        },
        """
        set_coordinator($self, /, kind, key, broker_id)
        --

        ``rd_kafka_mock_coordinator_set``
        """),
    .fast(
        "set_group_initial_rebalance_delay",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, setGroupDelaySignature) {
                python, given throws(PythonError) in
                let milliseconds = try given.int32(python, 0)
                return { cluster throws(StreamsError) in
                    try cluster.setGroupInitialRebalanceDelay(milliseconds: milliseconds)
                }
            }
        },
        """
        set_group_initial_rebalance_delay($self, /, milliseconds)
        --

        ``rd_kafka_mock_group_initial_rebalance_delay_ms``
        """),
]
