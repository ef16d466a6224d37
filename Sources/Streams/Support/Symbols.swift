import CRdkafka
import CSystem

/// A function of librdkafka's that is looked up at run time.
///
/// Its type and its name are those of `optional.h`, which the compiler holds against the installed header.
struct Symbol<Function>: @unchecked Sendable {
    // Unchecked: nothing changes once it is made, and an address belongs to no thread.

    /// The first release of librdkafka that has it.
    let since: (major: Int32, minor: Int32, revision: Int32)
    let name: UnsafePointer<CChar>?
    /// Nil where the loaded library does not have it.
    let address: Function?

    init(
        _ major: Int32, _ minor: Int32, _ revision: Int32,
        _ find: (UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> Function?
    ) {
        since = (major, minor, revision)
        var name: UnsafePointer<CChar>?
        address = find(Librdkafka.handle, &name)
        self.name = name
    }

    /// The function, for a call that cannot do its work without it.
    ///
    /// - Throws: `_NOT_IMPLEMENTED`, which names the function, the release that has it, and the one that is loaded.
    var required: Function {
        get throws(StreamsError) {
            guard let address else { throw missing }
            return address
        }
    }

    private var missing: StreamsError {
        let function = name.map { String(cString: $0) } ?? ""
        let (major, minor, revision) = since
        let reason =
            "the loaded librdkafka \(Librdkafka.versionText) does not have \(function), which Apache Kafka's has since"
            + " \(major).\(minor).\(revision)"
        return StreamsError(.notImplemented, reason: reason)
    }
}

/// Every function that is looked up at run time: each once, when it is first asked for, and its address is kept.
///
/// Those are here that are newer than the oldest librdkafka we support (2.0.2), and the mock cluster's, which a vendor's
/// build may lack. A new row needs a line in `optional.h`, and the release that brought the function.
enum Symbols {
    static let messageLeaderEpoch = Symbol(2, 1, 0, rdk_find_rd_kafka_message_leader_epoch)
    static let partitionSetLeaderEpoch = Symbol(2, 1, 0, rdk_find_rd_kafka_topic_partition_set_leader_epoch)
    static let partitionGetLeaderEpoch = Symbol(2, 1, 0, rdk_find_rd_kafka_topic_partition_get_leader_epoch)

    static let interceptOnNew = Symbol(0, 11, 0, rdk_find_rd_kafka_conf_interceptor_add_on_new)
    static let interceptBrokerState = Symbol(1, 6, 0, rdk_find_rd_kafka_interceptor_add_on_broker_state_change)

    /// rdkafka_mock.h
    enum Mock {
        static let clusterNew = Symbol(1, 3, 0, rdk_find_rd_kafka_mock_cluster_new)
        static let clusterDestroy = Symbol(1, 3, 0, rdk_find_rd_kafka_mock_cluster_destroy)
        static let clusterBootstraps = Symbol(1, 3, 0, rdk_find_rd_kafka_mock_cluster_bootstraps)

        static let topicCreate = Symbol(1, 4, 0, rdk_find_rd_kafka_mock_topic_create)
        static let topicDelete = Symbol(2, 15, 0, rdk_find_rd_kafka_mock_topic_delete)
        static let topicSetError = Symbol(1, 3, 0, rdk_find_rd_kafka_mock_topic_set_error)
        static let partitionDeleteRecords = Symbol(2, 15, 0, rdk_find_rd_kafka_mock_partition_delete_records)
        static let partitionSetLeader = Symbol(1, 3, 0, rdk_find_rd_kafka_mock_partition_set_leader)
        static let partitionSetFollower = Symbol(1, 3, 0, rdk_find_rd_kafka_mock_partition_set_follower)
        static let partitionSetFollowerWatermarks = Symbol(
            1, 3, 0, rdk_find_rd_kafka_mock_partition_set_follower_wmarks)
        static let coordinatorSet = Symbol(1, 4, 0, rdk_find_rd_kafka_mock_coordinator_set)
        static let groupInitialRebalanceDelay = Symbol(
            2, 6, 0, rdk_find_rd_kafka_mock_group_initial_rebalance_delay_ms)

        static let brokerSetDown = Symbol(1, 4, 0, rdk_find_rd_kafka_mock_broker_set_down)
        static let brokerSetUp = Symbol(1, 4, 0, rdk_find_rd_kafka_mock_broker_set_up)
        static let brokerSetRoundTripTime = Symbol(1, 5, 0, rdk_find_rd_kafka_mock_broker_set_rtt)
        static let brokerSetRack = Symbol(1, 3, 0, rdk_find_rd_kafka_mock_broker_set_rack)

        static let setAPIVersion = Symbol(1, 4, 0, rdk_find_rd_kafka_mock_set_apiversion)
        static let pushRequestErrors = Symbol(1, 6, 0, rdk_find_rd_kafka_mock_push_request_errors_array)
        static let brokerPushRequestErrors = Symbol(1, 7, 0, rdk_find_rd_kafka_mock_broker_push_request_error_rtts)
        static let partitionPushRequestErrors = Symbol(
            2, 15, 0, rdk_find_rd_kafka_mock_partition_push_request_errors)
        static let clearRequestErrors = Symbol(1, 6, 0, rdk_find_rd_kafka_mock_clear_request_errors)
        static let brokerErrorStackCount = Symbol(2, 0, 0, rdk_find_rd_kafka_mock_broker_error_stack_cnt)

        static let startRequestTracking = Symbol(2, 3, 0, rdk_find_rd_kafka_mock_start_request_tracking)
        static let stopRequestTracking = Symbol(2, 3, 0, rdk_find_rd_kafka_mock_stop_request_tracking)
        static let clearRequests = Symbol(2, 3, 0, rdk_find_rd_kafka_mock_clear_requests)
        static let getRequests = Symbol(2, 3, 0, rdk_find_rd_kafka_mock_get_requests)
        static let requestBroker = Symbol(2, 3, 0, rdk_find_rd_kafka_mock_request_id)
        static let requestAPIKey = Symbol(2, 3, 0, rdk_find_rd_kafka_mock_request_api_key)
        static let requestTimestamp = Symbol(2, 3, 0, rdk_find_rd_kafka_mock_request_timestamp)
        static let requestDestroy = Symbol(2, 3, 0, rdk_find_rd_kafka_mock_request_destroy)
    }
}
