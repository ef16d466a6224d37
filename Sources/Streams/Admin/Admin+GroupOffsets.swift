import CRdkafka

/// A group, and partitions that it has committed offsets of.
public struct ConsumerGroupPartitions: Sendable {
    public let group: String
    /// Nil for all that it has offsets of.
    public let partitions: [TopicPartition]?

    public init(_ group: String, _ partitions: [TopicPartition]?) {
        self.group = group
        self.partitions = partitions
    }
}

/// The committed offsets of a group. librdkafka takes one group in a request.
extension Admin {
    /// Asks for the offsets that a group has committed. It may take as long as the making of a client does.
    ///
    /// - Parameter requiresStable: have an offset that a transaction has not decided yet be an error.
    /// - Note: `rd_kafka_ListConsumerGroupOffsets`.
    public func listConsumerGroupOffsets(
        _ group: ConsumerGroupPartitions, requiresStable: Bool = false, options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[ConsumerGroupResult]>
    ) throws(StreamsError) {
        let make = try Symbols.Groups.listConsumerGroupOffsetsNew.required
        let destroy = try Symbols.Groups.listConsumerGroupOffsetsDestroy.required
        let list = try Symbols.Groups.listConsumerGroupOffsets.required
        var options = options
        if requiresStable { options.requiresStableOffsets = true }
        let read = try groupResults(
            wanting: "Describe", of: Symbols.Groups.listConsumerGroupOffsetsResult.required,
            Symbols.Groups.listConsumerGroupOffsetsResultGroups.required)
        let objects = try objects(group, make, destroy)
        // librdkafka's mock cluster says of no group which partitions it has offsets of.
        let isServedByMock = group.partitions != nil
        let told = named(group.group, wanting: "Describe", complete)
        let use = try readers.reader(for: group.group, of: self)
        let asking = use?.reader.handle ?? handle
        let complete: AdminCompletion<[ConsumerGroupResult]> = { [readers] result in
            if case .failure = result { readers.forget(use?.reader) }
            told(result)
        }
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(
                RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, options, servedByMock: isServedByMock, ofGroup: true,
                then: complete, reading: read
            ) { options, queue in
                withExtendedLifetime(use) { list(asking, raw, count, options, queue) }
            }
        }
    }

    /// Commits offsets for a group, which must have no members that consume these partitions.
    ///
    /// - Note: `rd_kafka_AlterConsumerGroupOffsets`.
    public func alterConsumerGroupOffsets(
        _ group: ConsumerGroupPartitions, options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[ConsumerGroupResult]>
    ) throws(StreamsError) {
        let make = try Symbols.Groups.alterConsumerGroupOffsetsNew.required
        let destroy = try Symbols.Groups.alterConsumerGroupOffsetsDestroy.required
        let alter = try Symbols.Groups.alterConsumerGroupOffsets.required
        let read = try groupResults(
            wanting: "Read", of: Symbols.Groups.alterConsumerGroupOffsetsResult.required,
            Symbols.Groups.alterConsumerGroupOffsetsResultGroups.required)
        let objects = try objects(group, make, destroy)
        let complete = named(group.group, wanting: "Read", complete)
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(
                RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, options, servedByMock: true, ofGroup: true, then: complete,
                reading: read
            ) { options, queue in
                alter(handle, raw, count, options, queue)
            }
        }
    }

    /// Deletes offsets of a group, which must not subscribe to their topics.
    ///
    /// - Note: `rd_kafka_DeleteConsumerGroupOffsets`.
    public func deleteConsumerGroupOffsets(
        _ group: ConsumerGroupPartitions, options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[ConsumerGroupResult]>
    ) throws(StreamsError) {
        let make = try Symbols.Groups.deleteConsumerGroupOffsetsNew.required
        let destroy = try Symbols.Groups.deleteConsumerGroupOffsetsDestroy.required
        let delete = try Symbols.Groups.deleteConsumerGroupOffsets.required
        let read = try groupResults(
            wanting: "Delete", of: Symbols.Groups.deleteConsumerGroupOffsetsResult.required,
            Symbols.Groups.deleteConsumerGroupOffsetsResultGroups.required)
        let objects = try objects(group, make, destroy)
        let complete = named(group.group, wanting: "Delete", complete)
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(
                RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS, options, ofGroup: true, then: complete, reading: read
            ) { options, queue in
                delete(handle, raw, count, options, queue)
            }
        }
    }

    /// What becomes of a request about one group, whose name is in none of librdkafka's errors.
    func named<Answer>(
        _ group: String, wanting operation: String, _ complete: @escaping AdminCompletion<Answer>
    ) -> AdminCompletion<Answer> {
        { result in
            switch result {
            case .success: complete(result)
            case .failure(let error): complete(.failure(error.named(group: group, wanting: operation)))
            }
        }
    }

    private func objects(
        _ group: ConsumerGroupPartitions,
        _ make: (UnsafePointer<CChar>?, UnsafePointer<rd_kafka_topic_partition_list_t>?) -> OpaquePointer?,
        _ destroy: @escaping (OpaquePointer?) -> Void
    ) throws(StreamsError) -> AdminObjects {
        var objects = AdminObjects(destroyedBy: destroy)
        let partitions = try group.partitions.map { partitions throws(StreamsError) in
            for partition in partitions { _ = try kafkaTopic(for: partition.topic) }
            return try TopicPartitionList(partitions, names: names)
        }
        let object: OpaquePointer?
        if let partitions {
            object = partitions.withRaw { make(group.group, $0) }
        } else {
            object = make(group.group, nil)
        }
        guard let object else { throw StreamsError(.invalidArgument) }
        objects.add(object)
        return objects
    }
}
