import CRdkafka
import CServing

extension Consumer {
    /// The next message or event; callbacks run inside.
    ///
    /// - Returns: a record, which the caller destroys, or nil.
    /// - Note: `rd_kafka_consumer_poll`.
    @inlinable @inline(__always)
    public func poll(milliseconds: Int32) -> Record? {
        rd_kafka_consumer_poll(handle, milliseconds).map { Record(raw: $0) }
    }

    /// The same, with a place at which a callback leaves it in the child of a fork: there was nothing then.
    @inlinable @inline(__always)
    public func poll(milliseconds: Int32, leftAt place: Serving.Place) -> Record? {
        rdk_consumer_poll(handle, milliseconds, place).map { Record(raw: $0) }
    }
}
