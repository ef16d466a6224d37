import CRdkafka

/// Offsets on their way into a transaction, by `rd_kafka_send_offsets_to_transaction`, which may never return: it does not look
/// at the time while it waits for the coordinator of the consumer's group (librdkafka's issue 5456).
///
/// So it runs on a thread of its own, and who waits for it looks at the time. A request that is given up goes on, and librdkafka
/// refuses all other calls of the transaction meanwhile: whoever makes one waits for that first
/// (`Producer.awaitOffsetsGivenUp`).
public final class OffsetsRequest {
    /// When the time is over: that of the transaction is the longest, as in librdkafka.
    public let deadline: Deadline
    /// Not counted: who waits keeps it alive, and so does the thread.
    private let producer: Unmanaged<Producer>
    private let positions: [TopicPartition]
    private let group: GroupMetadata
    /// Nil where it has not begun.
    private var call: HelperCall<Void>?
    private var failure: StreamsError?

    /// Begins nothing before `wait` is called.
    ///
    /// - Parameters: those of `Producer.sendOffsets`.
    public init(
        of producer: Unmanaged<Producer>, _ positions: [TopicPartition], group: GroupMetadata, milliseconds: Int32
    ) {
        self.producer = producer
        self.positions = positions
        self.group = group
        deadline = producer.use { $0.offsetsDeadline(milliseconds: milliseconds) }
    }

    /// Waits for its end; first for that of one that was given up before.
    ///
    /// - Returns: whether it has ended: then there is a `result`.
    public func wait(milliseconds: Int32) -> Bool {
        if failure != nil { return true }
        let slice = Deadline(milliseconds: max(0, milliseconds))
        if call == nil {
            guard producer.use({ $0.awaitOffsetsGivenUp(milliseconds: milliseconds) }) else { return false }
            do throws(StreamsError) {
                call = try begin()
            } catch {
                failure = error
                return true
            }
        }
        producer.use { $0.wakeCoordinatorRequest() }
        return call.unsafelyUnwrapped.wait(milliseconds: slice.remaining)
    }

    /// - Throws: what librdkafka says, once `wait` has told of the end.
    public func result() throws(StreamsError) {
        if let failure { throw failure }
        try call?.result()
    }

    /// Nobody waits for it any more.
    ///
    /// - Returns: what to say where that is for want of time.
    @discardableResult
    public func giveUp() -> StreamsError {
        if let call { producer.use { $0.giveUp(call, of: producer) } }
        return Producer.offsetsAreUnderWay
    }

    /// How long librdkafka is to ask a coordinator again that is not ready, or does not know a topic.
    ///
    /// It asks every 500 ms, and gives up with the first such answer after its time: within the second that is kept back, so
    /// that its word of what is wrong, and that the transaction must be aborted, is there in time. A second it has in any case.
    private static func timeToAsk(until deadline: Deadline) -> Int32 {
        max(deadline.remaining - 1000, min(deadline.remaining, 1000))
    }

    private func begin() throws(StreamsError) -> HelperCall<Void> {
        let (producer, positions, group, deadline) = (producer, positions, group, deadline)
        _ = producer.retain()
        do throws(StreamsError) {
            producer.use { $0.context.coordinator?.begin() }
            return try HelperCall { () throws(StreamsError) in
                defer { producer.release() }
                try producer.use { (producer) throws(StreamsError) in
                    try producer.sendOffsetsWithoutEnd(
                        positions, group: group, milliseconds: Self.timeToAsk(until: deadline))
                }
            }
        } catch {
            producer.release()
            throw error
        }
    }
}

extension Producer {
    /// What a call says whose time is over while offsets are under way.
    public static var offsetsAreUnderWay: StreamsError {
        var error = StreamsError(
            .timedOut,
            reason: "the consumer's offsets are still on their way into the transaction: the coordinator of its group,"
                + " or that of the transaction, has not answered, or is not ready; the next call goes on waiting"
                + " for it")
        error.isRetriable = true
        return error
    }

    /// Offsets that were given up are under way: librdkafka refuses the transaction's other calls meanwhile.
    public var hasOffsetsGivenUp: Bool { offsetsGivenUp.withLock { $0 != nil } }

    /// Waits for the end of offsets that were given up.
    ///
    /// - Returns: whether none are under way.
    public func awaitOffsetsGivenUp(milliseconds: Int32) -> Bool {
        guard let call = offsetsGivenUp.withLock({ $0 }) else { return true }
        if !call.wait(milliseconds: milliseconds) { return false }
        offsetsGivenUp.withLock { if $0 === call { $0 = nil } }
        return true
    }

    func wakeCoordinatorRequest() { context.coordinator?.wakeRequest() }

    /// Keeps a request that nobody waits for, and sees to it that it comes to its end: the client lives as long.
    fileprivate func giveUp(_ call: HelperCall<Void>, of producer: Unmanaged<Producer>) {
        // The child of a fork has nothing that goes on.
        if isAbandoned || call.wait(milliseconds: 0) { return }
        offsetsGivenUp.withLock { $0 = call }
        _ = producer.retain()
        do throws(StreamsError) {
            _ = try HelperCall<Void> { () throws(StreamsError) in
                defer { producer.release() }
                while !call.wait(milliseconds: Int32(CoordinatorConnection.firstPause)) {
                    producer.use { $0.wakeCoordinatorRequest() }
                }
            }
        } catch {
            producer.release()
        }
    }
}
