import CRdkafka

/// A queue of librdkafka's, and one reference to it, which is given back at the end of its life.
///
/// All of its functions may be called from any thread. It goes before its client does.
public final class EventQueue: @unchecked Sendable {
    // Unchecked: librdkafka's queues belong to no thread.
    @usableFromInline let raw: OpaquePointer

    /// Takes over a reference.
    init(owning raw: OpaquePointer) { self.raw = raw }

    /// A queue of its own. - Note: `rd_kafka_queue_new`.
    init(of client: OpaquePointer) { raw = rd_kafka_queue_new(client) }

    deinit { rd_kafka_queue_destroy(raw) }

    /// How many messages and events wait in it. - Note: `rd_kafka_queue_length`.
    public var count: Int { rd_kafka_queue_length(raw) }

    /// The next event, which the caller destroys; nil where the time is over. - Note: `rd_kafka_queue_poll`.
    func poll(milliseconds: Int32) -> OpaquePointer? { rd_kafka_queue_poll(raw, milliseconds) }

    /// Ends a wait in `poll`; where none is under way, the next one. - Note: `rd_kafka_queue_yield`.
    func stopWaiting() { rd_kafka_queue_yield(raw) }

    /// Has librdkafka write a byte to a file, a pipe say, whenever something comes into the queue while it is empty.
    ///
    /// - Parameter file: nil ends it. It stays open until then, and does not block.
    /// - Note: `rd_kafka_queue_io_event_enable`.
    public func wake(byWritingTo file: Int32?) {
        guard let file else { return rd_kafka_queue_io_event_enable(raw, -1, nil, 0) }
        var byte: UInt8 = 1
        rd_kafka_queue_io_event_enable(raw, file, &byte, 1)
    }
}
