import CRdkafka
import CSystem

/// A partition, and what is known of it.
public struct TopicPartition: Sendable {
    @inlinable @inline(__always)
    public static var unassignedPartition: Int32 { RD_KAFKA_PARTITION_UA }
    /// No offset. librdkafka's logical offsets are negative: -2 beginning, -1 end, -1000 stored, -1001 invalid.
    public static let invalidOffset: Int64 = -1001
    /// What a partition that was assigned without an offset has in the assignment: the committed one.
    static let storedOffset: Int64 = -1000

    public var topic: String
    public var partition: Int32
    public var offset: Int64
    public var metadata: String?
    public var leaderEpoch: Int32?
    public var error: ErrorCode?
    /// What is known of the error beside its code.
    public var reason: String?

    public init(
        _ topic: String, _ partition: Int32 = unassignedPartition, offset: Int64 = invalidOffset,
        metadata: String? = nil, leaderEpoch: Int32? = nil, error: ErrorCode? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.metadata = metadata
        self.leaderEpoch = leaderEpoch
        self.error = error
    }
}

extension TopicPartition {
    /// The error in full, nil where there is none.
    public var failure: StreamsError? { error.map { StreamsError($0, reason: reason) } }

    /// As librdkafka writes it: `topic [0]`.
    var name: String { "\(topic) [\(partition)]" }

    func isSamePartition(as other: TopicPartition) -> Bool { partition == other.partition && topic == other.topic }

    /// Throws where it names a topic and no partition of it.
    func checkNumber() throws(StreamsError) {
        if partition < 0 {
            throw StreamsError(
                .invalidArgument, reason: "\(name): a partition of topic \"\(topic)\" is needed, from 0 on")
        }
    }
}

extension [TopicPartition] {
    /// Throws where a partition is there twice.
    func checkEachOnce() throws(StreamsError) {
        var seen: Set<PartitionKey> = []
        for partition in self where !seen.insert(PartitionKey(partition)).inserted {
            throw StreamsError(.invalidArgument, reason: "\(partition.name) is in the list more than once")
        }
    }

    /// Each partition once, with what the list says of it last.
    func keepingLast() -> [TopicPartition] {
        var places: [PartitionKey: Int] = [:]
        var result: [TopicPartition] = []
        for partition in self {
            if let place = places[PartitionKey(partition)] {
                result[place] = partition
            } else {
                places[PartitionKey(partition)] = result.count
                result.append(partition)
            }
        }
        return result
    }

    /// Those that are not among others.
    func without(_ others: [TopicPartition]) -> [TopicPartition] {
        let keys = Set(others.map { PartitionKey($0) })
        return filter { !keys.contains(PartitionKey($0)) }
    }

    /// What `ask` answers for each of them, in their order, though it can answer for a partition only once at a time.
    func askedInRounds(
        _ ask: ([TopicPartition]) throws(StreamsError) -> [TopicPartition]
    ) throws(StreamsError) -> [TopicPartition] {
        var result = self
        var left = Array<Int>(indices)
        repeat {
            var seen: Set<PartitionKey> = []
            var round: [Int] = []
            var later: [Int] = []
            for index in left {
                if seen.insert(PartitionKey(self[index])).inserted { round.append(index) } else { later.append(index) }
            }
            let answers = try ask(round.map { self[$0] })
            for (index, answer) in zip(round, answers) { result[index] = answer }
            left = later
        } while !left.isEmpty
        return result
    }
}

/// What makes two partitions the same.
struct PartitionKey: Hashable {
    let topic: String
    let partition: Int32

    init(_ partition: TopicPartition) {
        topic = partition.topic
        self.partition = partition.partition
    }
}

/// librdkafka's list of partitions, and its one owner.
///
/// - Note: `rd_kafka_topic_partition_list_t`.
public final class TopicPartitionList {
    private let raw: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
    /// Of the client whose list it is: the raw list has Kafka's names, and everything else the application's.
    private let names: TopicNames?

    /// Takes over a list that librdkafka has made.
    init(owning raw: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>, names: TopicNames?) {
        self.raw = raw
        self.names = names
    }

    /// - Throws: `_INVALID_ARG` for a name that cannot be a topic's.
    public init(_ partitions: [TopicPartition], names: TopicNames?) throws(StreamsError) {
        self.names = names
        raw = rd_kafka_topic_partition_list_new(Int32(partitions.count))
        for partition in partitions { try add(partition) }
    }

    /// A list of topics, for a subscription.
    ///
    /// - Throws: `_INVALID_ARG` for a name that cannot be a topic's.
    public init(topics: [String], names: TopicNames?) throws(StreamsError) {
        self.names = names
        raw = rd_kafka_topic_partition_list_new(Int32(topics.count))
        for topic in topics {
            rd_kafka_topic_partition_list_add(raw, try names.kafkaTopic(for: topic), RD_KAFKA_PARTITION_UA)
        }
    }

    deinit { rd_kafka_topic_partition_list_destroy(raw) }

    private func add(_ partition: TopicPartition) throws(StreamsError) {
        let topic = try names.oneKafkaTopic(for: partition.topic)
        guard let element = rd_kafka_topic_partition_list_add(raw, topic, partition.partition) else { return }
        element.pointee.offset = partition.offset
        if var metadata = partition.metadata {
            // librdkafka frees the copy together with the list.
            metadata.withUTF8 { bytes in
                guard let copy = malloc(max(bytes.count, 1)) else { return }
                if let start = bytes.baseAddress { memcpy(copy, start, bytes.count) }
                element.pointee.metadata = copy
                element.pointee.metadata_size = bytes.count
            }
        }
        if let epoch = partition.leaderEpoch { Symbols.partitionSetLeaderEpoch.address?(element, epoch) }
    }

    public var partitions: [TopicPartition] { withRaw { Self.partitions(of: $0, names: names) } }

    /// Lends the list to a call of librdkafka's. The pointer alone would not keep the list alive.
    func withRaw<Result, Failure: Error>(
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(raw)
    }

    /// The elements of a list that somebody else owns.
    static func partitions(
        of list: UnsafePointer<rd_kafka_topic_partition_list_t>?, names: TopicNames?
    ) -> [TopicPartition] {
        guard let list, list.pointee.cnt > 0 else { return [] }
        return (0..<Int(list.pointee.cnt)).map { partition(of: list.pointee.elems + $0, names: names) }
    }

    /// An element of such a list.
    static func partition(
        of element: UnsafePointer<rd_kafka_topic_partition_t>, names: TopicNames?
    ) -> TopicPartition {
        var metadata: String?
        if let start = element.pointee.metadata {
            metadata = String(
                decoding: UnsafeRawBufferPointer(start: start, count: element.pointee.metadata_size), as: UTF8.self)
        }
        let epoch = Symbols.partitionGetLeaderEpoch.address?(element) ?? -1
        let error = ErrorCode(element.pointee.err)
        let topic = String(cString: element.pointee.topic)
        var partition = TopicPartition(
            names.name(ofKafkaTopic: topic), element.pointee.partition, offset: element.pointee.offset,
            metadata: metadata, leaderEpoch: epoch >= 0 ? epoch : nil, error: error == .noError ? nil : error)
        // The client's own word that it does not know a partition says only that it is not assigned.
        if error.rawValue > 0,
            let cure = error.cure(
                ofTopic: topic, partition: partition.partition, names: names,
                operation: ClientKind.consumer.operation)
        {
            partition.reason = StreamsError(error).followed(by: cure).reason
        }
        return partition
    }
}
