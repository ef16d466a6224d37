import CRdkafka
import CSystem

/// Which requests the brokers got. librdkafka before 2.3 cannot tell: see `requests`.
extension MockCluster {
    /// A request that a broker got.
    public struct Request: Sendable {
        public let broker: Int32
        /// The protocol's number of the request: 0 is Produce, 1 is Fetch.
        public let apiKey: Int16
        /// Microseconds of librdkafka's clock, which only differences mean something of.
        public let timestamp: Int64
    }

    /// Begins to note requests. - Note: `rd_kafka_mock_start_request_tracking`.
    public func startRequestTracking() throws(StreamsError) {
        try Symbols.Mock.startRequestTracking.required(cluster)
    }

    /// Notes no more requests, and forgets those that were noted. - Note: `rd_kafka_mock_stop_request_tracking`.
    public func stopRequestTracking() throws(StreamsError) {
        try Symbols.Mock.stopRequestTracking.required(cluster)
    }

    /// Forgets the requests that were noted. - Note: `rd_kafka_mock_clear_requests`.
    public func clearRequests() throws(StreamsError) {
        try Symbols.Mock.clearRequests.required(cluster)
    }

    /// The requests that were noted, in the order of their arrival. - Note: `rd_kafka_mock_get_requests`.
    public func requests() throws(StreamsError) -> [Request] {
        let get = try Symbols.Mock.getRequests.required
        let broker = try Symbols.Mock.requestBroker.required
        let apiKey = try Symbols.Mock.requestAPIKey.required
        let timestamp = try Symbols.Mock.requestTimestamp.required
        let destroy = try Symbols.Mock.requestDestroy.required
        var count = 0
        guard let list = get(cluster, &count) else { return [] }
        defer { free(list) }
        return (0..<count).map { index in
            let request = list[index]
            defer { destroy(request) }
            return Request(broker: broker(request), apiKey: apiKey(request), timestamp: timestamp(request))
        }
    }
}
