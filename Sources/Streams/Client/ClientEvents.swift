import CRdkafka

/// What a client tells its owner.
///
/// All but `tokenRefresh` run inside the call that serves the client (`poll`, `flush`, `consume`, `close`), on its
/// thread. `tokenRefresh` runs on librdkafka's background thread, which holds no lock then.
public struct ClientEvents {
    /// librdkafka's own signature: the hot path has no layer of ours in between. `opaque` is the client's
    /// `CallbackContext`.
    public typealias Delivery =
        @convention(c) (
            _ handle: OpaquePointer?, _ record: Record.Pointer?, _ opaque: UnsafeMutableRawPointer?
        ) -> Void

    public struct Throttle {
        public let brokerName: String
        public let brokerID: Int32
        public let milliseconds: Int32
    }

    public struct LogLine {
        /// syslog's: 0 is the worst, 7 is debug.
        public let level: Int32
        public let facility: String
        public let text: String
        public let clientName: String
    }

    public enum Rebalance { case assigned, revoked, lost }

    public struct Token {
        public let value: String
        /// Milliseconds since the epoch.
        public let expiry: Int64
        public let principal: String
        public let extensions: [(name: String, value: String)]

        public init(value: String, expiry: Int64, principal: String, extensions: [(name: String, value: String)]) {
            self.value = value
            self.expiry = expiry
            self.principal = principal
            self.extensions = extensions
        }
    }

    public var delivery: Delivery?
    public var error: ((StreamsError) -> Void)?
    public var statistics: ((UnsafeBufferPointer<CChar>) -> Void)?
    public var throttle: ((Throttle) -> Void)?
    /// Where it is set, log lines wait in the client's queue until the client is served; else librdkafka prints them.
    public var log: ((LogLine) -> Void)?
    /// Where it is set, it gets librdkafka's lines as they come, on a helper thread; `log` gets what the client itself has to
    /// say. Returns how many it took: the others are printed.
    public var backgroundLog: (([LogLine]) -> Int)?
    public var rebalance: ((Rebalance, [TopicPartition]) -> Void)?
    /// A commit that nobody waits for is done, or has failed.
    public var offsetsCommitted: ((StreamsError?, [TopicPartition]) -> Void)?
    /// Gives a token, or throws why there is none. The argument is `sasl.oauthbearer.config`.
    public var tokenRefresh: ((String) throws(StreamsError) -> Token)?

    public init() {}

    /// Whether there are callbacks for what may come faster than they return.
    var haveFrequentOnes: Bool { error != nil || statistics != nil || throttle != nil || logsInQueue }

    /// Whether log lines are events of the client's queue.
    var logsInQueue: Bool { log != nil && backgroundLog == nil }
}

/// What librdkafka hands to every callback: the way back to the client and to the client's owner.
public final class CallbackContext {
    /// The owner's own, for its delivery callback.
    public let owner: UnsafeMutableRawPointer?
    public let events: ClientEvents
    let failures = ConnectionFailures()
    /// What is logged in the background; nil where it is logged otherwise.
    public let lines: LogLines?
    /// syslog's: lines of a higher one are not logged. Set before the client is made.
    var logLevel: Int32 = 6
    /// Set before the client is made: `statistics.interval.ms` is.
    var keepsStatistics = false
    let latestStatistics = Guarded<Client.Statistics?>(nil)
    let lastInformation = Guarded(LastInformation())
    /// Of a producer with transactions. Set before the client is made.
    var coordinator: CoordinatorConnection?
    /// The consumer whose rebalances these are; set right after it is made, and it outlives all callbacks.
    unowned(unsafe) var consumer: Consumer?

    let kind: ClientKind
    /// The client's.
    let names: TopicNames?

    init(events: ClientEvents, owner: UnsafeMutableRawPointer?, kind: ClientKind = .producer, names: TopicNames? = nil)
    {
        self.events = events
        lines = events.backgroundLog.map { LogLines($0) }
        self.owner = owner
        self.kind = kind
        self.names = names
    }

    /// Held while the owner is asked for a token; false once it may not be any more.
    let mayAskForToken = Guarded(true)

    /// Makes itself fit for calls that come when the client and its owner are gone: it is never freed, and tells nobody.
    func outliveClient() {
        if events.tokenRefresh != nil { mayAskForToken.withLock { $0 = false } }
        _ = Unmanaged.passRetained(self)
    }

    /// The owner, from a callback's opaque pointer.
    @inlinable @inline(__always)
    public static func owner(of opaque: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<CallbackContext>.fromOpaque(opaque)._withUnsafeGuaranteedRef { $0.owner }
    }
}
