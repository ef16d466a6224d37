import CPython
import PythonBridge
import Streams

// What can go wrong, on demand.

nonisolated(unsafe) private let setBrokerDownSignature = Signature(
    "set_broker_down", ["broker_id"], required: 1)
nonisolated(unsafe) private let setBrokerUpSignature = Signature(
    "set_broker_up", ["broker_id"], required: 1)
nonisolated(unsafe) private let setBrokerRTTSignature = Signature(
    "set_broker_rtt", ["broker_id", "milliseconds"], required: 2)
nonisolated(unsafe) private let setBrokerRackSignature = Signature(
    "set_broker_rack", ["broker_id", "rack"], required: 2)
nonisolated(unsafe) private let setAPIVersionsSignature = Signature(
    "set_api_versions", ["api_key", "min_version", "max_version"], required: 3)
nonisolated(unsafe) private let pushRequestErrorsSignature = Signature(
    "push_request_errors", ["api_key", "codes"], required: 2)
nonisolated(unsafe) private let pushBrokerErrorsSignature = Signature(
    "push_broker_errors", ["api_key", "codes", "delays", "broker_id"], required: 4)
nonisolated(unsafe) private let pushPartitionErrorsSignature = Signature(
    "push_partition_errors", ["api_key", "codes", "topic", "partition"], required: 4)
nonisolated(unsafe) private let clearRequestErrorsSignature = Signature(
    "clear_request_errors", ["api_key"], required: 1)
nonisolated(unsafe) private let requestErrorsLeftSignature = Signature(
    "request_errors_left", ["api_key", "broker_id"], required: 2)
nonisolated(unsafe) private let setTopicErrorSignature = Signature(
    "set_topic_error", ["topic", "code"], required: 2)

/// See `mapr_streams_python.testing.MockCluster` for what they mean.
let mockClusterFaultMethods: [Method] = [
    .fast(
        "set_broker_down",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, setBrokerDownSignature) {
                python, given throws(PythonError) in
                let broker = try given.int32(python, 0)
                return { cluster throws(StreamsError) in try cluster.setBrokerDown(broker) }
            }
        },
        """
        set_broker_down($self, /, broker_id)
        --

        ``rd_kafka_mock_broker_set_down``
        """),
    .fast(
        "set_broker_up",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, setBrokerUpSignature) {
                python, given throws(PythonError) in
                let broker = try given.int32(python, 0)
                return { cluster throws(StreamsError) in try cluster.setBrokerUp(broker) }
            }
        },
        """
        set_broker_up($self, /, broker_id)
        --

        ``rd_kafka_mock_broker_set_up``
        """),
    .fast(
        "set_broker_rtt",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, setBrokerRTTSignature) {
                python, given throws(PythonError) in
                let broker = try given.int32(python, 0)
                let milliseconds = try given.int32(python, 1)
                return { cluster throws(StreamsError) in
                    try cluster.setBrokerRoundTripTime(broker, milliseconds: milliseconds)
                }
            }
        },
        """
        set_broker_rtt($self, /, broker_id, milliseconds)
        --

        ``rd_kafka_mock_broker_set_rtt``
        """),
    .fast(
        "set_broker_rack",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, setBrokerRackSignature) {
                python, given throws(PythonError) in
                let broker = try given.int32(python, 0)
                let rack = try given.text(python, 1)
                return { cluster throws(StreamsError) in try cluster.setBrokerRack(broker, rack) }
            }
        },
        """
        set_broker_rack($self, /, broker_id, rack)
        --

        ``rd_kafka_mock_broker_set_rack``
        """),
    .fast(
        "set_api_versions",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, setAPIVersionsSignature) {
                python, given throws(PythonError) in
                let key = try given.int16(python, 0)
                let first = try given.int16(python, 1)
                let last = try given.int16(python, 2)
                return { cluster throws(StreamsError) in
                    try cluster.setAPIVersions(apiKey: key, first >= 0 && last >= first ? first...last : nil)
                }
            }
        },
        """
        set_api_versions($self, /, api_key, min_version, max_version)
        --

        ``rd_kafka_mock_set_apiversion``; -1 and -1 for none
        """),
    .fast(
        "push_request_errors",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, pushRequestErrorsSignature) {
                python, given throws(PythonError) in
                let key = try given.int16(python, 0)
                let codes = try given.codes(python, 1)
                return { cluster throws(StreamsError) in try cluster.pushRequestErrors(apiKey: key, codes) }
            }
        },
        """
        push_request_errors($self, /, api_key, codes)
        --

        ``rd_kafka_mock_push_request_errors_array``
        """),
    .fast(
        "push_broker_errors",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, pushBrokerErrorsSignature) {
                python, given throws(PythonError) in
                let key = try given.int16(python, 0)
                let codes = try given.codes(python, 1)
                let delays = try given.int32s(python, 2)
                let broker = try given.int32(python, 3)
                return { cluster throws(StreamsError) in
                    let errors = zip(codes, delays).map { MockCluster.RequestError($0, milliseconds: $1) }
                    try cluster.pushRequestErrors(apiKey: key, errors, broker: broker)
                }
            }
        },
        """
        push_broker_errors($self, /, api_key, codes, delays, broker_id)
        --

        ``rd_kafka_mock_broker_push_request_error_rtts``; the delays are milliseconds
        """),
    .fast(
        "push_partition_errors",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, pushPartitionErrorsSignature) {
                python, given throws(PythonError) in
                let key = try given.int16(python, 0)
                let codes = try given.codes(python, 1)
                let topic = try given.text(python, 2)
                let partition = try given.int32(python, 3)
                return { cluster throws(StreamsError) in
                    try cluster.pushRequestErrors(apiKey: key, codes, topic: topic, partition: partition)
                }
            }
        },
        """
        push_partition_errors($self, /, api_key, codes, topic, partition)
        --

        ``rd_kafka_mock_partition_push_request_errors``
        """),
    .fast(
        "clear_request_errors",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, clearRequestErrorsSignature) {
                python, given throws(PythonError) in
                let key = try given.int16(python, 0)
                return { cluster throws(StreamsError) in try cluster.clearRequestErrors(apiKey: key) }
            }
        },
        """
        clear_request_errors($self, /, api_key)
        --

        ``rd_kafka_mock_clear_request_errors``
        """),
    .fast(
        "request_errors_left",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, requestErrorsLeftSignature) {
                python, given throws(PythonError) in
                let key = try given.int16(python, 0)
                let broker = try given.int32(python, 1)
                return { cluster throws(StreamsError) in try cluster.requestErrorsLeft(apiKey: key, broker: broker) }
            } returning: { python, left throws(PythonError) in
                try python.integer(left)
            }
        },
        """
        request_errors_left($self, /, api_key, broker_id)
        --

        ``rd_kafka_mock_broker_error_stack_cnt``
        """),
    .fast(
        "set_topic_error",
        { object, arguments, count, keywords in
            withMockCluster(object, arguments, count, keywords, setTopicErrorSignature) {
                python, given throws(PythonError) in
                let topic = try given.text(python, 0)
                let code = try given.int32(python, 1)
                return { cluster throws(StreamsError) in try cluster.setTopicError(topic, ErrorCode(rawValue: code)) }
            }
        },
        """
        set_topic_error($self, /, topic, code)
        --

        ``rd_kafka_mock_topic_set_error``
        """),
]
