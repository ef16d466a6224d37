import CPython
import PythonBridge
import Streams

/// Requests for elections.
nonisolated(unsafe) let electionRequests = [
    // (type, TopicPartitions or None)
    AdminRow(name: "elect_leaders") { python, admin, arguments, options, answer throws(PythonError) in
        let given = try python.row(arguments, count: 2, "partitions")
        let type = try python.known(given[0], "election_type") { ElectionType(rawValue: $0) }
        let partitions = given[1].isNone ? nil : try python.topicPartitions(given[1])
        try python.raising { () throws(StreamsError) in
            try admin.electLeaders(type, partitions, options: options, then: answer.completion(elections))
        }
    }
]

/// A list of (TopicPartition, KafkaError or None).
private func elections(
    _ python: borrowing Python, _ results: [(partition: TopicPartition, error: StreamsError?)]
) throws(PythonError) -> OwnedObject {
    try python.list(count: results.count) { index throws(PythonError) in
        let partition = try python.object(results[index].partition)
        let error =
            try results[index].error.map { error throws(PythonError) in try python.kafkaError(error) } ?? python.none
        return try OwnedObject(cpy_tuple2(partition.object, error.object))
    }
}
