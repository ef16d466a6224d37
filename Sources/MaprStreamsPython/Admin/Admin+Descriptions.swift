import CPython
import PythonBridge
import Streams

/// Requests for descriptions of the cluster and of topics.
nonisolated(unsafe) let descriptionRequests = [
    // None
    AdminRow(name: "describe_cluster") { python, admin, arguments, options, answer throws(PythonError) in
        try python.raising { () throws(StreamsError) in
            try admin.describeCluster(options: options, then: answer.completion(cluster))
        }
    },
    // names
    AdminRow(name: "describe_topics") { python, admin, arguments, options, answer throws(PythonError) in
        let topics = try python.array(arguments, "topics") { object throws(PythonError) in
            try python.request(text: object, "topics")
        }
        try python.raising { () throws(StreamsError) in
            try admin.describeTopics(
                topics, options: options,
                then: answer.completion { python, results throws(PythonError) in
                    try python.list(results) { description throws(PythonError) in try topic(python, description) }
                })
        }
    },
]

/// (cluster_id or None, controller or None, nodes, authorized operations or None)
private func cluster(_ python: borrowing Python, _ found: ClusterDescription) throws(PythonError) -> OwnedObject {
    try python.tuple(count: 4) { index throws(PythonError) in
        switch index {
        case 0: try python.stringOrNone(found.clusterID)
        case 1: try python.nodeOrNone(found.controller)
        case 2: try nodes(python, found.nodes)
        default: try numbersOrNone(python, found.authorizedOperations)
        }
    }
}

/// (topic, high bits of the id, its low bits, is_internal, partitions, authorized operations or None)
private func topic(_ python: borrowing Python, _ found: TopicDescription) throws(PythonError) -> OwnedObject {
    try python.tuple(count: 6) { index throws(PythonError) in
        switch index {
        case 0: try python.string(found.topic)
        case 1: try python.integer(Int(found.id.high))
        case 2: try python.integer(Int(found.id.low))
        case 3: python.boolean(found.isInternal)
        case 4: try partitions(python, found.partitions)
        default: try numbersOrNone(python, found.authorizedOperations)
        }
    }
}

/// A list of (id, leader or None, replicas, replicas in sync).
private func partitions(
    _ python: borrowing Python, _ found: [TopicDescription.Partition]
) throws(PythonError) -> OwnedObject {
    try python.list(count: found.count) { index throws(PythonError) in
        let partition = found[index]
        return try python.tuple(count: 4) { index throws(PythonError) in
            switch index {
            case 0: try python.integer(Int(partition.id))
            case 1: try python.nodeOrNone(partition.leader)
            case 2: try nodes(python, partition.replicas)
            default: try nodes(python, partition.inSyncReplicas)
            }
        }
    }
}

private func nodes(_ python: borrowing Python, _ nodes: [Node]) throws(PythonError) -> OwnedObject {
    try python.list(count: nodes.count) { index throws(PythonError) in try python.nodeOrNone(nodes[index]) }
}

private func numbersOrNone(_ python: borrowing Python, _ numbers: [UInt32]?) throws(PythonError) -> OwnedObject {
    guard let numbers else { return python.none }
    return try python.list(count: numbers.count) { index throws(PythonError) in
        try python.integer(Int(numbers[index]))
    }
}
