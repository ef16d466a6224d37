import CPython
import PythonBridge
import Streams

/// What a `_MockCluster` holds.
private struct MockClusterFields {
    /// nil before `__init__`, and after `close`.
    var cluster: Unmanaged<MockCluster>?
    /// The process that made it: its threads stay there when the process forks.
    var process: pid_t

    /// The cluster, where it may be used.
    func usable(_ python: borrowing Python) throws(PythonError) -> MockCluster {
        guard let cluster else { throw python.error(.runtimeError, "MockCluster closed") }
        guard process == getpid() else {
            throw python.error(
                .runtimeError, "MockCluster was made before this process was forked: its brokers are the parent's")
        }
        return cluster.takeUnretainedValue()
    }
}

nonisolated(unsafe) private(set) var mockClusterType: Object?

private func fields(_ object: Object?) -> UnsafeMutablePointer<MockClusterFields> {
    object.unsafelyUnwrapped.fields(MockClusterFields.self)
}

/// `_MockCluster(brokers)`: what `mapr_streams_python.testing.MockCluster` is built on. Arguments by position alone.
func makeMockClusterType(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    var type = TypeBuilder("mapr_streams_python._MockCluster", fields: MockClusterFields.self, garbageCollected: false)
    type.documentation("_MockCluster(brokers, /)\n--\n\nUse mapr_streams_python.testing.MockCluster.")
    type.initializer(mockClusterInitialize)
    type.deallocate { object in
        Python.attached { python in closeMockCluster(&python, object) }
        cpy_free(object)
    }
    type.methods([
        .none(
            "bootstrap_servers",
            { object, _ in
                onCluster(object) { python, cluster throws(PythonError) in try python.string(cluster.bootstrapServers) }
            },
            "bootstrap_servers($self, /)\n--\n\nFor ``bootstrap.servers``."),
        .none(
            "close",
            { object, _ in
                Python.entered(failure: nil) { python throws(PythonError) in
                    closeMockCluster(&python, object)
                    return python.none.take()
                }
            },
            "close($self, /)\n--\n\nStops the brokers."),
        .fast(
            "create_topic",
            { object, arguments, count, _ in
                doing(object, arguments, count, ["topic", "partitions", "replication_factor"]) {
                    python, cluster, slots throws(PythonError) in
                    let topic = try python.text(slots[0], "topic")
                    let partitions = try python.int32(slots[1], "partitions")
                    let factor = try python.int32(slots[2], "replication_factor")
                    return { () throws(StreamsError) in
                        try cluster.createTopic(topic, partitions: partitions, replicationFactor: factor)
                    }
                }
            },
            "create_topic($self, topic, partitions, replication_factor, /)\n--\n\n``rd_kafka_mock_topic_create``"),
        .fast(
            "set_broker_down",
            { object, arguments, count, _ in
                doing(object, arguments, count, ["broker_id"]) { python, cluster, slots throws(PythonError) in
                    let id = try python.int32(slots[0], "broker_id")
                    return { () throws(StreamsError) in try cluster.setBrokerDown(id) }
                }
            },
            "set_broker_down($self, broker_id, /)\n--\n\n``rd_kafka_mock_broker_set_down``"),
        .fast(
            "set_broker_up",
            { object, arguments, count, _ in
                doing(object, arguments, count, ["broker_id"]) { python, cluster, slots throws(PythonError) in
                    let id = try python.int32(slots[0], "broker_id")
                    return { () throws(StreamsError) in try cluster.setBrokerUp(id) }
                }
            },
            "set_broker_up($self, broker_id, /)\n--\n\n``rd_kafka_mock_broker_set_up``"),
        .fast(
            "set_broker_rtt",
            { object, arguments, count, _ in
                doing(object, arguments, count, ["broker_id", "milliseconds"]) {
                    python, cluster, slots throws(PythonError) in
                    let id = try python.int32(slots[0], "broker_id")
                    let milliseconds = try python.int32(slots[1], "milliseconds")
                    return { () throws(StreamsError) in
                        try cluster.setBrokerRoundTripTime(id, milliseconds: milliseconds)
                    }
                }
            },
            "set_broker_rtt($self, broker_id, milliseconds, /)\n--\n\n``rd_kafka_mock_broker_set_rtt``"),
        .fast(
            "set_partition_leader",
            { object, arguments, count, _ in
                doing(object, arguments, count, ["topic", "partition", "broker_id"]) {
                    python, cluster, slots throws(PythonError) in
                    let topic = try python.text(slots[0], "topic")
                    let partition = try python.int32(slots[1], "partition")
                    let id = try python.int32(slots[2], "broker_id")
                    return { () throws(StreamsError) in
                        try cluster.setPartitionLeader(topic, partition, broker: id)
                    }
                }
            },
            "set_partition_leader($self, topic, partition, broker_id, /)\n--\n\n``rd_kafka_mock_partition_set_leader``"),
        .fast(
            "set_coordinator",
            { object, arguments, count, _ in
                doing(object, arguments, count, ["kind", "key", "broker_id"]) {
                    python, cluster, slots throws(PythonError) in
                    let kind = try python.text(slots[0], "kind")
                    let key = try python.text(slots[1], "key")
                    let id = try python.int32(slots[2], "broker_id")
                    return { () throws(StreamsError) in try cluster.setCoordinator(kind: kind, key: key, broker: id) }
                }
            },
            "set_coordinator($self, kind, key, broker_id, /)\n--\n\n``rd_kafka_mock_coordinator_set``"),
        .fast(
            "push_request_errors",
            { object, arguments, count, _ in
                doing(object, arguments, count, ["api_key", "codes"]) { python, cluster, slots throws(PythonError) in
                    let key = try apiKey(python, slots[0])
                    guard cpy_is_list(slots[1]) != 0 else {
                        throw python.error(.typeError, "codes must be a list of int, not \(slots[1].typeName)")
                    }
                    var codes: [ErrorCode] = []
                    for index in 0..<cpy_size(slots[1]) {
                        guard let code = PyList_GetItem(slots[1], index) else { throw PythonError() }
                        codes.append(ErrorCode(rawValue: try python.int32(code, "codes")))
                    }
                    return { [codes] () throws(StreamsError) in try cluster.pushRequestErrors(apiKey: key, codes) }
                }
            },
            "push_request_errors($self, api_key, codes, /)\n--\n\n``rd_kafka_mock_push_request_errors_array``"),
        .fast(
            "clear_request_errors",
            { object, arguments, count, _ in
                doing(object, arguments, count, ["api_key"]) { python, cluster, slots throws(PythonError) in
                    let key = try apiKey(python, slots[0])
                    return { () throws(StreamsError) in try cluster.clearRequestErrors(apiKey: key) }
                }
            },
            "clear_request_errors($self, api_key, /)\n--\n\n``rd_kafka_mock_clear_request_errors``"),
        .fast(
            "set_topic_error",
            { object, arguments, count, _ in
                doing(object, arguments, count, ["topic", "code"]) { python, cluster, slots throws(PythonError) in
                    let topic = try python.text(slots[0], "topic")
                    let code = ErrorCode(rawValue: try python.int32(slots[1], "code"))
                    return { () throws(StreamsError) in try cluster.setTopicError(topic, code) }
                }
            },
            "set_topic_error($self, topic, code, /)\n--\n\n``rd_kafka_mock_topic_set_error``"),
    ])
    mockClusterType = try type.build(python, module: module)
}

@_cdecl("mapr_MockCluster_init")
func mockClusterInitialize(_ object: Object?, _ arguments: Object?, _ keywords: Object?) -> Int32 {
    Python.entered(failure: -1) { python throws(PythonError) in
        guard keywords == nil || PyDict_Size(keywords) == 0, cpy_size(arguments.unsafelyUnwrapped) == 1 else {
            throw python.error(.typeError, "_MockCluster() takes one positional argument, the number of brokers")
        }
        guard fields(object).pointee.cluster == nil else {
            throw python.error(.runtimeError, "_MockCluster already initialized")
        }
        let brokers = try python.int32(PyTuple_GetItem(arguments, 0), "brokers")
        let cluster = try python.callingDetached { () throws(StreamsError) in try MockCluster(brokers: brokers) }
        guard fields(object).pointee.cluster == nil else {
            throw python.error(.runtimeError, "_MockCluster already initialized")
        }
        fields(object).pointee.cluster = Unmanaged.passRetained(cluster)
        fields(object).pointee.process = getpid()
        return 0
    }
}

private func closeMockCluster(_ python: inout Python, _ object: Object?) {
    guard let cluster = fields(object).pointee.cluster else { return }
    fields(object).pointee.cluster = nil
    // In the child of a fork it is forgotten: nothing of librdkafka's may be touched there.
    guard fields(object).pointee.process == getpid() else { return }
    python.detached { cluster.release() }
}

private func apiKey(_ python: borrowing Python, _ object: Object) throws(PythonError) -> Int16 {
    let key = try python.int32(object, "api_key")
    guard let narrow = Int16(exactly: key), narrow >= 0 else {
        throw python.error(.valueError, "api_key must be between 0 and \(Int16.max), not \(key)")
    }
    return narrow
}

private func onCluster(
    _ object: Object?, _ body: (borrowing Python, MockCluster) throws(PythonError) -> OwnedObject
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try body(python, fields(object).pointee.usable(python)).take()
    }
}

/// Reads the arguments with the GIL held, then does what `prepare` gives without it.
private func doing(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ names: [StaticString],
    _ prepare: (borrowing Python, MockCluster, [Object]) throws(PythonError) -> () throws(StreamsError) -> Void
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let cluster = try fields(object).pointee.usable(python)
        guard count == names.count else {
            throw python.error(.typeError, "expected \(names.count) arguments, got \(count)")
        }
        let slots = (0..<count).map { arguments.unsafelyUnwrapped[$0].unsafelyUnwrapped }
        let action = try prepare(python, cluster, slots)
        try python.callingDetached(prefix: nil, action)
        return python.none.take()
    }
}
