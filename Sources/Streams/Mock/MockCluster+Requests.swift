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
        try Librdkafka.requiredFunction("rd_kafka_mock_start_request_tracking", as: OfCluster.self)(cluster)
    }

    /// Notes no more requests, and forgets those that were noted. - Note: `rd_kafka_mock_stop_request_tracking`.
    public func stopRequestTracking() throws(StreamsError) {
        try Librdkafka.requiredFunction("rd_kafka_mock_stop_request_tracking", as: OfCluster.self)(cluster)
    }

    /// Forgets the requests that were noted. - Note: `rd_kafka_mock_clear_requests`.
    public func clearRequests() throws(StreamsError) {
        try Librdkafka.requiredFunction("rd_kafka_mock_clear_requests", as: OfCluster.self)(cluster)
    }

    /// The requests that were noted, in the order of their arrival. - Note: `rd_kafka_mock_get_requests`.
    public func requests() throws(StreamsError) -> [Request] {
        typealias Get =
            @convention(c) (OpaquePointer?, UnsafeMutablePointer<Int>?) -> UnsafeMutablePointer<OpaquePointer?>?
        typealias Broker = @convention(c) (OpaquePointer?) -> Int32
        typealias APIKey = @convention(c) (OpaquePointer?) -> Int16
        typealias Timestamp = @convention(c) (OpaquePointer?) -> Int64
        let get = try Librdkafka.requiredFunction("rd_kafka_mock_get_requests", as: Get.self)
        let broker = try Librdkafka.requiredFunction("rd_kafka_mock_request_id", as: Broker.self)
        let apiKey = try Librdkafka.requiredFunction("rd_kafka_mock_request_api_key", as: APIKey.self)
        let timestamp = try Librdkafka.requiredFunction("rd_kafka_mock_request_timestamp", as: Timestamp.self)
        let destroy = try Librdkafka.requiredFunction("rd_kafka_mock_request_destroy", as: OfCluster.self)
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
