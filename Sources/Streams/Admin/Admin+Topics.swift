import CRdkafka

/// A topic to be made.
public struct NewTopic: Sendable {
    public var topic: String
    /// Nil for the brokers' default.
    public var partitionCount: Int32?
    /// Nil for the brokers' default.
    public var replicationFactor: Int32?
    /// For each partition the brokers that it is to be on, the preferred leader first; it replaces the replication factor.
    public var replicaAssignment: [[Int32]]
    public var properties: [(name: String, value: String)]

    public init(
        _ topic: String, partitionCount: Int32? = nil, replicationFactor: Int32? = nil,
        replicaAssignment: [[Int32]] = [], properties: [(name: String, value: String)] = []
    ) {
        self.topic = topic
        self.partitionCount = partitionCount
        self.replicationFactor = replicationFactor
        self.replicaAssignment = replicaAssignment
        self.properties = properties
    }
}

/// How many partitions a topic is to have.
public struct NewPartitions: Sendable {
    public var topic: String
    public var totalCount: Int
    /// For each new partition the brokers that it is to be on.
    public var replicaAssignment: [[Int32]]

    public init(_ topic: String, totalCount: Int, replicaAssignment: [[Int32]] = []) {
        self.topic = topic
        self.totalCount = totalCount
        self.replicaAssignment = replicaAssignment
    }
}

/// What has become of one topic of a request.
public struct TopicResult: Sendable {
    public let topic: String
    /// Nil where it is done.
    public let error: StreamsError?
}

extension Admin {
    /// Makes topics.
    ///
    /// - Throws: what is wrong with one of them; nothing was sent then.
    /// - Note: `rd_kafka_CreateTopics`.
    public func createTopics(
        _ topics: [NewTopic], options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[TopicResult]>
    ) throws(StreamsError) {
        let make = try Symbols.Admin.newTopicNew.required
        let assign = try Symbols.Admin.newTopicSetReplicaAssignment.required
        let setProperty = try Symbols.Admin.newTopicSetConfig.required
        let create = try Symbols.Admin.createTopics.required
        let destroy = try Symbols.Admin.newTopicDestroy.required
        var objects = AdminObjects(destroyedBy: { destroy($0) })
        for topic in topics {
            let name = try kafkaTopic(for: topic.topic)
            var text = [CChar](repeating: 0, count: 512)
            // With replicas by name librdkafka wants no number of them.
            let factor = topic.replicaAssignment.isEmpty ? topic.replicationFactor ?? -1 : -1
            let count =
                topic.replicaAssignment.isEmpty ? topic.partitionCount ?? -1 : Int32(topic.replicaAssignment.count)
            guard let object = make(name, count, factor, &text, text.count) else {
                throw StreamsError(.invalidArgument, reason: "topic \"\(topic.topic)\": \(String(errorText: text))")
            }
            objects.add(object)
            try Self.assign(topic.replicaAssignment, of: topic.topic) { assign(object, $0, $1, $2, $3, $4) }
            for (name, value) in topic.properties { try check(setProperty(object, name, value)) }
        }
        let read = try topicResults(
            of: Symbols.Admin.createTopicsResult.required, wanting: "Create",
            Symbols.Admin.createTopicsResultTopics.required)
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(RD_KAFKA_ADMIN_OP_CREATETOPICS, options, then: complete, reading: read) { options, queue in
                create(handle, raw, count, options, queue)
            }
        }
    }

    /// Deletes topics.
    ///
    /// - Throws: what is wrong with one of them; nothing was sent then.
    /// - Note: `rd_kafka_DeleteTopics`.
    public func deleteTopics(
        _ topics: [String], options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[TopicResult]>
    ) throws(StreamsError) {
        let make = try Symbols.Admin.deleteTopicNew.required
        let delete = try Symbols.Admin.deleteTopics.required
        let destroy = try Symbols.Admin.deleteTopicDestroy.required
        var objects = AdminObjects(destroyedBy: { destroy($0) })
        for topic in topics {
            guard let object = make(try kafkaTopic(for: topic)) else { throw StreamsError(.invalidArgument) }
            objects.add(object)
        }
        let read = try topicResults(
            of: Symbols.Admin.deleteTopicsResult.required, wanting: "Delete",
            Symbols.Admin.deleteTopicsResultTopics.required)
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(RD_KAFKA_ADMIN_OP_DELETETOPICS, options, then: complete, reading: read) { options, queue in
                delete(handle, raw, count, options, queue)
            }
        }
    }

    /// Gives topics more partitions.
    ///
    /// - Throws: what is wrong with one of them; nothing was sent then.
    /// - Note: `rd_kafka_CreatePartitions`.
    public func createPartitions(
        _ topics: [NewPartitions], options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[TopicResult]>
    ) throws(StreamsError) {
        let make = try Symbols.Admin.newPartitionsNew.required
        let assign = try Symbols.Admin.newPartitionsSetReplicaAssignment.required
        let create = try Symbols.Admin.createPartitions.required
        let destroy = try Symbols.Admin.newPartitionsDestroy.required
        var objects = AdminObjects(destroyedBy: { destroy($0) })
        for topic in topics {
            var text = [CChar](repeating: 0, count: 512)
            guard let object = make(try kafkaTopic(for: topic.topic), topic.totalCount, &text, text.count) else {
                throw StreamsError(.invalidArgument, reason: "topic \"\(topic.topic)\": \(String(errorText: text))")
            }
            objects.add(object)
            try Self.assign(topic.replicaAssignment, of: topic.topic) { assign(object, $0, $1, $2, $3, $4) }
        }
        let read = try topicResults(
            of: Symbols.Admin.createPartitionsResult.required, wanting: "Alter",
            Symbols.Admin.createPartitionsResultTopics.required)
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, options, then: complete, reading: read) { options, queue in
                create(handle, raw, count, options, queue)
            }
        }
    }

    private static func assign(
        _ replicas: [[Int32]], of topic: String,
        _ set: (Int32, UnsafeMutablePointer<Int32>?, Int, UnsafeMutablePointer<CChar>?, Int) -> rd_kafka_resp_err_t
    ) throws(StreamsError) {
        for (partition, brokers) in replicas.enumerated() {
            var brokers = brokers
            do throws(StreamsError) {
                try withErrorText { set(Int32(partition), &brokers, brokers.count, $0, $1) }
            } catch {
                throw error.prefixed("topic \"\(topic)\"")
            }
        }
    }

    /// Reads the topics of an answer, by the functions for its kind.
    private func topicResults(
        of result: @escaping (OpaquePointer?) -> OpaquePointer?, wanting operation: String,
        _ topics: @escaping (OpaquePointer?, UnsafeMutablePointer<Int>?) -> UnsafeMutablePointer<OpaquePointer?>?
    ) throws(StreamsError) -> (OpaquePointer) -> [TopicResult] {
        let name = try Symbols.Admin.topicResultName.required
        let code = try Symbols.Admin.topicResultError.required
        let text = try Symbols.Admin.topicResultErrorString.required
        return { [self] event in
            var count = 0
            guard let found = topics(result(event), &count) else { return [] }
            return (0..<count).map { index in
                let topic = name(found[index]).map { String(cString: $0) } ?? ""
                return TopicResult(
                    topic: names.name(ofKafkaTopic: topic),
                    error: itemError(code(found[index]), text(found[index])).map {
                        explained($0, ofTopic: topic, wanting: operation)
                    })
            }
        }
    }

    /// The error of one item of an answer; nil where it is done.
    func itemError(_ code: rd_kafka_resp_err_t, _ text: UnsafePointer<CChar>?) -> StreamsError? {
        let code = ErrorCode(code)
        if code == .noError { return nil }
        let text = text.map { String(cString: $0) }
        return StreamsError(code, reason: text == code.text ? nil : text)
    }
}
