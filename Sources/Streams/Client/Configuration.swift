import CRdkafka

/// The configuration of one client, to be.
public final class Configuration {
    /// Whose rules the client follows.
    public let dialect: Dialect
    /// Set where the application, not a default of ours, set the property.
    private var given: Set<String> = []
    private var values: [String: String] = [:]
    private var conf: OpaquePointer?

    /// - Note: `rd_kafka_conf_new`.
    public init(dialect: Dialect) {
        self.dialect = dialect
        conf = rd_kafka_conf_new()
    }

    deinit {
        if let conf { rd_kafka_conf_destroy(conf) }
    }

    /// Sets a property; nil empties it.
    ///
    /// - Throws: `_INVALID_ARG` with librdkafka's text and, for an unknown property, the nearest known one.
    /// - Note: `rd_kafka_conf_set`.
    public func set(_ name: String, _ value: String?, knownElsewhere: [String] = []) throws(StreamsError) {
        var text = [CChar](repeating: 0, count: 512)
        let result = rd_kafka_conf_set(conf, name, value, &text, text.count)
        switch result {
        case RD_KAFKA_CONF_OK:
            let canonical = Self.canonicalName(name)
            given.insert(canonical)
            values[canonical] = value
        case RD_KAFKA_CONF_UNKNOWN:
            var reason = Self.string(text)
            if let nearest = PropertyCatalogue.nearest(to: name, among: knownElsewhere) {
                reason += "; did you mean \"\(nearest)\"?"
            } else if name.hasPrefix("streams.") && !PropertyCatalogue.isStreamsBuild {
                reason += "; it needs the librdkafka of a MapR (HPE Data Fabric) client, and the one loaded here is"
                reason += " Apache Kafka's \(Librdkafka.versionText)"
                if !given.contains("bootstrap.servers") {
                    reason += ": name topics without a stream and set \"bootstrap.servers\" to use Kafka"
                }
            }
            throw StreamsError(.invalidArgument, reason: reason)
        default:
            var reason = Self.string(text)
            // librdkafka names a property by its first name, where the application used another.
            if !reason.includes("\"\(name)\"") { reason += " (given as \"\(name)\")" }
            throw StreamsError(.invalidArgument, reason: reason)
        }
    }

    /// Sets a property unless the application has; a librdkafka that does not know it goes without.
    func setDefault(_ name: String, _ value: String) {
        if given.contains(Self.canonicalName(name)) { return }
        _ = rd_kafka_conf_set(conf, name, value, nil, 0)
    }

    /// What the application gave for a property, under its usual name.
    public func value(_ name: String) -> String? { values[Self.canonicalName(name)] }

    /// Whether the application named any broker.
    public var namesServers: Bool { !(value("bootstrap.servers") ?? "").isEmpty }

    /// Hands the configuration to librdkafka. - Parameter body: gets the raw object; returns whether it took it over.
    func withRaw<Result>(_ body: (OpaquePointer?) throws(StreamsError) -> Result) throws(StreamsError) -> Result {
        try body(conf)
    }

    /// Called where `rd_kafka_new` has taken the object over.
    func relinquish() { conf = nil }

    private static func canonicalName(_ name: String) -> String {
        name == "metadata.broker.list" ? "bootstrap.servers" : name
    }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
