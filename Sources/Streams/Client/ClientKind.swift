import CRdkafka

/// What kind of client one is, and what configuration and callbacks ask of that. What else a kind does in a way of its own,
/// its end above all, is in its class (`Client.willDestroy`, `destroyFlags`).
///
/// One more kind is one more case, and a class.
public enum ClientKind: UInt8, Sendable, CaseIterable {
    case producer
    case consumer
    /// For requests to the cluster's administration.
    case admin

    /// - Note: `rd_kafka_type_t`.
    var raw: rd_kafka_type_t {
        switch self {
        // librdkafka has no kind for it: one that joins no group costs the least.
        case .producer, .admin: RD_KAFKA_PRODUCER
        case .consumer: RD_KAFKA_CONSUMER
        }
    }

    /// Whose properties reach it, beside those of all clients.
    var properties: PropertyCatalogue.Clients {
        switch self {
        case .producer: .producers
        case .consumer: .consumers
        case .admin: .all
        }
    }

    /// MapR's property that names the stream of topics that are named without one; nil where there is none.
    var defaultStreamProperty: String? {
        switch self {
        case .producer: "streams.producer.default.stream"
        case .consumer: "streams.consumer.default.stream"
        case .admin: nil
        }
    }

    /// What it does to a topic, in the terms of Kafka's access control.
    var operation: String {
        switch self {
        case .producer: "Write"
        case .consumer: "Read"
        case .admin: "Alter"
        }
    }

    /// Whether librdkafka tells it of rebalances and of commits.
    var isGroupMember: Bool {
        switch self {
        case .producer, .admin: false
        case .consumer: true
        }
    }
}
