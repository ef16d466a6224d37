import CPython
import PythonBridge
import Streams

/// Requests about offsets of partitions.
nonisolated(unsafe) let offsetRequests = [
    // ([(partition, offset spec by number)], isolation level by number, or None)
    AdminRow(name: "list_offsets") { python, admin, arguments, options, answer throws(PythonError) in
        let given = try python.row(arguments, count: 2, "arguments")
        let partitions = try python.array(given[0], "topic_partition_offsets") { pair throws(PythonError) in
            let pair = try python.row(pair, count: 2, "topic_partition_offsets")
            let number = try python.int64(pair[1], "offset_spec")
            guard let spec = OffsetSpec(raw: number) else {
                throw python.error(.valueError, "offset_spec: there is no \(number)")
            }
            return (partition: try python.topicPartition(pair[0], "topic_partition_offsets"), spec: spec)
        }
        let isolation: IsolationLevel?
        if given[1].isNone {
            isolation = nil
        } else {
            isolation = try python.known(given[1], "isolation_level", IsolationLevel.init(rawValue:))
        }
        try python.raising { () throws(StreamsError) in
            try admin.listOffsets(
                partitions, isolation: isolation, options: options, then: answer.completion(offsets))
        }
    }
]

/// A list of (exception or None, offset, timestamp, leader epoch).
private func offsets(_ python: borrowing Python, _ found: [ListedOffset]) throws(PythonError) -> OwnedObject {
    try python.list(count: found.count) { index throws(PythonError) in
        let listed = found[index]
        return try python.tuple(count: 4) { index throws(PythonError) in
            switch index {
            case 0: try python.exceptionOrNone(listed.partition.failure)
            case 1: try python.integer(Int(listed.partition.offset))
            case 2: try python.integer(Int(listed.timestamp))
            default: try python.integer(Int(listed.partition.leaderEpoch ?? -1))
            }
        }
    }
}

// MARK: What plans and waits ask

let adminOffsetMethods: [Method] = [
    .fast(
        "_offsets", adminOffsets,
        """
        _offsets($self, /, partitions, time, timeout=None)
        --

        For ``reset_offsets`` of mapr_streams_python.admin.AdminClient, with any librdkafka: new TopicPartition objects in the order of the
        list, with the first offset from a time on (or -2 for the beginning, -1 for the end), or with an error.

        ``rd_kafka_offsets_for_times``.
        """),
    .fast(
        "_settled_topics", adminSettledTopics,
        """
        _settled_topics($self, topics, /)
        --

        The names that answers have for topics.
        """),
]

nonisolated(unsafe) private let offsetsSignature = Signature(
    "_offsets", ["partitions", "time", "timeout"], required: 2)

@_cdecl("mapr_Admin_offsets")
func adminOffsets(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = adminFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            try withSlots(3) { slots throws(PythonError) in
                try offsetsSignature.parse(python, arguments, count, keywords, into: slots)
                let partitions = try python.topicPartitions(slots[0].unsafelyUnwrapped)
                let time = try python.int64(slots[1].unsafelyUnwrapped, "time")
                return (partitions: partitions, time: time, milliseconds: try python.milliseconds(slots[2]))
            }
        }
        let (partitions, time, milliseconds) = call.arguments
        let isClosed = { fields.pointee.admin == nil }
        let found = try python.request(call.client, prefix: "Failed to get offsets", unless: isClosed) {
            client throws(StreamsError) in
            try client.offsets(of: partitions, from: time, milliseconds: milliseconds)
        }
        return try python.list(found).take()
    }
}

nonisolated(unsafe) private let settledSignature = Signature("_settled_topics", ["topics"], required: 1)

@_cdecl("mapr_Admin_settled_topics")
func adminSettledTopics(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let call = try adminFields(object).open(&python) { python throws(PythonError) in
            try withSlots(1) { slots throws(PythonError) in
                try settledSignature.parse(python, arguments, count, keywords, into: slots)
                return try python.array(slots[0].unsafelyUnwrapped, "topics") { name throws(PythonError) in
                    try python.request(text: name, "topics")
                }
            }
        }
        let names = try python.raising { () throws(StreamsError) in
            try call.client.use { client throws(StreamsError) in try client.settledNames(ofTopics: call.arguments) }
        }
        return try python.list(count: names.count) { index throws(PythonError) in
            try python.string(names[index])
        }.take()
    }
}
