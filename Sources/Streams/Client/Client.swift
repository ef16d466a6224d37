import CRdkafka

/// What producers and consumers share: the librdkafka handle, of which this is the one owner.
///
/// librdkafka's functions may be called from any thread at the same time; so may these. The handle is destroyed when
/// the last reference to the client goes, which no call that is still running lets happen.
public class Client: @unchecked Sendable {
    // Unchecked: all stored properties are constants, and librdkafka guards what they point to.
    public let handle: OpaquePointer
    public let dialect: Dialect
    public let context: CallbackContext
    /// Whether any broker is configured.
    public let namesServers: Bool
    /// Between the application's names of topics and Kafka's; nil where they are the same.
    public let names: TopicNames?
    /// Of the mock cluster that it talks to, where that is of this process.
    let mockNames: MockTopicNames?
    /// Its configuration, for another handle of an administrator's; nil where there is to be none. librdkafka forgets keys when
    /// it has made a handle, so that handle's own is no use.
    let likeness: OpaquePointer?

    /// - Throws: what librdkafka says of the configuration, which it checks as a whole now.
    /// - Note: `rd_kafka_new`.
    init(
        _ kind: ClientKind, configuration: Configuration, events: ClientEvents, owner: UnsafeMutableRawPointer?
    ) throws(StreamsError) {
        Forking.begin(.making)
        defer { Forking.end(.making) }
        dialect = configuration.dialect
        namesServers = configuration.namesServers
        try configuration.setMappedProperties()
        names = try configuration.topicNames(of: kind)
        try configuration.setTopicPatterns(by: names)
        mockNames = configuration.value("bootstrap.servers").flatMap { MockTopicNames.of($0) }
        let context = CallbackContext(events: events, owner: owner, kind: kind, names: names)
        self.context = context
        context.failures.use(
            mechanism: configuration.value("sasl.mechanism") ?? "", addressFault: configuration.addressFault,
            applicationsServers: configuration.applicationsServers, slowestReconnect: configuration.slowestReconnect)
        configuration.setDefaults(of: kind)
        KnownFaults.avoid(in: configuration, of: kind)
        var likeness: OpaquePointer?
        handle = try configuration.withRaw { (conf) throws(StreamsError) -> OpaquePointer in
            context.install(in: conf, kind: kind)
            // A handle with a mock cluster of its own has the one way to that.
            if kind == .admin && configuration.value("test.mock.num.brokers") == nil {
                likeness = rd_kafka_conf_dup(conf)
            }
            var text = [CChar](repeating: 0, count: 512)
            guard let handle = rd_kafka_new(kind.raw, conf, &text, text.count) else {
                let code = ErrorCode(rd_kafka_last_error())
                configuration.wasRefused()
                if let likeness, !configuration.mayNotBeFreedWhereRefused { rd_kafka_conf_destroy(likeness) }
                throw configuration.naming(filesOf: StreamsError(code, reason: String(errorText: text)))
            }
            configuration.relinquish()
            return handle
        }
        self.likeness = likeness
        if events.logsInQueue { rd_kafka_set_log_queue(handle, nil) }
        let warnings = self.warnings(about: configuration, kind: kind)
        pendingWarnings.withLock { $0 = warnings }
        if events.log == nil { logWarnings() }
        if events.tokenRefresh != nil, let error = rd_kafka_sasl_background_callbacks_enable(handle) {
            // Only where no SASL mechanism that asks for tokens is configured: then nothing asks.
            rd_kafka_error_destroy(error)
        }
    }

    /// Logs what is to be said of the configuration, and of the faults of librdkafka's that the client meets.
    ///
    /// The initialiser does, unless `ClientEvents.log` is set, which may not be ready for a line before there is a client:
    /// whoever made it calls this then. A second call does nothing.
    public func logWarnings() {
        let warnings = pendingWarnings.withLock { pending in
            defer { pending = [] }
            return pending
        }
        for (facility, text) in warnings {
            facility.withCString { facility in text.withCString { context.log(handle, Self.warning, facility, $0) } }
        }
    }

    /// What was not said in this process before, with its facility; nothing where the log leaves warnings out.
    private func warnings(about configuration: Configuration, kind: ClientKind) -> [(String, String)] {
        guard context.logLevel >= Self.warning else { return [] }
        let ours = configuration.warnings.filter { warning in Self.warned.withLock { $0.insert(warning).inserted } }
        let warnings = ours.map { ("CONFWARN", $0) }
        if PropertyCatalogue.isStreamsBuild { return warnings }
        let client = ClientDescription(kind: kind, property: { self.property($0) })
        let faults = Self.warnedOfFaults.withLock { KnownFaults.warnings(for: client, told: &$0) }
        return warnings + faults.map { ("KNOWNFAULT", $0) }
    }

    /// syslog's level.
    private static let warning: Int32 = 4
    private let pendingWarnings = Guarded<[(String, String)]>([])

    /// What has been warned of in this process: once is enough.
    private static let warned = Guarded<Set<String>>([], acrossForks: true)
    private static let warnedOfFaults = Guarded<Set<Int>>([], acrossForks: true)

    deinit {
        willDestroy()
        rd_kafka_destroy_flags(handle, destroyFlags)
        if let likeness { rd_kafka_conf_destroy(likeness) }
    }

    /// Lets go of a client on a thread of its own.
    ///
    /// - Parameter mayWait: false on a thread of librdkafka's, which cannot wait for its own end: where no other thread can be
    ///   had, the client is left alive.
    /// - Returns: what tells of its end; nil where there is none to wait for.
    public static func release(_ client: Unmanaged<Client>, mayWait: Bool = true) -> HelperCall<Void>? {
        client.use { client in client.released.withLock { $0 = true } }
        do throws(StreamsError) {
            return try HelperCall { () throws(StreamsError) in letGo(client) }
        } catch {
            if mayWait { letGo(client) }
            return nil
        }
    }

    private static func letGo(_ client: Unmanaged<Client>) {
        client.use { $0.wasReleased() }
        client.release()
    }

    /// Called with each new name and password, once the handle has them.
    func didSetCredentials(_ username: String, _ password: String) {}

    /// For what a subclass ends before the reference of its owner goes, on a thread that may wait.
    func wasReleased() {}

    /// Its owner has let go of it: it lives for a request that is under way, whose answer nobody waits for.
    var isReleased: Bool { released.withLock { $0 } }
    private let released = Guarded(false)

    /// In the child of a fork: librdkafka's threads are not there, and whoever calls it may wait for them for ever.
    public func abandon() { isAbandoned = true }

    /// See `abandon`. Only the one thread of the child sees it set.
    nonisolated(unsafe) private(set) var isAbandoned = false

    /// For what a subclass owns beside the handle and must give back before it.
    func willDestroy() {}

    /// What `rd_kafka_destroy_flags` is told.
    var destroyFlags: Int32 { 0 }

    /// librdkafka's name of the client, as in `rdkafka#producer-1`. - Note: `rd_kafka_name`.
    public var name: String { String(cString: rd_kafka_name(handle)) }

    /// Throws where librdkafka returned an error code.
    func check(_ code: rd_kafka_resp_err_t) throws(StreamsError) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw explained(StreamsError(ErrorCode(code))) }
    }

    /// Throws where librdkafka returned an error object.
    func check(_ error: OpaquePointer?) throws(StreamsError) {
        if let error { throw explained(StreamsError(owning: error)) }
    }

    /// A property of the configuration as librdkafka has it. - Note: `rd_kafka_conf_get`.
    func property(_ name: String) -> String? { Self.property(name, of: handle) }

    static func property(_ name: String, of handle: OpaquePointer) -> String? {
        var text = [CChar](repeating: 0, count: 512)
        var count = text.count
        guard rd_kafka_conf_get(rd_kafka_conf(handle), name, &text, &count) == RD_KAFKA_CONF_OK else { return nil }
        return String(errorText: text)
    }

    /// Stops the function that serves callbacks as soon as the callback that called this returns. - Note:
    /// `rd_kafka_yield`.
    @inlinable @inline(__always)
    public func yield() { rd_kafka_yield(handle) }

    /// Checks a topic's name before anything is asked of it.
    ///
    /// - Throws: where the name is of a MapR stream and the client knows no brokers: it could only ever time out.
    public func checkTopicName(_ name: String) throws(StreamsError) {
        guard !namesServers, !PropertyCatalogue.isStreamsBuild, names?.isOfStream(name) ?? name.hasPrefix("/") else {
            return
        }
        throw StreamsError(withoutServers: name)
    }

    /// Kafka's name of a topic.
    ///
    /// - Throws: what `checkTopicName` does, and `_INVALID_ARG` for a name that cannot be a topic's.
    func kafkaTopic(for name: String) throws(StreamsError) -> String {
        try checkTopicName(name)
        let topic = try names.oneKafkaTopic(for: name)
        mockNames?.willAsk(for: topic)
        return topic
    }

    /// The names that answers have for topics.
    ///
    /// - Throws: what `checkTopicName` does, and `_INVALID_ARG` for a name that cannot be a topic's.
    public func settledNames(ofTopics topics: [String]) throws(StreamsError) -> [String] {
        var settled: [String] = []
        for topic in topics { settled.append(names.name(ofKafkaTopic: try kafkaTopic(for: topic))) }
        return settled
    }

    /// Called before librdkafka is given topics that it will ask the cluster for.
    func willAsk(for topics: [String]) throws(StreamsError) {
        guard let mockNames else { return }
        for topic in topics where !topic.hasPrefix("^") { mockNames.willAsk(for: try names.kafkaTopic(for: topic)) }
    }
}
