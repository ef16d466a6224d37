import CRdkafka

/// Who may become the leader of a partition. Of `rd_kafka_ElectionType_t`.
public enum ElectionType: UInt32, Sendable {
    /// The first of its replicas, where it is in sync.
    case preferred = 0
    /// Any replica, where none is in sync; records may be lost.
    case unclean = 1
}

extension Admin {
    /// Has leaders elected; each partition has an end of its own, in the order of the answer. Of all partitions where
    /// `partitions` is nil: of those alone then that got another leader, or should have.
    ///
    /// - Throws: `_NOT_IMPLEMENTED` with librdkafka before 2.6.0.
    /// - Note: `rd_kafka_ElectLeaders`.
    public func electLeaders(
        _ type: ElectionType, _ partitions: [TopicPartition]?, options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[(partition: TopicPartition, error: StreamsError?)]>
    ) throws(StreamsError) {
        let elect = try Symbols.Cluster.electLeaders.required
        let make = try Symbols.Cluster.electLeadersNew.required
        let destroy = try Symbols.Cluster.electLeadersDestroy.required
        let result = try Symbols.Cluster.electLeadersResult.required
        let results = try Symbols.Cluster.electLeadersResultPartitions.required
        let partition = try Symbols.Cluster.topicPartitionResultPartition.required
        let error = try Symbols.Cluster.topicPartitionResultError.required
        let read = { [self] (event: OpaquePointer) in
            var count = 0
            let found = results(result(event), &count)
            var answers: [(partition: TopicPartition, error: StreamsError?)] = []
            for index in 0..<count {
                guard let item = found?[index], let element = partition(item) else { continue }
                let topic = String(cString: element.pointee.topic)
                let number = element.pointee.partition
                let failure = StreamsError(of: error(item)).map {
                    explained($0, ofItem: number, of: topic, wanting: "Alter")
                }
                answers.append((TopicPartition(names.name(ofKafkaTopic: topic), number), failure))
            }
            return answers
        }
        let list = try partitions.map { (partitions) throws(StreamsError) in
            let asked = try kafkaPartitions(partitions)
            try asked.checkEachOnce()
            return try TopicPartitionList(asked, names: nil)
        }
        let type = rd_kafka_ElectionType_t(type.rawValue)
        guard let election = list.map({ list in list.withRaw { make(type, $0) } }) ?? make(type, nil) else {
            throw StreamsError(.invalidArgument)
        }
        defer { destroy(election) }
        try request(.electLeaders, options, then: complete, reading: read) { options, queue in
            elect(handle, election, options, queue)
        }
    }
}

extension rd_kafka_admin_op_t {
    // What the header of an older librdkafka does not name.
    static var electLeaders: rd_kafka_admin_op_t { rd_kafka_admin_op_t(22) }
}
