import CRdkafka

extension Admin {
    /// Deletes the records before the offset of each partition; `end` (-1) stands for all that there are. Each partition has an
    /// end of its own, in their order: the offset of the oldest record that is left.
    ///
    /// - Throws: what is wrong with one of them; nothing was sent then.
    /// - Note: `rd_kafka_DeleteRecords`.
    public func deleteRecords(
        before partitions: [TopicPartition], options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[Result<Int64, StreamsError>]>
    ) throws(StreamsError) {
        let make = try Symbols.Cluster.deleteRecordsNew.required
        let destroy = try Symbols.Cluster.deleteRecordsDestroy.required
        let delete = try Symbols.Cluster.deleteRecords.required
        let result = try Symbols.Cluster.deleteRecordsResult.required
        let offsets = try Symbols.Cluster.deleteRecordsResultOffsets.required
        let asked = try kafkaPartitions(partitions)
        var objects = AdminObjects(destroyedBy: { destroy($0) })
        try asked.checkEachOnce()
        let list = try TopicPartitionList(asked, names: nil)
        guard let object = list.withRaw({ make($0) }) else { throw StreamsError(.invalidArgument) }
        objects.add(object)
        let read = { [self, asked] (event: OpaquePointer) in
            var found: [PartitionKey: TopicPartition] = [:]
            for answer in TopicPartitionList.partitions(of: offsets(result(event)), names: nil) {
                found[PartitionKey(answer)] = answer
            }
            return asked.map { partition -> Result<Int64, StreamsError> in
                guard let answer = found[PartitionKey(partition)] else {
                    return .failure(StreamsError(.unknownPartition))
                }
                guard let error = answer.error else { return .success(answer.offset) }
                return .failure(
                    explained(StreamsError(error), ofItem: answer.partition, of: answer.topic, wanting: "Delete"))
            }
        }
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(RD_KAFKA_ADMIN_OP_DELETERECORDS, options, then: complete, reading: read) { options, queue in
                delete(handle, raw, count, options, queue)
            }
        }
    }

    /// The same partitions by Kafka's names.
    func kafkaPartitions(_ partitions: [TopicPartition]) throws(StreamsError) -> [TopicPartition] {
        var result: [TopicPartition] = []
        for partition in partitions {
            result.append(
                TopicPartition(
                    try kafkaTopic(for: partition.topic), partition.partition, offset: partition.offset))
        }
        return result
    }
}
