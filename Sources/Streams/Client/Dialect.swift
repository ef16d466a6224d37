/// Whose rules hold where MapR Event Store and Apache Kafka differ.
public enum Dialect: String, Sendable {
    /// What MapR documents.
    case mapr
    /// librdkafka's.
    case kafka

    /// The property that chooses it.
    public static let property = "streams.compatibility"
    /// The environment variable that chooses it for clients without the property.
    public static let environmentVariable = "MAPR_STREAMS_COMPATIBILITY"

    /// - Throws: where `text` names neither dialect; `source` says where the text came from.
    public init(_ text: String, from source: String) throws(StreamsError) {
        guard let dialect = Dialect(rawValue: text.lowercased()) else {
            throw StreamsError(
                .invalidArgument, reason: "\(source) must be \"mapr\" or \"kafka\", not \"\(text)\"")
        }
        self = dialect
    }
}
