import CRdkafka
import CSystem

/// Has a mock cluster refuse topics that no Kafka takes, as Kafka does, and members of a group that it does not survive.
///
/// librdkafka's mock cluster creates each topic that a client asks for, and cannot be told not to. So before a client of this
/// process asks for a name that Kafka refuses, the topic is made: with no partitions, and with the error that Kafka answers.
/// What clients of other processes and libraries ask for nobody hears of.
final class MockTopicNames: Sendable {
    private struct State: @unchecked Sendable {
        // Unchecked: librdkafka guards the cluster with a lock of its own.
        /// Nil once it is to end.
        var cluster: OpaquePointer?
        var refused: Set<String> = []
        /// The groups of consumers of this process.
        var groups: [String: Group] = [:]
    }

    private struct Group {
        /// The name of the assignor that its members put first.
        let assignor: String
        var members = 0
        /// When those were dropped leave that have not said so.
        var leaving: [Deadline] = []

        /// The same without those that have left.
        var now: Group {
            var group = self
            group.leaving.removeAll { $0.hasPassed }
            return group
        }
        var isEmpty: Bool { members == 0 && leaving.isEmpty }
    }

    /// The clusters of this process, by the ports of their brokers.
    private static let all = Guarded<[Int: MockTopicNames]>([:], acrossForks: true)

    private let ports: [Int]
    private let state: Guarded<State>
    private let refusesNames: Bool
    /// In the child of a fork nobody would answer.
    private let process = getpid()

    init(_ cluster: OpaquePointer, at bootstrapServers: String, refusesNames: Bool) {
        self.refusesNames = refusesNames
        let ports = Self.ports(in: bootstrapServers)
        self.ports = ports
        state = Guarded(State(cluster: cluster))
        Self.all.withLock { all in for port in ports { all[port] = self } }
    }

    /// No client uses the cluster from then on.
    func close() {
        Self.all.withLock { all in for port in ports where all[port] === self { all[port] = nil } }
        state.withLock { $0.cluster = nil }
    }

    /// Those of the cluster that a client talks to; nil where that is another process's, or Kafka's.
    static func of(_ bootstrapServers: String) -> MockTopicNames? {
        all.withLock { all in
            if all.isEmpty { return nil }
            for port in ports(in: bootstrapServers) { if let found = all[port] { return found } }
            return nil
        }
    }

    private static func ports(in bootstrapServers: String) -> [Int] {
        var ports: [Int] = []
        for address in bootstrapServers.split(separator: ",") {
            guard address.includes("127.0.0.1:") || address.includes("localhost:"),
                let colon = address.lastIndex(of: ":")
            else { continue }
            if let port = Int(address[address.index(after: colon)...].trimmedOfSpaces) { ports.append(port) }
        }
        return ports
    }

    /// Called before a client asks for a topic.
    ///
    /// - Note: `rd_kafka_mock_topic_create`, `rd_kafka_mock_topic_set_error`.
    func willAsk(for topic: String) {
        if !refusesNames || topic.isEmpty || Topic.isName(topic) { return }
        guard process == getpid(), let create = Symbols.Mock.topicCreate.address,
            let setError = Symbols.Mock.topicSetError.address
        else { return }
        state.withLock { state in
            guard let cluster = state.cluster, state.refused.insert(topic).inserted else { return }
            // One that is there already has partitions, which clients of librdkafka 2.3 to 2.9 crash on beside an error.
            guard create(cluster, topic, 0, 1) == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
            setError(cluster, topic, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
        }
    }

    /// Called before a consumer joins its group, once for each consumer.
    ///
    /// Kafka looks for an assignor that all members have. The mock cluster takes the first one of its leader, and librdkafka
    /// aborts where another member has another in front (`rd_kafka_mock_cgrp_elect_leader`, 2.0.2 to 2.16.1).
    /// - Parameter assignors: `partition.assignment.strategy`.
    func willJoin(_ group: String, _ assignors: String) throws(StreamsError) {
        guard process == getpid(),
            let assignor = assignors.split(separator: ",").map({ $0.trimmedOfSpaces }).first(where: { !$0.isEmpty })
        else { return }
        let other: String? = state.withLock { state in
            var there = state.groups[group]?.now ?? Group(assignor: assignor)
            if there.isEmpty { there = Group(assignor: assignor) }
            if there.assignor != assignor { return there.assignor }
            there.members += 1
            state.groups[group] = there
            return nil
        }
        guard let other else { return }
        throw StreamsError(
            ErrorCode(RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL),
            reason: "a mock cluster has one assignor for all members of a group: in \"\(group)\" another consumer has"
                + " \"\(other)\" first in its partition.assignment.strategy, and this one \"\(assignor)\"")
    }

    /// Called when a consumer has left its group, or will have in so many milliseconds.
    func hasLeft(_ group: String, after milliseconds: Int32) {
        guard process == getpid() else { return }
        state.withLock { state in
            guard var there = state.groups[group]?.now else { return }
            there.members -= 1
            if milliseconds > 0 { there.leaving.append(Deadline(milliseconds: milliseconds)) }
            state.groups[group] = there.isEmpty ? nil : there
        }
    }
}
