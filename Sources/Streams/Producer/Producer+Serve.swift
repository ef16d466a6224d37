import CRdkafka
import CServing

extension Producer {
    /// Serves delivery reports and other events. - Returns: how many events were served.
    /// - Note: `rd_kafka_poll`.
    @inlinable @inline(__always)
    public func poll(milliseconds: Int32) -> Int32 { rd_kafka_poll(handle, milliseconds) }

    /// The same, with a place at which a callback leaves it in the child of a fork: nothing was served then.
    @inlinable @inline(__always)
    public func poll(milliseconds: Int32, leftAt place: Serving.Place) -> Int32 {
        rdk_poll(handle, milliseconds, place)
    }

    /// Sends what waits without regard to `linger.ms`, and serves events meanwhile.
    ///
    /// - Returns: whether everything is delivered or has failed.
    /// - Note: `rd_kafka_flush`.
    public func flush(milliseconds: Int32) -> Bool {
        rd_kafka_flush(handle, milliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR
    }

    /// The same, with a place at which a callback leaves it in the child of a fork: not everything was delivered then.
    public func flush(milliseconds: Int32, leftAt place: Serving.Place) -> Bool {
        rdk_flush(handle, milliseconds, place) != 0
    }

    /// What a producer says that it has left: in the MapR dialect the messages that are undelivered; in librdkafka's its
    /// own count, in which events that wait to be served are too. - Note: `rd_kafka_outq_len`.
    public var outstanding: Int {
        countsEvents ? Int(rd_kafka_outq_len(handle)) : undelivered
    }

    /// Messages whose reports have not been served: they wait to be sent, to be acknowledged, or to be reported.
    ///
    /// librdkafka counts a message until its report has been served, and beside that whatever waits in its queues: log
    /// lines, errors and statistics, and the reports once more.
    /// - Note: `rd_kafka_outq_len` less `rd_kafka_queue_length`.
    public var undelivered: Int {
        var before = eventCount
        // Where an event came between two looks, once more: with many of them a few too many are better than too few.
        for _ in 0..<8 {
            let all = Int(rd_kafka_outq_len(handle))
            let after = eventCount
            if before == after { return max(0, all - after) + rejected.count }
            before = after
        }
        return max(0, Int(rd_kafka_outq_len(handle)) - before) + rejected.count
    }

    /// Those that are left when the process ends and nothing can be called back any more. Reports and events that wait are dropped:
    /// who asks must not be inside a call that serves the producer.
    public var undeliveredAtLast: Int {
        let deadline = Deadline(milliseconds: 1000)
        while undelivered > 0 && poll(milliseconds: 0) > 0 && !deadline.hasPassed {}
        return undelivered
    }

    private var eventCount: Int {
        (mainQueue?.count ?? 0) + (backgroundQueue?.count ?? 0)
    }

    // MARK: The MapR dialect: no message without a value

    /// Whether rejected messages wait for their reports.
    @inlinable @inline(__always)
    public var hasRejected: Bool { rejected.isWaiting }

    /// Reports one rejected message. - Returns: whether there was one.
    public func serveRejected() -> Bool {
        guard let delivery = context.events.delivery else { return false }
        return rejected.serveOne {
            delivery(handle, $0, Unmanaged.passUnretained(context).toOpaque())
        }
    }
}
