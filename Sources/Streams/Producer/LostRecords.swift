import CRdkafka

/// Which failures of records, that no delivery callback heard of, the log has told already.
struct LostRecord: Hashable {
    let topic: String
    let code: Int32
}

extension Producer {
    /// Tells the log of a record that failed for good and has no delivery callback to tell: once for each topic and error.
    ///
    /// - Parameter isPrinted: to stderr, though there is a log event: nobody takes it any more.
    public func logLoss(_ record: Record, isPrinted: Bool) {
        let topic = record.topic?.name ?? ""
        let isNew = lost.withLock { $0.insert(LostRecord(topic: topic, code: record.errorCode.rawValue)).inserted }
        guard isNew, context.logLevel >= 3 else { return }
        let error = error(of: record, isReport: true)
        let text =
            "a record for topic \(names.bothNames(ofKafkaTopic: topic)) was lost: \(error.code.name): \(error.text). It had no"
            + " delivery callback, which would hear of each: more of this topic with this error are not logged"
        text.withCString {
            if isPrinted { rd_kafka_log_print(handle, 3, "LOST", $0) } else { context.log(handle, 3, "LOST", $0) }
        }
    }
}
