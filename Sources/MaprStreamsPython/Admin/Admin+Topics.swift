import CPython
import PythonBridge
import Streams

/// Requests about topics.
nonisolated(unsafe) let topicRequests = [
    // (topic, partition count, replication factor, replica assignment, properties)
    AdminRow(name: "create_topics") { python, admin, arguments, options, answer throws(PythonError) in
        let topics = try python.array(arguments, "new_topics") { object throws(PythonError) in
            let given = try python.row(object, count: 5, "new_topics")
            return NewTopic(
                try python.request(text: given[0], "topic"),
                partitionCount: given[1].isNone ? nil : try python.int32(given[1], "num_partitions"),
                replicationFactor: given[2].isNone ? nil : try python.int32(given[2], "replication_factor"),
                replicaAssignment: try replicas(python, given[3]), properties: try python.texts(given[4], "config"))
        }
        try python.raising { () throws(StreamsError) in
            try admin.createTopics(topics, options: options, then: answer.completion(topicResults))
        }
    },
    // names
    AdminRow(name: "delete_topics") { python, admin, arguments, options, answer throws(PythonError) in
        let topics = try python.array(arguments, "topics") { object throws(PythonError) in
            try python.request(text: object, "topics")
        }
        try python.raising { () throws(StreamsError) in
            try admin.deleteTopics(topics, options: options, then: answer.completion(topicResults))
        }
    },
    // (topic, total count, replica assignment)
    AdminRow(name: "create_partitions") { python, admin, arguments, options, answer throws(PythonError) in
        let topics = try python.array(arguments, "new_partitions") { object throws(PythonError) in
            let given = try python.row(object, count: 3, "new_partitions")
            return NewPartitions(
                try python.request(text: given[0], "topic"),
                totalCount: Int(try python.int32(given[1], "new_total_count")),
                replicaAssignment: try replicas(python, given[2]))
        }
        try python.raising { () throws(StreamsError) in
            try admin.createPartitions(topics, options: options, then: answer.completion(topicResults))
        }
    },
]

private func replicas(_ python: borrowing Python, _ object: Object) throws(PythonError) -> [[Int32]] {
    try python.array(object, "replica_assignment") { brokers throws(PythonError) in
        try python.array(brokers, "replica_assignment") { broker throws(PythonError) in
            try python.int32(broker, "replica_assignment")
        }
    }
}

/// A list of (topic, exception or None).
private func topicResults(_ python: borrowing Python, _ results: [TopicResult]) throws(PythonError) -> OwnedObject {
    try python.list(count: results.count) { index throws(PythonError) in
        let topic = try python.string(results[index].topic)
        let error = try python.exceptionOrNone(results[index].error)
        return try OwnedObject(cpy_tuple2(topic.object, error.object))
    }
}
