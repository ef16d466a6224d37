import CRdkafka

/// Which records of transactions count. Of `rd_kafka_IsolationLevel_t`.
public enum IsolationLevel: UInt32, Sendable {
    case readUncommitted = 0
    case readCommitted = 1
}

/// Which offset of a partition is asked for. Of `rd_kafka_OffsetSpec_t`, or a time.
public enum OffsetSpec: Sendable {
    case earliest
    case latest
    /// Of the record with the highest time stamp.
    case maxTimestamp
    /// Of the first record from then on, in milliseconds since the epoch.
    case timestamp(Int64)

    /// - Parameter raw: a time where it is not negative. Nil where it is neither.
    public init?(raw: Int64) {
        switch raw {
        case -3: self = .maxTimestamp
        case -2: self = .earliest
        case -1: self = .latest
        case 0...: self = .timestamp(raw)
        default: return nil
        }
    }

    var isEnd: Bool {
        switch self {
        case .earliest, .latest: true
        case .maxTimestamp, .timestamp: false
        }
    }

    var raw: Int64 {
        switch self {
        case .maxTimestamp: -3
        case .earliest: -2
        case .latest: -1
        case .timestamp(let time): time
        }
    }
}

/// The offset of a partition that was asked for.
public struct ListedOffset: Sendable {
    /// With the offset, or the error.
    public let partition: TopicPartition
    /// Of the record at the offset, in milliseconds since the epoch; -1 for the ends.
    public let timestamp: Int64
}

extension Admin {
    /// Asks for offsets of partitions. Each broker that leads some of them gets a request.
    ///
    /// - Throws: `_NOT_IMPLEMENTED` with librdkafka before 2.3.0.
    /// - Note: `rd_kafka_ListOffsets`.
    public func listOffsets(
        _ partitions: [(partition: TopicPartition, spec: OffsetSpec)], isolation: IsolationLevel? = nil,
        options: AdminOptions = AdminOptions(), then complete: @escaping AdminCompletion<[ListedOffset]>
    ) throws(StreamsError) {
        let list = try Symbols.Groups.listOffsets.required
        let result = try Symbols.Groups.listOffsetsResult.required
        let infos = try Symbols.Groups.listOffsetsResultInfos.required
        let partition = try Symbols.Groups.listOffsetsResultInfoTopicPartition.required
        let timestamp = try Symbols.Groups.listOffsetsResultInfoTimestamp.required
        for asked in partitions { _ = try kafkaTopic(for: asked.partition.topic) }
        var options = options
        options.isolationLevel = isolation
        let asked = try TopicPartitionList(
            partitions.map { TopicPartition($0.partition.topic, $0.partition.partition, offset: $0.spec.raw) },
            names: names)
        // librdkafka answers in an order of its own.
        let order = try names.settled(partitions.map { $0.partition }).map { PartitionKey($0) }
        let read = { [self] (event: OpaquePointer) -> [ListedOffset] in
            var count = 0
            guard let found = infos(result(event), &count) else { return [] }
            var answers: [PartitionKey: ListedOffset] = [:]
            for index in 0..<count {
                guard let raw = partition(found[index]) else { continue }
                var answer = TopicPartitionList.partition(of: raw, names: names)
                // Where a broker has not answered in time librdkafka, up to 2.16.0, gives neither an offset nor an error.
                if answer.error == nil, answer.offset == TopicPartition.invalidOffset { answer.error = .timedOut }
                if let error = answer.error {
                    answer.reason =
                        explained(
                            StreamsError(error), ofTopic: String(cString: raw.pointee.topic),
                            partition: answer.partition, wanting: "Describe"
                        ).reason
                }
                answers[PartitionKey(answer)] = ListedOffset(partition: answer, timestamp: timestamp(found[index]))
            }
            return order.compactMap { answers[$0] }
        }
        // librdkafka's mock cluster knows no time stamps.
        let isServedByMock = partitions.allSatisfy { $0.spec.isEnd }
        try asked.withRaw { raw throws(StreamsError) in
            try request(.listOffsets, options, servedByMock: isServedByMock, then: complete, reading: read) {
                options, queue in
                list(handle, raw, options, queue)
            }
        }
    }
}

extension rd_kafka_admin_op_t {
    /// What the header of an older librdkafka does not name.
    static var listOffsets: rd_kafka_admin_op_t { rd_kafka_admin_op_t(21) }
}
