import CRdkafka

/// What librdkafka says of a message beyond its public fields.
public enum Message {
    private typealias LeaderEpoch = @convention(c) (UnsafePointer<rd_kafka_message_t>?) -> Int32
    // librdkafka 2.1.0 and later.
    private static let leaderEpoch = Librdkafka.function("rd_kafka_message_leader_epoch", as: LeaderEpoch.self)

    /// The epoch of the leader that the message came from; -1 where it is not known.
    ///
    /// - Note: `rd_kafka_message_leader_epoch`.
    public static func leaderEpoch(_ message: UnsafePointer<rd_kafka_message_t>) -> Int32 {
        leaderEpoch?(message) ?? -1
    }
}
