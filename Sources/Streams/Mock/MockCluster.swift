import CRdkafka

/// librdkafka's Kafka cluster inside the process, for tests.
///
/// It listens on the loopback interface. Brokers have the ids 1 to `brokers`. All functions may be called from any
/// thread, at the same time. A call that the loaded librdkafka does not have throws `_NOT_IMPLEMENTED`, and names the
/// function that is missing and the library's version; an argument out of range throws `_INVALID_ARG`, and a broker that
/// there is not `_UNKNOWN_BROKER`.
///
/// It stops when the last reference to it goes.
///
/// - Note: `rdkafka_mock.h`. A vendor's librdkafka may lack it as a whole: then the initialiser says so.
public final class MockCluster: @unchecked Sendable {
    // Unchecked: librdkafka guards the cluster with a lock of its own.
    private let handle: OpaquePointer
    let cluster: OpaquePointer
    /// How many brokers it has.
    public let brokers: Int32
    /// Nil where it takes every name.
    private let names: MockTopicNames?
    /// What its brokers listen at.
    private let ports: [UInt16]

    /// Starts brokers on free ports of the loopback interface.
    ///
    /// - Parameters:
    ///   - brokers: 1 to `largestBrokerCount`.
    ///   - refusesNames: whether clients of this process that ask for a topic whose name Kafka does not take get
    ///     `TOPIC_EXCEPTION`, as from Kafka. Else, and for clients of other processes, the topic is made.
    /// - Throws: `_FAIL` where the process may not open a socket for each broker, or no port is free for one.
    /// - Note: `rd_kafka_mock_cluster_new`.
    public init(brokers: Int32, refusesNames: Bool = true) throws(StreamsError) {
        Forking.begin(.making)
        defer { Forking.end(.making) }
        try Self.check("brokers", brokers, in: 1...Self.largestBrokerCount)
        try Self.checkFiles(for: brokers)
        try Self.checkPorts(for: brokers)
        let new = try Symbols.Mock.clusterNew.required
        let configuration = Configuration(dialect: .kafka)
        handle = try configuration.withRaw { (conf) throws(StreamsError) -> OpaquePointer in
            // The client that carries the cluster talks to nobody: its complaint about that is of no use.
            rd_kafka_conf_set_log_cb(conf) { _, _, _, _ in }
            var text = [CChar](repeating: 0, count: 512)
            guard let handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, &text, text.count) else {
                throw StreamsError(ErrorCode(rd_kafka_last_error()))
            }
            configuration.relinquish()
            return handle
        }
        guard let cluster = new(handle, brokers) else {
            rd_kafka_destroy(handle)
            throw StreamsError(.fail, reason: "librdkafka could not start a mock cluster of \(brokers) brokers")
        }
        self.cluster = cluster
        self.brokers = brokers
        let servers = Symbols.Mock.clusterBootstraps.address?(cluster).map { String(cString: $0) } ?? ""
        names = MockTopicNames(cluster, at: servers, refusesNames: refusesNames)
        ports = servers.utf8.split(separator: UInt8(ascii: ",")).compactMap { server in
            server.split(separator: UInt8(ascii: ":")).last.flatMap { UInt16(String(decoding: $0, as: UTF8.self)) }
        }
        Forking.add(ports: ports)
    }

    deinit {
        Forking.remove(ports: ports)
        names?.close()
        let (cluster, handle) = (cluster, handle)
        let end = { () throws(StreamsError) in
            Symbols.Mock.clusterDestroy.address?(cluster)
            rd_kafka_destroy(handle)
        }
        // On a thread of its own, which is waited for a while: two of librdkafka's threads may miss each other's last
        // word there, and look again a second later only. The brokers' sockets are closed before that.
        guard let call = try? HelperCall(end) else { return (try? end()) ?? () }
        _ = call.wait(milliseconds: 100)
    }

    /// For `bootstrap.servers`.
    public var bootstrapServers: String {
        guard
            let bootstraps = Symbols.Mock.clusterBootstraps.address,
            let text = bootstraps(cluster)
        else { return "" }
        return String(cString: text)
    }

    // MARK: What the functions of rdkafka_mock.h have in common

    /// Calls a function, and throws what it returns.
    func withFunction<Function>(
        _ symbol: Symbol<Function>, _ call: (Function) -> rd_kafka_resp_err_t
    ) throws(StreamsError) {
        try StreamsError.check(call(try symbol.required))
    }

    /// The same, for a function that lets go of a broker's port or takes it again: a fork waits, and this waits for one.
    func withPorts<Function>(
        _ symbol: Symbol<Function>, _ call: (Function) -> rd_kafka_resp_err_t
    ) throws(StreamsError) {
        Forking.begin(.listening)
        defer { Forking.end(.listening) }
        try withFunction(symbol, call)
    }
}
