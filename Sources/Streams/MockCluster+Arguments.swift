import CRdkafka

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What librdkafka's mock cluster does not check: it writes outside its memory, or ends the process.
extension MockCluster {
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
    func calling<Function>(
        _ name: String, as type: Function.Type, of topic: String, _ partition: Int32,
        _ call: (Function) -> rd_kafka_resp_err_t
    ) throws(StreamsError) {
        try Self.checkPartition(partition)
        try Self.naming("topic \"\(topic)\" has no partition \(partition)") { () throws(StreamsError) in
            try calling(name, as: type, call)
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
            if fcntl(file, F_GETFD) == -1 { free += 1 }
            file += 1
        }
        guard free == needed else {
            throw StreamsError(
                .fail,
                reason: "a mock cluster of \(brokers) brokers needs \(needed) open files, and the process may open"
                    + " \(free) more")
        }
    }
}

extension ErrorCode {
    static let unknownBroker = ErrorCode(RD_KAFKA_RESP_ERR__UNKNOWN_BROKER)
    static let unknownTopicOrPartition = ErrorCode(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
}
