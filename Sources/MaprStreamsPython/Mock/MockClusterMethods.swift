import CPython
import PythonBridge
import Streams

/// What a method of `_MockCluster` takes: all arguments by position, all of them given.
private enum Parameter {
    case text(StaticString)
    case int16(StaticString)
    case int32(StaticString)
    case int64(StaticString)
    /// A list of int.
    case numbers(StaticString)

    static var apiKey: Parameter { .int16("api_key") }
    static var broker: Parameter { .int32("broker_id") }
    static var partition: Parameter { .int32("partition") }
    static var topic: Parameter { .text("topic") }
}

/// What it was given, by the parameters' order.
private struct Given {
    var texts: [String] = []
    var values: [Int64] = []
    var lists: [[Int32]] = []

    var text: String { texts[0] }
    func int16(_ index: Int = 0) -> Int16 { Int16(values[index]) }
    func int32(_ index: Int = 0) -> Int32 { Int32(values[index]) }
    func codes(_ index: Int = 0) -> [ErrorCode] { lists[index].map { ErrorCode(rawValue: $0) } }

    mutating func add(_ python: borrowing Python, _ object: Object, as parameter: Parameter) throws(PythonError) {
        switch parameter {
        case .text(let name): texts.append(String(cString: try python.cString(object, name)))
        case .int32(let name): values.append(Int64(try python.int32(object, name)))
        case .int64(let name): values.append(try python.int64(object, name))
        case .int16(let name):
            let value = try python.int64(object, name)
            guard Int16(exactly: value) != nil else {
                throw python.error(
                    .overflowError, "\(name) must be between \(Int16.min) and \(Int16.max), not \(value)")
            }
            values.append(value)
        case .numbers(let name):
            guard cpy_is_list(object) != 0 else {
                throw python.error(.typeError, "\(name) must be a list of int, not \(object.typeName)")
            }
            var list: [Int32] = []
            var index = 0
            // The size is looked up each time: what an item's __index__ does may shorten the list.
            while index < cpy_size(object) {
                let item = try OwnedObject(PyList_GetItem(object, index)?.retained)
                list.append(try python.int32(item.object, name))
                index += 1
            }
            lists.append(list)
        }
    }
}

/// Reads the arguments with the GIL held, then calls `body` without it.
private func call<Result>(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ parameters: [Parameter],
    _ body: (MockCluster, Given) throws(StreamsError) -> Result,
    returning convert: (borrowing Python, Result) throws(PythonError) -> OwnedObject
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        guard count == parameters.count else {
            throw python.error(.typeError, "expected \(parameters.count) arguments, got \(count)")
        }
        var given = Given()
        for (index, parameter) in parameters.enumerated() {
            try given.add(python, arguments.unsafelyUnwrapped[index].unsafelyUnwrapped, as: parameter)
        }
        let cluster = try mockClusterFields(object).pointee.usable(python)
        let result = try python.raisingDetached { () throws(StreamsError) in try body(cluster, given) }
        return try convert(python, result).take()
    }
}

/// The same for a function that returns nothing.
private func run(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ parameters: [Parameter],
    _ body: (MockCluster, Given) throws(StreamsError) -> Void
) -> Object? {
    call(object, arguments, count, parameters, body) { python, _ in python.none }
}

/// All arguments are taken by position alone.
let mockClusterMethods: [Method] = [
    .none(
        "bootstrap_servers",
        { object, _ in
            call(object, nil, 0, [], { cluster, _ in cluster.bootstrapServers }) {
                python, text throws(PythonError) in try python.string(text)
            }
        }, "bootstrap_servers($self, /)\n--\n\nFor ``bootstrap.servers``."),
    .none(
        "close",
        { object, _ in
            Python.entered(failure: nil) { python throws(PythonError) in
                closeMockCluster(&python, object)
                return python.none.take()
            }
        }, "close($self, /)\n--\n\nStops the brokers."),

    // Topics and partitions
    .fast(
        "create_topic",
        { object, arguments, count, _ in
            run(object, arguments, count, [.topic, .int32("partitions"), .int32("replication_factor")]) {
                cluster, given throws(StreamsError) in
                try cluster.createTopic(given.text, partitions: given.int32(), replicationFactor: given.int32(1))
            }
        }, "create_topic($self, topic, partitions, replication_factor, /)\n--\n\n``rd_kafka_mock_topic_create``"),
    .fast(
        "delete_topic",
        { object, arguments, count, _ in
            run(object, arguments, count, [.topic]) { cluster, given throws(StreamsError) in
                try cluster.deleteTopic(given.text)
            }
        }, "delete_topic($self, topic, /)\n--\n\n``rd_kafka_mock_topic_delete``"),
    .fast(
        "delete_records",
        { object, arguments, count, _ in
            run(object, arguments, count, [.topic, .partition, .int64("before")]) {
                cluster, given throws(StreamsError) in
                try cluster.deleteRecords(given.text, given.int32(), before: given.values[1])
            }
        }, "delete_records($self, topic, partition, before, /)\n--\n\n``rd_kafka_mock_partition_delete_records``"),
    .fast(
        "set_partition_leader",
        { object, arguments, count, _ in
            run(object, arguments, count, [.topic, .partition, .broker]) { cluster, given throws(StreamsError) in
                try cluster.setPartitionLeader(given.text, given.int32(), broker: given.int32(1))
            }
        }, "set_partition_leader($self, topic, partition, broker_id, /)\n--\n\n``rd_kafka_mock_partition_set_leader``"),
    .fast(
        "set_partition_follower",
        { object, arguments, count, _ in
            run(object, arguments, count, [.topic, .partition, .broker]) { cluster, given throws(StreamsError) in
                try cluster.setPartitionFollower(given.text, given.int32(), broker: given.int32(1))
            }
        },
        "set_partition_follower($self, topic, partition, broker_id, /)\n--\n\n``rd_kafka_mock_partition_set_follower``"
    ),
    .fast(
        "set_follower_watermarks",
        { object, arguments, count, _ in
            run(object, arguments, count, [.topic, .partition, .int64("low"), .int64("high")]) {
                cluster, given throws(StreamsError) in
                let (low, high) = (given.values[1], given.values[2])
                try cluster.setFollowerWatermarks(
                    given.text, given.int32(), low: low == -1 ? nil : low, high: high == -1 ? nil : high)
            }
        },
        """
        set_follower_watermarks($self, topic, partition, low, high, /)
        --

        ``rd_kafka_mock_partition_set_follower_wmarks``
        """),
    .fast(
        "set_coordinator",
        { object, arguments, count, _ in
            run(object, arguments, count, [.text("kind"), .text("key"), .broker]) {
                cluster, given throws(StreamsError) in
                try cluster.setCoordinator(kind: given.text, key: given.texts[1], broker: given.int32())
            }
        }, "set_coordinator($self, kind, key, broker_id, /)\n--\n\n``rd_kafka_mock_coordinator_set``"),
    .fast(
        "set_group_initial_rebalance_delay",
        { object, arguments, count, _ in
            run(object, arguments, count, [.int32("milliseconds")]) { cluster, given throws(StreamsError) in
                try cluster.setGroupInitialRebalanceDelay(milliseconds: given.int32())
            }
        },
        """
        set_group_initial_rebalance_delay($self, milliseconds, /)
        --

        ``rd_kafka_mock_group_initial_rebalance_delay_ms``
        """),

    // Brokers
    .fast(
        "set_broker_down",
        { object, arguments, count, _ in
            run(object, arguments, count, [.broker]) { cluster, given throws(StreamsError) in
                try cluster.setBrokerDown(given.int32())
            }
        }, "set_broker_down($self, broker_id, /)\n--\n\n``rd_kafka_mock_broker_set_down``"),
    .fast(
        "set_broker_up",
        { object, arguments, count, _ in
            run(object, arguments, count, [.broker]) { cluster, given throws(StreamsError) in
                try cluster.setBrokerUp(given.int32())
            }
        }, "set_broker_up($self, broker_id, /)\n--\n\n``rd_kafka_mock_broker_set_up``"),
    .fast(
        "set_broker_rtt",
        { object, arguments, count, _ in
            run(object, arguments, count, [.broker, .int32("milliseconds")]) { cluster, given throws(StreamsError) in
                try cluster.setBrokerRoundTripTime(given.int32(), milliseconds: given.int32(1))
            }
        }, "set_broker_rtt($self, broker_id, milliseconds, /)\n--\n\n``rd_kafka_mock_broker_set_rtt``"),
    .fast(
        "set_broker_rack",
        { object, arguments, count, _ in
            run(object, arguments, count, [.broker, .text("rack")]) { cluster, given throws(StreamsError) in
                try cluster.setBrokerRack(given.int32(), given.text)
            }
        }, "set_broker_rack($self, broker_id, rack, /)\n--\n\n``rd_kafka_mock_broker_set_rack``"),

    // Requests
    .fast(
        "set_api_versions",
        { object, arguments, count, _ in
            run(object, arguments, count, [.apiKey, .int16("min_version"), .int16("max_version")]) {
                cluster, given throws(StreamsError) in
                let isKnown = given.values[1] >= 0 && given.values[2] >= given.values[1]
                try cluster.setAPIVersions(
                    apiKey: given.int16(), isKnown ? given.int16(1)...given.int16(2) : nil)
            }
        }, "set_api_versions($self, api_key, min_version, max_version, /)\n--\n\n``rd_kafka_mock_set_apiversion``"),
    .fast(
        "push_request_errors",
        { object, arguments, count, _ in
            run(object, arguments, count, [.apiKey, .numbers("codes")]) { cluster, given throws(StreamsError) in
                try cluster.pushRequestErrors(apiKey: given.int16(), given.codes())
            }
        }, "push_request_errors($self, api_key, codes, /)\n--\n\n``rd_kafka_mock_push_request_errors_array``"),
    .fast(
        "push_broker_errors",
        { object, arguments, count, _ in
            run(object, arguments, count, [.apiKey, .numbers("codes"), .numbers("delays"), .broker]) {
                cluster, given throws(StreamsError) in
                let errors = zip(given.codes(), given.lists[1]).map {
                    MockCluster.RequestError($0, milliseconds: $1)
                }
                try cluster.pushRequestErrors(apiKey: given.int16(), errors, broker: given.int32(1))
            }
        },
        """
        push_broker_errors($self, api_key, codes, delays, broker_id, /)
        --

        ``rd_kafka_mock_broker_push_request_error_rtts``
        """),
    .fast(
        "push_partition_errors",
        { object, arguments, count, _ in
            run(object, arguments, count, [.apiKey, .numbers("codes"), .topic, .partition]) {
                cluster, given throws(StreamsError) in
                try cluster.pushRequestErrors(
                    apiKey: given.int16(), given.codes(), topic: given.text, partition: given.int32(1))
            }
        },
        """
        push_partition_errors($self, api_key, codes, topic, partition, /)
        --

        ``rd_kafka_mock_partition_push_request_errors``
        """),
    .fast(
        "clear_request_errors",
        { object, arguments, count, _ in
            run(object, arguments, count, [.apiKey]) { cluster, given throws(StreamsError) in
                try cluster.clearRequestErrors(apiKey: given.int16())
            }
        }, "clear_request_errors($self, api_key, /)\n--\n\n``rd_kafka_mock_clear_request_errors``"),
    .fast(
        "request_errors_left",
        { object, arguments, count, _ in
            call(
                object, arguments, count, [.apiKey, .broker],
                { cluster, given throws(StreamsError) in
                    try cluster.requestErrorsLeft(apiKey: given.int16(), broker: given.int32(1))
                }
            ) { python, left throws(PythonError) in try python.integer(left) }
        }, "request_errors_left($self, api_key, broker_id, /)\n--\n\n``rd_kafka_mock_broker_error_stack_cnt``"),
    .fast(
        "set_topic_error",
        { object, arguments, count, _ in
            run(object, arguments, count, [.topic, .int32("code")]) { cluster, given throws(StreamsError) in
                try cluster.setTopicError(given.text, ErrorCode(rawValue: given.int32()))
            }
        }, "set_topic_error($self, topic, code, /)\n--\n\n``rd_kafka_mock_topic_set_error``"),

    // Requests that came
    .none(
        "start_request_tracking",
        { object, _ in
            run(object, nil, 0, []) { cluster, _ throws(StreamsError) in try cluster.startRequestTracking() }
        }, "start_request_tracking($self, /)\n--\n\n``rd_kafka_mock_start_request_tracking``"),
    .none(
        "stop_request_tracking",
        { object, _ in
            run(object, nil, 0, []) { cluster, _ throws(StreamsError) in try cluster.stopRequestTracking() }
        }, "stop_request_tracking($self, /)\n--\n\n``rd_kafka_mock_stop_request_tracking``"),
    .none(
        "clear_requests",
        { object, _ in
            run(object, nil, 0, []) { cluster, _ throws(StreamsError) in try cluster.clearRequests() }
        }, "clear_requests($self, /)\n--\n\n``rd_kafka_mock_clear_requests``"),
    .none(
        "requests",
        { object, _ in
            call(object, nil, 0, [], { cluster, _ throws(StreamsError) in try cluster.requests() }) {
                python, requests throws(PythonError) in
                let list = try OwnedObject(PyList_New(requests.count))
                for (index, request) in requests.enumerated() {
                    let item = try OwnedObject(PyTuple_New(3))
                    PyTuple_SetItem(item.object, 0, try python.integer(Int(request.broker)).take())
                    PyTuple_SetItem(item.object, 1, try python.integer(Int(request.apiKey)).take())
                    PyTuple_SetItem(item.object, 2, try python.integer(Int(request.timestamp)).take())
                    PyList_SetItem(list.object, index, item.take())
                }
                return list
            }
        }, "requests($self, /)\n--\n\n``rd_kafka_mock_get_requests``: (broker id, API key, microseconds) of each."),
]
