import CRdkafka
import CSystem

/// A producer's connection to the coordinator of its transactions, and a way to end it.
///
/// librdkafka asks for the coordinator of a group, and looks at whether it is there, when a broker comes or goes, and at no
/// other time (its issues 5456 and 5511). A request for one that nobody will tell of any more waits for ever, unless some
/// connection changes. The one to the coordinator of transactions is the one that may: no message is sent on it, librdkafka
/// makes it anew at once, and sends again what was under way.
final class CoordinatorConnection: @unchecked Sendable {
    // Unchecked: `state` guards what changes.
    private struct State {
        /// librdkafka's thread that makes and ends the connection.
        var thread: pthread_t?
        var socket: Int32 = -1
        /// When it last came into another state, on the monotonic clock as all times here.
        var changed: Int64 = 0
        /// Since when requests may be sent on it: from some time between these two. Nil: they may not, or it was ended here.
        var up: (earliest: Int64, latest: Int64)?
        /// The last of those that were ended here.
        var ended: [Ended] = []
        /// When it is to be ended next, and how long after that again.
        var next: Int64 = 0
        var pause: Int64 = 0
    }

    /// A connection that was ended here: by how long it had lasted, which librdkafka says of each that ends, one knows it again.
    private struct Ended {
        let began: (earliest: Int64, latest: Int64)
        let shut: Int64
        /// When librdkafka had noticed; nil before that.
        var noticed: Int64?

        /// - Parameter milliseconds: from the begin until librdkafka noticed, rounded down; as the times are.
        func lasted(_ milliseconds: Int64) -> Bool {
            if milliseconds < shut - began.latest - 2 { return false }
            return noticed.map { milliseconds <= $0 - began.earliest + 1 } ?? true
        }
    }

    private let state = Guarded(State())

    /// librdkafka's name for the broker behind the connection, whichever that is just now.
    private static let name = "TxnCoordinator"
    /// How long a request for a coordinator is let alone at first. It doubles, so that brokers that are slow have the time.
    static let firstPause: Int64 = 2000
    static let longestPause: Int64 = 30_000
    /// How many connections that were ended here are known again. What is told of them waits until the producer is served.
    private static let mostEnded = 16

    /// Has a producer to be tell of its connections; false where librdkafka's functions for that are missing.
    ///
    /// - Note: `rd_kafka_conf_interceptor_add_on_new`, `rd_kafka_interceptor_add_on_broker_state_change`,
    ///   `rd_kafka_conf_set_connect_cb`, `rd_kafka_conf_set_closesocket_cb`.
    static func watch(in conf: OpaquePointer?, _ opaque: UnsafeMutableRawPointer) -> Bool {
        guard let addOnNew = Symbols.interceptOnNew.address, Symbols.interceptBrokerState.address != nil else {
            return false
        }
        let added = addOnNew(
            conf, "mapr_streams",
            { handle, _, opaque, _, _ in
                // A client that does not hear of it goes without.
                _ = Symbols.interceptBrokerState.address?(
                    handle, "mapr_streams", { brokerState($3, $5, $6) }, opaque)
                return RD_KAFKA_RESP_ERR_NO_ERROR
            }, opaque)
        guard added == RD_KAFKA_RESP_ERR_NO_ERROR else { return false }
        rd_kafka_conf_set_connect_cb(conf) { socket, address, count, _, opaque in
            connectSocket(socket, address, count, opaque)
        }
        rd_kafka_conf_set_closesocket_cb(conf) { closeSocket($0, $1) }
        return true
    }

    // MARK: On librdkafka's threads

    /// A broker's connection is about to be made, is there, or has ended: on the thread of that broker; or the broker is new, on
    /// the thread that makes it, which is no matter, since its own comes next.
    fileprivate func note(broker: UnsafePointer<CChar>, is name: UnsafePointer<CChar>) {
        if strcmp(broker, Self.name) != 0 { return }
        let here: pthread_t = pthread_self()
        let now = Deadline.now
        let isUp = strcmp(name, "UP") == 0
        state.withLock {
            if let last = $0.ended.indices.last, $0.ended[last].noticed == nil { $0.ended[last].noticed = now }
            $0.up = isUp ? ($0.changed, now) : nil
            $0.changed = now
            $0.thread = here
        }
    }

    fileprivate func willConnect(_ socket: Int32) {
        let here: pthread_t = pthread_self()
        state.withLock { if $0.thread == here { $0.socket = socket } }
    }

    /// With the lock, so that nobody ends what has the same number next.
    fileprivate func close(_ socket: Int32) -> Int32 {
        state.withLock {
            if $0.socket == socket { $0.socket = -1 }
            return CSystem.close(socket)
        }
    }

    // MARK: On any thread

    /// Whether what librdkafka says of a broker is that a connection has ended which was ended here: nobody is to take that for
    /// a fault.
    ///
    /// - Parameter text: "TxnCoordinator: localhost:9092: Disconnected (after 2003ms in state UP)", say.
    func hasEnded(whatIsToldOf text: UnsafePointer<CChar>) -> Bool {
        guard strstr(text, Self.name + ": ") != nil, let time = strstr(text, " (after ") else { return false }
        var unit: UnsafeMutablePointer<CChar>?
        let milliseconds = strtoll(time + strlen(" (after "), &unit, 10)
        let state = "ms in state UP"
        guard let unit, strncmp(unit, state, strlen(state)) == 0 else { return false }
        return self.state.withLock { $0.ended.contains { $0.lasted(milliseconds) } }
    }

    // MARK: On threads that are not librdkafka's

    /// Whether there is a connection, or one is being made.
    var isConnected: Bool { state.withLock { $0.socket >= 0 } }

    /// A request for a coordinator begins.
    func begin() {
        state.withLock {
            $0.pause = Self.firstPause
            $0.next = Deadline.now + $0.pause
        }
    }

    /// Ends the connection where a request has waited for long: librdkafka then looks at it again. One that is being made is left
    /// alone: librdkafka looks when it is there, and when it fails.
    func wakeRequest() {
        state.withLock {
            let now = Deadline.now
            if now < $0.next { return }
            $0.pause = min($0.pause * 2, Self.longestPause)
            $0.next = now + $0.pause
            guard $0.socket >= 0, let up = $0.up else { return }
            if $0.ended.count == Self.mostEnded { $0.ended.removeFirst() }
            // Before it ends: the text may come at once.
            $0.ended.append(Ended(began: up, shut: now))
            $0.up = nil
            shutdown($0.socket, Int32(SHUT_RDWR))
        }
    }
}

private func connection(_ opaque: UnsafeMutableRawPointer?) -> CoordinatorConnection? {
    opaque.flatMap { Unmanaged<CallbackContext>.fromOpaque($0).takeUnretainedValue().coordinator }
}

private func brokerState(
    _ broker: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?, _ opaque: UnsafeMutableRawPointer?
) -> rd_kafka_resp_err_t {
    if let broker, let name { connection(opaque)?.note(broker: broker, is: name) }
    return RD_KAFKA_RESP_ERR_NO_ERROR
}

/// What librdkafka does itself without this.
private func connectSocket(
    _ socket: Int32, _ address: UnsafePointer<sockaddr>?, _ count: Int32, _ opaque: UnsafeMutableRawPointer?
) -> Int32 {
    connection(opaque)?.willConnect(socket)
    if connect(socket, address, socklen_t(count)) == 0 { return 0 }
    let error = sys_errno()
    return error == EINPROGRESS ? 0 : error
}

private func closeSocket(_ socket: Int32, _ opaque: UnsafeMutableRawPointer?) -> Int32 {
    connection(opaque)?.close(socket) ?? close(socket)
}
