import CRdkafka

// What an error of Kafka's is about, in the application's words, and what to do: librdkafka's texts name Kafka's topics, or none.

extension CallbackContext {
    /// The error with what is known beside it: the fatal error that it stands for, what it is about, or the reason why no
    /// connection came about.
    func explained(_ error: StreamsError, of handle: OpaquePointer?) -> StreamsError {
        var error = error
        if error.code == .fatal, let handle, let cause = StreamsError(fatalOf: handle) { error = cause }
        if let names, let reason = error.reason { error.reason = names.inApplicationsWords(reason) }
        switch error.code {
        // An administrator is of no group: who asked about one names it.
        case .groupAuthorizationFailed where kind.isGroupMember:
            return error.named(group: property("group.id", of: handle), wanting: "Read")
        case .invalidGroupID where kind.isGroupMember:
            return error.followed(by: "group.id is \"\(property("group.id", of: handle))\"")
        case .transactionalIDAuthorizationFailed:
            let id = property("transactional.id", of: handle)
            return error.followed(
                by: "transactional.id \"\(id)\": \(permission("Write", on: "transactional-id", id))")
        case .messageTooLarge, .recordListTooLarge:
            return error.followed(by: "raise max.message.bytes of the topic, or message.max.bytes of the brokers")
        case .invalidSessionTimeout:
            let timeout = property("session.timeout.ms", of: handle)
            return error.followed(
                by:
                    "session.timeout.ms is \(timeout), and the brokers take group.min.session.timeout.ms, 6000 unless it is"
                    + " set, to group.max.session.timeout.ms: \(toChange("session.timeout.ms"))")
        case .unknownTopicOrPartition:
            // Of an assigned partition: "topic [partition]: topic does not exist (…)".
            guard let reason = error.reason, let end = reason.range(of: " ["), reason.includes("]: ") else {
                return error
            }
            let topic = (try? names.kafkaTopic(for: String(reason[..<end.lowerBound]))) ?? ""
            let cure = error.code.cure(ofTopic: topic, partition: -1, names: names, operation: kind.operation)
            return cure.map { error.followed(by: $0) } ?? error
        case .purgedInQueue, .purgedInFlight:
            // With a fatal error librdkafka gives up what waits to be sent.
            guard let handle, let cause = StreamsError(fatalOf: handle) else { return error }
            error.isFatal = true
            return error.followed(by: "\(cause.code.name): \(cause.text)")
        case .messageTimedOut:
            let explained = failures.explained(error, namesStreams: namesStreams)
            guard let time = Int(property("message.timeout.ms", of: handle)), time > 0, time < Self.shortestTimeout
            else {
                return explained
            }
            return explained.followed(
                by: "message.timeout.ms is \(time), in which brokers hardly answer: \(toChange("message.timeout.ms"))")
        default:
            return failures.explained(error, namesStreams: namesStreams)
        }
    }

    /// Below this many milliseconds a record is more likely given up than delivered.
    private static let shortestTimeout = 1000

    private var namesStreams: Bool { names?.hasMapped ?? false }

    private func toChange(_ property: String) -> String {
        "raise it; where the application sets it, \(ConnectionFailures.override(property))"
    }

    /// The same for an error that is about a topic.
    ///
    /// - Parameters:
    ///   - partition: negative where it is about the topic as a whole.
    ///   - operation: that of Kafka's access control which the user needs; that of the kind of client where it is nil.
    func explained(
        _ error: StreamsError, ofTopic topic: String, partition: Int32, wanting operation: String?,
        of handle: OpaquePointer?
    ) -> StreamsError {
        guard
            let cure = error.code.cure(
                ofTopic: topic, partition: partition, names: names, operation: operation ?? kind.operation)
        else { return explained(error, of: handle) }
        var error = error
        if let names, let reason = error.reason { error.reason = names.inApplicationsWords(reason) }
        return error.followed(by: cure)
    }

    private func property(_ name: String, of handle: OpaquePointer?) -> String {
        guard let handle else { return "" }
        return Client.property(name, of: handle) ?? ""
    }
}

extension Client {
    /// The error, with what is known beside it: the fatal error that it stands for, whose limit it is, or the reason why
    /// no connection came about.
    public func explained(_ error: StreamsError) -> StreamsError { context.explained(error, of: handle) }

    /// The same for an error about a topic, or a partition of it: it is named in the application's words, with what to do.
    ///
    /// - Parameters:
    ///   - topic: Kafka's name.
    ///   - operation: that of Kafka's access control which the user needs; that of the kind of client where it is nil.
    public func explained(
        _ error: StreamsError, ofTopic topic: String, partition: Int32 = -1, wanting operation: String? = nil
    ) -> StreamsError {
        context.explained(error, ofTopic: topic, partition: partition, wanting: operation, of: handle)
    }

    /// The same for an item of a request, which the text names in any case.
    func explained(
        _ error: StreamsError, ofItem partition: Int32, of topic: String, wanting operation: String
    ) -> StreamsError {
        let explained = explained(error, ofTopic: topic, partition: partition, wanting: operation)
        let name = names.bothNames(ofKafkaTopic: topic)
        if explained.text.includes(name) { return explained }
        return explained.followed(by: partition < 0 ? "topic \(name)" : "partition \(partition) of topic \(name)")
    }

    /// The same for an error of a request about the cluster.
    func explained(_ error: StreamsError, ofClusterWanting operation: String) -> StreamsError {
        guard error.code == .clusterAuthorizationFailed else { return explained(error) }
        return error.followed(by: permission(operation, on: "cluster", nil))
    }

    /// The error of a record: of an event, whose text is librdkafka's, or of a report.
    public func error(of record: Record, isReport: Bool) -> StreamsError {
        var error = StreamsError(record.errorCode)
        if !isReport, let start = record.value {
            error.reason = String(
                decoding: UnsafeRawBufferPointer(start: start, count: record.valueCount), as: UTF8.self)
        }
        guard let topic = record.topic else { return explained(error) }
        return explained(error, ofTopic: topic.name, partition: record.isOfSubscribedTopic ? -1 : record.partition)
    }
}

extension StreamsError {
    /// An error about a group, with its name, and what to do.
    ///
    /// - Parameter operation: that of Kafka's access control which the user needs.
    func named(group: String, wanting operation: String) -> StreamsError {
        code == .groupAuthorizationFailed
            ? followed(by: "group \"\(group)\": \(permission(operation, on: "group", group))")
            : followed(by: "group \"\(group)\"")
    }
}

extension ErrorCode {
    /// What to do about an error of a topic; nil where the topic is not what matters.
    func cure(ofTopic topic: String, partition: Int32, names: TopicNames?, operation: String) -> String? {
        let name = names.bothNames(ofKafkaTopic: topic)
        switch self {
        // librdkafka says no more than that it does not exist, once it knows that the brokers refuse the name.
        case .unknownTopicOrPartition where !Topic.isName(topic), .unknownTopic where !Topic.isName(topic),
            .topicException:
            let words =
                "topic \(name): a topic's name on Kafka has up to 249 letters, digits, '.', '_' and '-', and differs from all"
                + " others in more than '.' and '_'"
            // "stream:topic" and "path/stream:topic".
            guard names != nil, topic.includes(":"), !topic.hasPrefix("^") else { return words }
            return "\(words); that of a stream's topic begins with '/', as in /path/to/stream:topic"
        case .unknownTopicOrPartition, .unknownTopic:
            let place = partition < 0 ? "" : "partition \(partition) of "
            let words =
                "\(place)topic \(name) does not exist: create it (kafka-topics.sh --bootstrap-server … --create --topic"
                + " '\(topic)'), or have the brokers do so by auto.create.topics.enable"
            if names.name(ofKafkaTopic: topic) == topic { return words }
            return "\(words); take as many partitions as it had on MapR, and where it has another name on Kafka, write"
                + " that in \(TopicRules.place)"
        case .unknownPartition:
            return partition < 0
                ? "topic \(name)"
                : "topic \(name) has no partition \(partition) that this client can see: create it, or add partitions, or let this"
                    + " user Describe the topic"
        case .topicAuthorizationFailed:
            return "topic \(name): \(permission(operation, on: "topic", topic))"
        case .messageTooLarge, .recordListTooLarge:
            return
                "raise max.message.bytes of topic \(name) (kafka-configs.sh --bootstrap-server … --alter --entity-type topics"
                + " --entity-name '\(topic)' --add-config max.message.bytes=…), or message.max.bytes of the brokers, which it"
                + " is unless it is set"
        case .invalidRecord:
            return "topic \(name): where it is compacted (cleanup.policy), each record needs a key"
        case .policyViolation:
            return "topic \(name): a rule of the cluster's forbids it"
        default:
            return nil
        }
    }
}

extension TopicNames? {
    /// A topic in the application's words, with Kafka's beside them where they differ.
    func bothNames(ofKafkaTopic topic: String) -> String {
        let name = name(ofKafkaTopic: topic)
        return name == topic ? "\"\(topic)\"" : "\"\(name)\" (\"\(topic)\" on Kafka)"
    }
}

private func permission(_ operation: String, on kind: String, _ name: String?) -> String {
    "this user needs the operation \(operation) on \(name == nil ? "the \(kind)" : "it") (kafka-acls.sh --bootstrap-server …"
        + " --add --allow-principal … --operation \(operation) --\(kind)\(name.map { " '\($0)'" } ?? ""))"
}
