import CRdkafka
import CSystem

/// Transactions: what is produced between `beginTransaction` and `commitTransaction` is seen as a whole, or not at all.
///
/// Time-outs are milliseconds; -1 is `transaction.timeout.ms`, and for `initTransactions` twice that. What is thrown says
/// whether the call may be made again (`isRetriable`), the transaction must be aborted (`requiresAbort`), or the producer is of
/// no use any more (`isFatal`).
extension Producer {
    /// Ends what an earlier producer of the same `transactional.id` has left, and fences it. Waits.
    ///
    /// - Note: `rd_kafka_init_transactions`.
    public func initTransactions(milliseconds: Int32) throws(StreamsError) {
        try check(rd_kafka_init_transactions(handle, milliseconds))
    }

    /// - Note: `rd_kafka_begin_transaction`.
    public func beginTransaction() throws(StreamsError) { try check(rd_kafka_begin_transaction(handle)) }

    /// Makes a consumer's offsets part of the transaction. Waits.
    ///
    /// Where the time is over the request goes on, and a later call waits for that one first.
    ///
    /// - Parameters:
    ///   - positions: the offsets to be consumed next; those that are no real offset are left out.
    ///   - group: of the consumer, see `Consumer.groupMetadata`.
    /// - Note: `rd_kafka_send_offsets_to_transaction`.
    public func sendOffsets(
        _ positions: [TopicPartition], group: GroupMetadata, milliseconds: Int32
    ) throws(StreamsError) {
        let request = OffsetsRequest(
            of: Unmanaged.passUnretained(self), positions, group: group, milliseconds: milliseconds)
        while !request.wait(milliseconds: request.deadline.nextSlice) {
            if request.deadline.hasPassed { throw request.giveUp() }
        }
        try request.result()
    }

    /// The same in librdkafka, which may wait for ever: see `OffsetsRequest`.
    func sendOffsetsWithoutEnd(
        _ positions: [TopicPartition], group: GroupMetadata, milliseconds: Int32
    ) throws(StreamsError) {
        let list = try TopicPartitionList(positions, names: names)
        let metadata = try group.raw()
        defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
        try check(list.withRaw { rd_kafka_send_offsets_to_transaction(handle, $0, metadata, milliseconds) })
    }

    /// Waits for the messages to be delivered, then for the commit. Serves events meanwhile, on the thread that calls.
    ///
    /// - Note: `rd_kafka_commit_transaction`.
    public func commitTransaction(milliseconds: Int32) throws(StreamsError) {
        try check(rd_kafka_commit_transaction(handle, endingDeadline(milliseconds: milliseconds).milliseconds))
    }

    /// Gives up the messages that wait, waits for those that were sent, then for the abort. Serves events meanwhile, on
    /// the thread that calls. Where messages are not answered for, it waits for one first: see `awaitReport`.
    ///
    /// - Parameter isGivenUp: whether nobody waits for the abort any more: it is not put off then.
    /// - Note: `rd_kafka_abort_transaction`.
    public func abortTransaction(milliseconds: Int32, unless isGivenUp: GivenUp) throws(StreamsError) {
        let deadline = endingDeadline(milliseconds: milliseconds)
        awaitReport(until: deadline, unless: isGivenUp)
        try check(rd_kafka_abort_transaction(handle, deadline.milliseconds))
    }

    /// The longest wait, in milliseconds, where messages are there that nothing is heard of: those of a topic that nobody has
    /// made, say, or of `linger.ms`. librdkafka asks the coordinator every 20 ms, and that is ready within some of these.
    private static let longestWaitForReport: Int32 = 2000

    /// Waits until a message of the transaction is answered for, if there are any, and serves events meanwhile.
    ///
    /// A coordinator that is not done with the transaction before (it writes the markers of a commit after it has answered)
    /// refuses this one's partitions, and librdkafka asks again. An abort in that moment it refuses with INVALID_TXN_STATE, since
    /// it knows of nothing to abort, and that is fatal in librdkafka (its issue 4849). With the first message that is answered
    /// for, the partitions were taken in. Half of the time is left to the abort; and where the coordinator is gone, which no
    /// partitions can reach, nothing is waited for.
    private func awaitReport(until deadline: Deadline, unless isGivenUp: GivenUp) {
        // Nil where there are no transactions.
        guard let coordinator = context.coordinator, StreamsError(fatalOf: handle) == nil else { return }
        let all = unanswered
        let limit = Deadline(milliseconds: min(Self.longestWaitForReport, deadline.remaining / 2))
        while unanswered >= all && all > 0 && !limit.hasPassed && coordinator.isConnected && !isGivenUp.isNoted {
            // Another thread may be served the report: it is looked for again soon.
            _ = poll(milliseconds: min(limit.remaining, 10))
        }
    }

    /// Messages of librdkafka's whose reports have not been served.
    private var unanswered: Int { undelivered - rejected.count }

    /// `transaction.timeout.ms`.
    private var longestTransaction: Int32 { property("transaction.timeout.ms").flatMap { Int32($0) } ?? 60_000 }

    /// When a commit or an abort is to return: librdkafka takes -1 for no end, though it says that of the transaction's.
    public func endingDeadline(milliseconds: Int32) -> Deadline {
        Deadline(milliseconds: milliseconds < 0 ? longestTransaction : milliseconds)
    }

    /// When offsets are to be there: not after the time of a transaction, as in librdkafka.
    func offsetsDeadline(milliseconds: Int32) -> Deadline {
        Deadline(milliseconds: milliseconds < 0 ? longestTransaction : min(milliseconds, longestTransaction))
    }
}

/// Which member of which group, in which of its generations: what the group's coordinator wants to know of offsets that come
/// from a producer.
///
/// - Note: `rd_kafka_consumer_group_metadata_t`.
public struct GroupMetadata: Sendable {
    /// librdkafka's own form, for what is kept or sent. - Note: `rd_kafka_consumer_group_metadata_write`.
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// What librdkafka begins its own form with: all releases that we support.
    private static let magic: StaticString = "CGMDv2:"

    /// Whether all is there that librdkafka will read: it looks at no length, and would read on behind the end.
    ///
    /// After the magic word and the generation, of 32 bits, come the group and the member, each with a zero at its end, and a
    /// byte that says whether there is no instance, which would come last. What begins otherwise librdkafka refuses itself.
    public var isWhole: Bool {
        let magicCount = Self.magic.utf8CodeUnitCount
        let isOfThisForm = bytes.withUnsafeBytes {
            $0.count >= magicCount && memcmp($0.baseAddress.unsafelyUnwrapped, Self.magic.utf8Start, magicCount) == 0
        }
        if !isOfThisForm { return true }
        var place = magicCount + MemoryLayout<Int32>.size
        /// Goes behind the next text, whose last byte is zero.
        func skipText() -> Bool {
            guard place < bytes.count, let end = bytes[place...].firstIndex(of: 0) else { return false }
            place = end + 1
            return true
        }
        guard skipText(), skipText(), place < bytes.count else { return false }
        let hasInstance = bytes[place] == 0
        place += 1
        if hasInstance && !skipText() { return false }
        return place == bytes.count
    }

    /// The caller destroys it.
    fileprivate func raw() throws(StreamsError) -> OpaquePointer {
        var metadata: OpaquePointer?
        try StreamsError.check(
            bytes.withUnsafeBytes { rd_kafka_consumer_group_metadata_read(&metadata, $0.baseAddress, $0.count) })
        return metadata.unsafelyUnwrapped
    }
}

/// Whether nobody waits any more for a call that goes on: whoever did, on another thread, says so.
public final class GivenUp: Sendable {
    private let state = Guarded(false)

    public init() {}

    public func note() { state.withLock { $0 = true } }

    var isNoted: Bool { state.withLock { $0 } }
}
