import CRdkafka

/// What librdkafka says of a message beyond its public fields.
public enum Message {
    /// librdkafka 2.1.0 crashes where it is asked about an error that has no partition (its issue 4245).
    private static let leaderEpoch = Librdkafka.isAtLeast(2, 1, 1) ? Symbols.messageLeaderEpoch.address : nil

    /// The epoch of the leader that the message came from; -1 where it is not known, as before librdkafka 2.1.1.
    ///
    /// - Note: `rd_kafka_message_leader_epoch`.
    public static func leaderEpoch(_ message: UnsafePointer<rd_kafka_message_t>) -> Int32 {
        leaderEpoch?(message) ?? -1
    }
}
