import CRdkafka

/// What librdkafka says of a message beyond its public fields.
public enum Message {
    /// The epoch of the leader that the message came from; -1 where it is not known, as before librdkafka 2.1.0.
    ///
    /// - Note: `rd_kafka_message_leader_epoch`.
    public static func leaderEpoch(_ message: UnsafePointer<rd_kafka_message_t>) -> Int32 {
        Symbols.messageLeaderEpoch.address?(message) ?? -1
    }
}
