import CPython
import PythonBridge
import Streams

/// Requests about what groups have committed.
nonisolated(unsafe) let groupOffsetRequests = [
    // (name, partitions or None, require_stable)
    AdminRow(name: "list_consumer_group_offsets") { python, admin, arguments, options, answer throws(PythonError) in
        let given = try python.row(arguments, count: 3, "arguments")
        let group = try group(python, given)
        let requiresStable = try python.truth(given[2], default: false)
        // It makes a client, unless one is there.
        try python.raisingDetached { () throws(StreamsError) in
            try admin.listConsumerGroupOffsets(
                group, requiresStable: requiresStable, options: options, then: answer.completion(groupResults))
        }
    },
    // (name, partitions)
    AdminRow(name: "alter_consumer_group_offsets") { python, admin, arguments, options, answer throws(PythonError) in
        let group = try group(python, try python.row(arguments, count: 2, "arguments"))
        try python.raising { () throws(StreamsError) in
            try admin.alterConsumerGroupOffsets(group, options: options, then: answer.completion(groupResults))
        }
    },
    // (name, partitions)
    AdminRow(name: "delete_consumer_group_offsets") { python, admin, arguments, options, answer throws(PythonError) in
        let group = try group(python, try python.row(arguments, count: 2, "arguments"))
        try python.raising { () throws(StreamsError) in
            try admin.deleteConsumerGroupOffsets(group, options: options, then: answer.completion(groupResults))
        }
    },
]

private func group(_ python: borrowing Python, _ given: TupleFields) throws(PythonError) -> ConsumerGroupPartitions {
    let name = try python.request(text: given[0], "group_id")
    if given[1].isNone { return ConsumerGroupPartitions(name, nil) }
    return ConsumerGroupPartitions(name, try python.topicPartitions(given[1], "topic_partitions"))
}
