import CRdkafka

extension Client {
    /// Statistics as librdkafka told them, in its JSON, with the application's names of topics.
    public struct Statistics: Sendable {
        /// How many there were before.
        public let number: Int
        public let text: [UInt8]
    }

    /// Whether there are any: `statistics.interval.ms` is set.
    public var keepsStatistics: Bool { context.keepsStatistics }

    /// Those that were told last; nil before the first. They come when the client is served.
    public var statistics: Statistics? { context.latestStatistics.withLock { $0 } }
}
