import PythonBridge
import Streams

// Calls that wait for librdkafka without being served by it meanwhile; the loop itself is `Python.wait`.

extension Deadline: WaitLimit {
    public var clock: Int64 { Self.now }
}

/// The limit of a call that looks around by itself after each slice.
struct OneSlice: WaitLimit {
    let nextSlice: Int32
    var hasPassed: Bool { true }
    var clock: Int64 { Deadline.now }

    init(_ milliseconds: Int32) { nextSlice = milliseconds }
}

extension Python {
    /// Lets go of a client, and waits for its end: librdkafka joins its threads, and the one that runs oauth_cb may be
    /// waiting for the GIL.
    ///
    /// Where the time is over, or a signal's handler raises, the client ends by itself, in the background; and on the thread
    /// that runs oauth_cb, which would wait for its own end, or for that of another one which waits for it. While the interpreter
    /// is finalizing the time is short: a thread that librdkafka joins may wait for the GIL, which it never gets.
    ///
    /// What it had to log is logged then, or printed where the logger has gone before it, unless that takes its time.
    /// - Returns: false where a handler's exception is pending.
    mutating func destroy(_ client: Unmanaged<Client>, waitingAtMost milliseconds: Int32) -> Bool {
        let mayWait = !CallFrame.isThreadTheLibrarys
        var limit = mayWait ? milliseconds : 0
        if Interpreter.isFinalizing && (limit < 0 || limit > Self.patienceAtEnd) { limit = Self.patienceAtEnd }
        let deadline = Deadline(milliseconds: limit)
        let lines = client.use { $0.context.lines }
        let call = detached(nil) { () -> HelperCall<Void>? in Client.release(client, mayWait: mayWait) }
        do throws(PythonError) {
            if let call { _ = try wait(until: deadline, unless: { false }, { call.wait(milliseconds: $0) }) }
            if let lines, mayWait { try settle(lines) }
            return true
        } catch {
            return false
        }
    }

    private static var patienceAtEnd: Int32 { 2000 }

    /// Makes a request that must not be sent twice, on a helper thread; waits for it, and looks for signals meanwhile.
    ///
    /// Where a signal's handler raises, or another thread closes the client, the request ends by itself and its result
    /// is dropped. The reference that keeps the client alive is the helper thread's: were it this thread's, and the
    /// last one, librdkafka would be ended with the GIL held.
    /// - Parameter isClosed: whether the client was closed meanwhile.
    mutating func request<Instance: Client, Result>(
        _ client: Unmanaged<Instance>, prefix: String? = nil, unless isClosed: () -> Bool,
        _ body: @escaping (Instance) throws(StreamsError) -> Result
    ) throws(PythonError) -> Result {
        let forever = Deadline(milliseconds: -1)
        return try request(client, prefix: prefix, until: forever, unless: isClosed, body).unsafelyUnwrapped
    }

    /// The same with an end to the waiting, for a call of librdkafka's that may go on after its time-out.
    ///
    /// - Returns: nil where the time is over.
    mutating func request<Instance: Client, Result>(
        _ client: Unmanaged<Instance>, prefix: String? = nil, until deadline: Deadline, unless isClosed: () -> Bool,
        _ body: @escaping (Instance) throws(StreamsError) -> Result
    ) throws(PythonError) -> Result? {
        _ = client.retain()
        let call: HelperCall<Result>
        do throws(StreamsError) {
            call = try HelperCall { () throws(StreamsError) in
                defer { client.release() }
                return try client.use(body)
            }
        } catch {
            client.release()
            throw raise(error, prefix: prefix)
        }
        let hasEnded = try wait(until: deadline, unless: isClosed) { call.wait(milliseconds: $0) }
        if !hasEnded {
            if deadline.hasPassed { return nil }
            throw error(.runtimeError, "the client was closed while the call was waiting")
        }
        return try raising(prefix: prefix) { () throws(StreamsError) in try call.result() }
    }
}
