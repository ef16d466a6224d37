import CRdkafka
import CServing
import CSystem

/// A client that administers a cluster.
///
/// A request is sent at once and answered later, on a thread of its own, which is there as long as answers are awaited. Any
/// number of requests may be under way.
public final class Admin: Client, @unchecked Sendable {
    // Unchecked: `awaited` is guarded, and `answers` changes at the end alone.

    /// How a request ends.
    private enum Ending {
        /// With this event, which has the answer.
        case answered(OpaquePointer)
        case late
        /// The owner has let go of the client.
        case destroyed
    }

    /// A request whose answer is awaited.
    private struct Request {
        let end: (Ending) -> Void
        /// When it ends without an answer; nil where librdkafka sees to that.
        let deadline: Deadline?
    }

    /// The answers that are awaited.
    private struct Awaited {
        var requests: [Int: Request] = [:]
        var next = 1
        /// A thread waits for them.
        var isServed = false
    }

    private let awaited = Guarded(Awaited())
    /// Where answers come.
    private var answers: EventQueue?
    /// What asks for offsets that were committed, with the answers in the same queue.
    let readers = GroupReaders()

    public init(
        configuration: Configuration, events: ClientEvents, owner: UnsafeMutableRawPointer? = nil
    ) throws(StreamsError) {
        try super.init(.admin, configuration: configuration, events: events, owner: owner)
        answers = EventQueue(of: handle)
    }

    override func willDestroy() {
        answers = nil
        // What their handles log goes to the client's context. Where the owner has called `release`, they have ended.
        readers.end()
    }

    override func didSetCredentials(_ username: String, _ password: String) {
        if let likeness { readers.setCredentials(username, password, in: likeness) }
    }

    /// Waits for the thread that waits for answers, which may be telling of one.
    override func wasReleased() {
        answers?.stopWaiting()
        while awaited.withLock({ $0.isServed }) { usleep(500) }
        // They call what is the owner's, for logins.
        readers.end()
    }

    /// Serves errors, statistics and log lines. - Returns: how many events were served.
    ///
    /// - Parameter place: at which a callback leaves it in the child of a fork.
    /// - Note: `rd_kafka_poll`.
    public func poll(milliseconds: Int32, leftAt place: Serving.Place) -> Int32 {
        rdk_poll(handle, milliseconds, place)
    }

    /// How many requests are under way.
    public var outstanding: Int { awaited.withLock { $0.requests.count } }
}

/// What becomes of a request. Called once, on a thread of the client's own.
public typealias AdminCompletion<Answer> = (Result<Answer, StreamsError>) -> Void

extension Admin {
    /// Sends a request.
    ///
    /// - Parameters:
    ///   - isServedByMock: whether librdkafka's mock cluster answers it.
    ///   - isOfGroup: whether the coordinator of a group is asked. librdkafka, up to 2.16.0, aborts where it has ended such a
    ///     request for want of an answer, and the coordinator is there later. So the time is ours, and librdkafka has its
    ///     longest one, an hour; what it has after ours is dropped.
    ///   - operation: that of Kafka's access control which the user needs on the cluster.
    ///   - read: the answer that an event has.
    ///   - send: hands the request to librdkafka, which takes copies, and puts one event into the queue.
    /// - Throws: what is wrong with the request, in which case nothing was sent, and `complete` is not called.
    func request<Answer>(
        _ kind: rd_kafka_admin_op_t, _ options: AdminOptions, servedByMock isServedByMock: Bool = false,
        ofGroup isOfGroup: Bool = false, wanting operation: String = "Alter",
        then complete: @escaping AdminCompletion<Answer>, reading read: @escaping (OpaquePointer) -> Answer,
        _ send: (_ options: OpaquePointer, _ queue: OpaquePointer) -> Void
    ) throws(StreamsError) {
        guard let answers else { throw StreamsError(.destroyed) }
        if !isServedByMock { try refuseMock() }
        var options = options
        var deadline: Deadline?
        if isOfGroup {
            deadline = Deadline(milliseconds: options.requestTimeout ?? defaultTimeout)
            options.requestTimeout = Self.longestTimeout
        }
        try options.withRaw(handle, kind) { raw throws(StreamsError) in
            let setOpaque = try Symbols.Admin.adminOptionsSetOpaque.required
            let number = try expect(until: deadline) { [self] ending in
                switch ending {
                case .destroyed: complete(.failure(StreamsError(.destroyed)))
                case .late: complete(.failure(explained(Self.late)))
                case .answered(let event):
                    if let error = itemError(rd_kafka_event_error(event), rd_kafka_event_error_string(event)) {
                        complete(.failure(explained(error, ofClusterWanting: operation)))
                    } else {
                        complete(.success(read(event)))
                    }
                }
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

    /// librdkafka's, for a request that is given none, in milliseconds.
    private var defaultTimeout: Int32 { property("socket.timeout.ms").flatMap { Int32($0) } ?? 60_000 }

    /// The longest that librdkafka takes for a request, in milliseconds.
    private static let longestTimeout: Int32 = 3_600_000

    private static let late = StreamsError(
        .timedOut, reason: "Failed while waiting for the answer of the group's coordinator: \(ErrorCode.timedOut.text)")

    /// Notes an answer that is awaited, and sees to it that a thread waits for it. - Returns: its number.
    private func expect(
        until deadline: Deadline?, _ end: @escaping (Ending) -> Void
    ) throws(StreamsError) -> Int {
        try awaited.withLock { (awaited) throws(StreamsError) in
            // Under the lock: nobody may count on a thread that there will be none of.
            if !awaited.isServed {
                let client = Unmanaged.passUnretained(self)
                let all = self.awaited
                try HelperThreads.run(HelperThreads.Job { Self.serve(client, all) })
            }
            awaited.isServed = true
            let number = awaited.next
            awaited.next += 1
            awaited.requests[number] = Request(end: end, deadline: deadline)
            return number
        }
    }

    /// How long the thread waits before it looks whether anybody has the client still, in milliseconds.
    private static let slice: Int32 = 100

    /// Waits for answers, until none is awaited.
    ///
    /// A request holds the client, and the last one that is awaited may be the last to do so: where none is, the client may
    /// be gone. It is let go of before that is noted, so that it does not end here where its owner waits: see `wasReleased`.
    private static func serve(_ client: Unmanaged<Admin>, _ awaited: Guarded<Awaited>) {
        var isDone = false
        while !isDone {
            client.takeUnretainedValue().serveSlice()
            isDone = awaited.withLock { awaited in
                if awaited.requests.isEmpty { awaited.isServed = false }
                return awaited.requests.isEmpty
            }
        }
    }

    /// Waits a while for an answer, and ends the requests whose time is over; all, where the owner has let go of the client.
    private func serveSlice() {
        if isReleased {
            // Nobody can send any more.
            let left = awaited.withLock { awaited in
                defer { awaited.requests = [:] }
                return awaited.requests
            }
            for number in left.keys.sorted() { left[number]?.end(.destroyed) }
            return
        }
        if let event = answers?.poll(milliseconds: nextSlice) {
            let number = Int(bitPattern: rd_kafka_event_opaque(event))
            let request = awaited.withLock { $0.requests.removeValue(forKey: number) }
            // It holds the handle that the answer is of.
            withExtendedLifetime(request) {
                request?.end(.answered(event))
                // In the child of a fork the request's end does not return.
                rd_kafka_event_destroy(event)
            }
        }
        for request in takeLate() { request.end(.late) }
    }

    /// How long to wait for an answer before somebody's time may be over.
    private var nextSlice: Int32 {
        awaited.withLock { awaited in
            awaited.requests.values.reduce(Self.slice) { min($0, $1.deadline?.remaining ?? Self.slice) }
        }
    }

    /// The requests whose time is over, which are awaited no longer.
    private func takeLate() -> [Request] {
        awaited.withLock { awaited in
            let late = awaited.requests.filter { $0.value.deadline?.hasPassed ?? false }.keys.sorted()
            return late.compactMap { awaited.requests.removeValue(forKey: $0) }
        }
    }
}
