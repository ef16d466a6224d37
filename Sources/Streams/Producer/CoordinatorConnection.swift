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
        /// When it is to be ended next, on the monotonic clock, and how long after that again.
        var next: Int64 = 0
        var pause: Int64 = 0
    }

    private let state = Guarded(State())

    /// librdkafka's name for the broker behind the connection, whichever that is just now.
    private static let name = "TxnCoordinator"
    /// How long a request for a coordinator is let alone at first. It doubles, so that brokers that are slow have the time.
    static let firstPause: Int64 = 2000
    static let longestPause: Int64 = 30_000

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
                    handle, "mapr_streams", { brokerState($3, $6) }, opaque)
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

    /// A broker's connection is about to be made, or has ended: on the thread of that broker; or the broker is new, on the
    /// thread that makes it, which is no matter, since its own comes next.
    fileprivate func note(broker: UnsafePointer<CChar>) {
        let here: pthread_t = pthread_self()
        if strcmp(broker, Self.name) == 0 { state.withLock { $0.thread = here } }
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

    // MARK: On any other

    /// Whether there is a connection, or one is being made.
    var isConnected: Bool { state.withLock { $0.socket >= 0 } }

    /// A request for a coordinator begins.
    func begin() {
        state.withLock {
            $0.pause = Self.firstPause
            $0.next = Deadline.now + $0.pause
        }
    }

    /// Ends the connection where a request has waited for long: librdkafka then looks at it again.
    func wakeRequest() {
        state.withLock {
            let now = Deadline.now
            if now < $0.next { return }
            $0.pause = min($0.pause * 2, Self.longestPause)
            $0.next = now + $0.pause
            if $0.socket >= 0 { shutdown($0.socket, Int32(SHUT_RDWR)) }
        }
    }
}

private func connection(_ opaque: UnsafeMutableRawPointer?) -> CoordinatorConnection? {
    opaque.flatMap { Unmanaged<CallbackContext>.fromOpaque($0).takeUnretainedValue().coordinator }
}

private func brokerState(
    _ name: UnsafePointer<CChar>?, _ opaque: UnsafeMutableRawPointer?
) -> rd_kafka_resp_err_t {
    if let name { connection(opaque)?.note(broker: name) }
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
