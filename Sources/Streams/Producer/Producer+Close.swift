import CRdkafka

extension Producer {
    /// Gives up messages: their reports say `_PURGE_QUEUE` or `_PURGE_INFLIGHT`.
    ///
    /// - Parameter waiting: whether to wait for librdkafka's threads to have taken note.
    /// - Note: `rd_kafka_purge`.
    public func purge(queued: Bool = true, inFlight: Bool = true, waiting: Bool = true) throws(StreamsError) {
        let flags =
            (queued ? RD_KAFKA_PURGE_F_QUEUE : 0) | (inFlight ? RD_KAFKA_PURGE_F_INFLIGHT : 0)
            | (waiting ? 0 : RD_KAFKA_PURGE_F_NON_BLOCKING)
        try check(rd_kafka_purge(handle, flags))
    }
}
