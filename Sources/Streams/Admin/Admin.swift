import CRdkafka
import CServing
import CSystem

/// A client that administers a cluster.
///
/// A request is sent at once and answered later, on a thread of its own, which is there as long as answers are awaited. Any
/// number of requests may be under way.
public final class Admin: Client, @unchecked Sendable {
    // Unchecked: `awaited` is guarded, and `answers` changes at the end alone.

    /// The answers that are awaited.
    private struct Awaited {
        /// What becomes of each: with the event that has the answer, or nil where there will be none.
        var handlers: [Int: (OpaquePointer?) -> Void] = [:]
        var next = 1
        /// A thread waits for them.
        var isServed = false
    }

    private let awaited = Guarded(Awaited())
    /// Where answers come.
    private var answers: EventQueue?

    public init(
        configuration: Configuration, events: ClientEvents, owner: UnsafeMutableRawPointer? = nil
    ) throws(StreamsError) {
        try super.init(.admin, configuration: configuration, events: events, owner: owner)
        answers = EventQueue(of: handle)
    }

    override func willDestroy() { answers = nil }

    /// Waits for the thread that waits for answers, which may be telling of one.
    override func wasReleased() {
        answers?.stopWaiting()
        while awaited.withLock({ $0.isServed }) { usleep(500) }
    }

    /// Serves errors, statistics and log lines. - Returns: how many events were served.
    ///
    /// - Parameter place: at which a callback leaves it in the child of a fork.
    /// - Note: `rd_kafka_poll`.
    public func poll(milliseconds: Int32, leftAt place: Serving.Place) -> Int32 {
        rdk_poll(handle, milliseconds, place)
    }

    /// How many requests are under way.
    public var outstanding: Int { awaited.withLock { $0.handlers.count } }
}

/// What becomes of a request. Called once, on a thread of the client's own.
public typealias AdminCompletion<Answer> = (Result<Answer, StreamsError>) -> Void

extension Admin {
    /// Sends a request.
    ///
    /// - Parameters:
    ///   - isServedByMock: whether librdkafka's mock cluster answers it.
    ///   - operation: that of Kafka's access control which the user needs on the cluster.
    ///   - read: the answer that an event has.
    ///   - send: hands the request to librdkafka, which takes copies, and puts one event into the queue.
    /// - Throws: what is wrong with the request, in which case nothing was sent, and `complete` is not called.
    func request<Answer>(
        _ kind: rd_kafka_admin_op_t, _ options: AdminOptions, servedByMock isServedByMock: Bool = false,
        wanting operation: String = "Alter", then complete: @escaping AdminCompletion<Answer>,
        reading read: @escaping (OpaquePointer) -> Answer,
        _ send: (_ options: OpaquePointer, _ queue: OpaquePointer) -> Void
    ) throws(StreamsError) {
        guard let answers else { throw StreamsError(.destroyed) }
        if !isServedByMock { try refuseMock() }
        try options.withRaw(handle, kind) { raw throws(StreamsError) in
            let setOpaque = try Symbols.Admin.adminOptionsSetOpaque.required
            let number = try expect { [self] event in
                guard let event else { return complete(.failure(StreamsError(.destroyed))) }
                if let error = itemError(rd_kafka_event_error(event), rd_kafka_event_error_string(event)) {
                    return complete(.failure(explained(error, ofClusterWanting: operation)))
                }
                complete(.success(read(event)))
            }
            setOpaque(raw, UnsafeMutableRawPointer(bitPattern: number))
            send(raw, answers.raw)
        }
    }

    /// Throws where the cluster is a mock one.
    func refuseMock() throws(StreamsError) {
        if mockNames == nil { return }
        throw StreamsError(
            .unsupportedFeature,
            reason:
                "a mock cluster does not answer requests of administration but for descriptions and some about offsets"
                + " (docs/admin.md), and librdkafka would wait for one that does: a real Kafka is needed")
    }

    /// Notes an answer that is awaited, and sees to it that a thread waits for it. - Returns: its number.
    private func expect(_ handler: @escaping (OpaquePointer?) -> Void) throws(StreamsError) -> Int {
        try awaited.withLock { (awaited) throws(StreamsError) in
            // Under the lock: nobody may count on a thread that there will be none of.
            if !awaited.isServed {
                // The owner's reference lives until it has ended: see `wasReleased`.
                let client = Unmanaged.passUnretained(self)
                try HelperThreads.run(HelperThreads.Job { client.use { $0.serve() } })
            }
            awaited.isServed = true
            let number = awaited.next
            awaited.next += 1
            awaited.handlers[number] = handler
            return number
        }
    }

    /// How long the thread waits before it looks whether anybody has the client still, in milliseconds.
    private static let slice: Int32 = 100

    /// Waits for answers, until none is awaited or the owner has let go of the client.
    private func serve() {
        while !isReleased {
            if let event = answers?.poll(milliseconds: Self.slice) {
                let number = Int(bitPattern: rd_kafka_event_opaque(event))
                let handler = awaited.withLock { $0.handlers.removeValue(forKey: number) }
                handler?(event)
                // In the child of a fork the handler does not return.
                rd_kafka_event_destroy(event)
            }
            let isDone = awaited.withLock { awaited in
                if awaited.handlers.isEmpty { awaited.isServed = false }
                return awaited.handlers.isEmpty
            }
            if isDone { return }
        }
        // Nobody can send any more.
        let left = awaited.withLock { awaited in
            defer { awaited.handlers = [:] }
            return awaited.handlers
        }
        for number in left.keys.sorted() { left[number]?(nil) }
        awaited.withLock { $0.isServed = false }
    }
}
