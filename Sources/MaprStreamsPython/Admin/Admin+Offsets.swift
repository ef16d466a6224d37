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
