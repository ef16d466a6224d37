/// Where a group of consumers is in its life. Of `rd_kafka_consumer_group_state_t`.
public enum ConsumerGroupState: UInt32, Sendable {
    case unknown = 0
    case preparingRebalance = 1
    case completingRebalance = 2
    case stable = 3
    case dead = 4
    case empty = 5
}

/// By which protocol a group shares its partitions out. Of `rd_kafka_consumer_group_type_t`.
public enum ConsumerGroupType: UInt32, Sendable {
    case unknown = 0
    case consumer = 1
    case classic = 2
}

/// A group, as a list of them has it.
public struct ConsumerGroupListing: Sendable {
    public let group: String
    /// It only has offsets: nobody subscribes in it.
    public let isSimple: Bool
    public let state: ConsumerGroupState
    /// Nil where librdkafka is older than 2.6.0.
    public let type: ConsumerGroupType?
}

/// The groups of a cluster, as far as its brokers have told.
public struct ConsumerGroupListings: Sendable {
    public let groups: [ConsumerGroupListing]
    /// Of brokers that have not told.
    public let errors: [StreamsError]
}

/// A member of a group.
public struct ConsumerGroupMember: Sendable {
    public let id: String
    public let clientID: String
    /// Nil where it is no static member.
    public let instanceID: String?
    public let host: String
    public let assignment: [TopicPartition]
    /// What it is to have once the rebalance that is under way is over; nil with the classic protocol, and where librdkafka is
    /// older than 2.10.0.
    public let targetAssignment: [TopicPartition]?
}

/// A group, as its coordinator describes it.
public struct ConsumerGroupDescription: Sendable {
    public let group: String
    /// Nil where there is none.
    public let error: StreamsError?
    public let isSimple: Bool
    public let members: [ConsumerGroupMember]
    public let assignor: String
    public let state: ConsumerGroupState
    /// Nil where librdkafka is older than 2.10.0.
    public let type: ConsumerGroupType?
    public let coordinator: Node?
    /// What the user may do to it, of `rd_kafka_AclOperation_t`; nil where that was not asked for.
    public let authorizedOperations: [UInt32]?
}

/// What has become of one group of a request.
public struct ConsumerGroupResult: Sendable {
    public let group: String
    /// Nil where it is done.
    public let error: StreamsError?
    /// Where the request is about offsets: each with an error of its own.
    public let partitions: [TopicPartition]
}
