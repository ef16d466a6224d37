import CRdkafka
import CSystem

/// What librdkafka's mock cluster does not check: it writes outside its memory, or ends the process.
extension MockCluster {
    /// How many brokers a cluster may have: far more than a test needs. Each takes a port of the machine.
    public static let largestBrokerCount: Int32 = 1_000

    /// How many partitions a topic may have: as many as Kafka creates by one request.
    public static let largestPartitionCount: Int32 = 10_000

    /// - Throws: `_UNKNOWN_BROKER`.
    func checkBroker(_ id: Int32, orMinusOne minusOneMeans: String? = nil) throws(StreamsError) {
        if 1...brokers ~= id || (id == -1 && minusOneMeans != nil) { return }
        let known = brokers == 1 ? "broker 1 alone" : "brokers 1 to \(brokers)"
        let also = minusOneMeans.map { ", and -1 means \($0)" } ?? ""
        throw StreamsError(.unknownBroker, reason: "broker \(id): the cluster has \(known)\(also)")
    }

    /// - Throws: `_INVALID_ARG`.
    static func check(_ name: String, _ value: Int32, in range: ClosedRange<Int32>) throws(StreamsError) {
        guard !range.contains(value) else { return }
        let expected =
            range.upperBound == .max
            ? "at least \(range.lowerBound)" : "between \(range.lowerBound) and \(range.upperBound)"
        throw StreamsError(.invalidArgument, reason: "\(name) must be \(expected), not \(value)")
    }

    /// - Throws: `_INVALID_ARG`.
    static func checkPartition(_ partition: Int32) throws(StreamsError) {
        try check("partition", partition, in: 0...largestPartitionCount - 1)
    }

    /// Calls a function that takes a partition, which it creates together with a topic that does not exist.
    ///
    /// - Throws: `_INVALID_ARG`, and `UNKNOWN_TOPIC_OR_PART` for a partition that the topic does not have.
    func withFunction<Function>(
        _ symbol: Symbol<Function>, of topic: String, _ partition: Int32,
        _ call: (Function) -> rd_kafka_resp_err_t
    ) throws(StreamsError) {
        try Self.checkPartition(partition)
        try Self.naming("topic \"\(topic)\" has no partition \(partition)") { () throws(StreamsError) in
            try withFunction(symbol, call)
        }
    }

    /// Says in the place of librdkafka, which only says that something is unknown, what is.
    static func naming(_ unknown: String, _ body: () throws(StreamsError) -> Void) throws(StreamsError) {
        do throws(StreamsError) {
            try body()
        } catch {
            throw error.code == .unknownTopicOrPartition ? StreamsError(error.code, reason: unknown) : error
        }
    }

    /// Makes sure that each broker can open its socket.
    ///
    /// It looks for numbers of files that are free, and takes none: another thread may need them just then.
    static func checkFiles(for brokers: Int32) throws(StreamsError) {
        // The client that carries the cluster opens a few of its own.
        let needed = Int(brokers) + 16
        let limit = Int32(clamping: sysconf(Int32(_SC_OPEN_MAX)))
        var free = 0
        var file: Int32 = 0
        while free < needed, file < limit {
            if sys_is_open_file(file) == 0 { free += 1 }
            file += 1
        }
        guard free == needed else {
            throw StreamsError(
                .fail,
                reason: "a mock cluster of \(brokers) brokers needs \(needed) open files, and the process may open"
                    + " \(free) more")
        }
    }

    /// Makes sure that each broker finds a port: librdkafka ends the process where it cannot undo a start that failed.
    ///
    /// Unlike files, ports cannot be counted without taking them, so they are taken and given back.
    static func checkPorts(for brokers: Int32) throws(StreamsError) {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        for _ in 0..<brokers {
            let file = sys_open_tcp_socket()
            if file >= 0 { sockets.append(file) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let isBound = withUnsafePointer(to: &address) {
                bind(
                    file, UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self),
                    socklen_t(MemoryLayout<sockaddr_in>.size))
            }
            guard file >= 0, isBound == 0 else {
                let error = String(cString: strerror(sys_errno()))
                throw StreamsError(
                    .fail,
                    reason: "a mock cluster of \(brokers) brokers needs as many free ports of 127.0.0.1: \(error)")
            }
        }
    }
}

extension ErrorCode {
    static let unknownBroker = ErrorCode(RD_KAFKA_RESP_ERR__UNKNOWN_BROKER)
}
