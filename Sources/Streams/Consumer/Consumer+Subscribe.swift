import CRdkafka
import CSystem

extension Consumer {
    /// Subscribes to topics, and to patterns that begin with `^`; replaces the subscription before.
    ///
    /// - Throws: `_CONFLICT` in the MapR dialect, where the application has assigned partitions itself; `_UNKNOWN_GROUP`
    ///   without a group.
    /// - Note: `rd_kafka_subscribe`.
    public func subscribe(_ topics: [String]) throws(StreamsError) {
        for topic in topics {
            try checkTopicName(topic)
            // It could only ever wait: a topic of Kafka's has no '/' in its name, and a stream's has none behind the stream.
            if topic.hasPrefix("^/"), names != nil {
                throw StreamsError(
                    .invalidArgument,
                    reason: "\"\(topic)\" can match no topic: the ^ of a pattern stands behind the stream, as in"
                        + " /path/to/stream:^pattern")
            }
        }
        if dialect == .mapr && group.withLock({ $0.isAssignedByApplication }) {
            throw StreamsError(
                .conflict,
                reason: "the consumer is assigned to partitions: call unassign() before subscribe()")
        }
        let list = try TopicPartitionList(topics: topics, names: names)
        try willAsk(for: topics)
        try willJoin()
        do throws(StreamsError) {
            try subscribe(to: list)
        } catch {
            // librdkafka does not say which one it could not compile.
            for topic in topics where error.code == .invalidArgument {
                let pattern = try names.kafkaTopic(for: topic)
                if pattern.hasPrefix("^") && !TopicRules.canCompile(pattern) { throw StreamsError(noPattern: topic) }
            }
            throw error
        }
    }

    /// See `MockTopicNames.willJoin`. Once is enough, and a member is one until the consumer has ended.
    private func willJoin() throws(StreamsError) {
        guard let mockNames, property("group.protocol") != "consumer", let name = property("group.id"),
            let assignors = property("partition.assignment.strategy")
        else { return }
        let wasMember = group.withLock { group in
            defer { group.isMockMember = true }
            return group.isMockMember
        }
        if wasMember { return }
        do throws(StreamsError) {
            try mockNames.willJoin(name, assignors)
        } catch {
            group.withLock { $0.isMockMember = false }
            throw error
        }
    }

    /// - Parameter hasSaidSo: else it is a member until the session is over.
    func leaveMockGroup(hasSaidSo: Bool) {
        guard let mockNames, group.withLock({ $0.isMockMember }), let name = property("group.id") else { return }
        let session = property("session.timeout.ms").flatMap { Int32($0) } ?? 45_000
        mockNames.hasLeft(name, after: hasSaidSo ? 0 : session)
    }

    /// Called before a subscription of a mock cluster's group ends, by another one too: a member that joins just then is told
    /// its name too late to leave by it, and joins anew under another one.
    func noteStrayJoin() {
        if isSubscribedOnMock && !hasJoined { mayHaveStrayed = true }
    }

    private func subscribe(to list: TopicPartitionList) throws(StreamsError) {
        // A subscription that a close finds at its end makes librdkafka abort, up to 2.16.1 at least.
        try checkWithOpenGroup(beforeCloseOnly: true) {
            // librdkafka changes the subscription of a cooperative member, and aborts where that member has left the group
            // and is about to join it again (`rd_kafka_cgrp_modify_subscription`, 2.0.2 to 2.16.1). It has no partitions
            // to keep then, so its subscription may as well begin anew.
            if isCooperative && !hasJoined { _ = rd_kafka_unsubscribe(handle) }
            hasSubscribed = true
            noteStrayJoin()
            isSubscribedOnMock = mockNames != nil
            return list.withRaw { rd_kafka_subscribe(handle, $0) }
        }
    }

    /// Ends the subscription.
    ///
    /// - Note: `rd_kafka_unsubscribe`.
    public func unsubscribe() throws(StreamsError) {
        try checkWithOpenGroup {
            noteStrayJoin()
            isSubscribedOnMock = false
            return rd_kafka_unsubscribe(handle)
        }
    }

    /// The group's name for this member; nil before it has joined and once it leaves. - Note: `rd_kafka_memberid`.
    public var memberID: String? {
        guard let id = try? withOpenGroup({ askMemberID() }) else { return nil }
        return id
    }

    private var hasJoined: Bool { askMemberID() != nil }

    private func askMemberID() -> String? {
        guard let text = rd_kafka_memberid(handle) else { return nil }
        defer { rd_kafka_mem_free(handle, text) }
        return text[0] == 0 ? nil : String(cString: text)
    }
}
