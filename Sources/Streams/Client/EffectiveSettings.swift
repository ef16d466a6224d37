import CRdkafka
import CSystem

/// A property as a client has it whose application sets none, and who says so.
public struct EffectiveSetting: Sendable {
    public let name: String
    /// Empty where there is none. What is secret is `[hidden]`.
    public let value: String
    /// `default`, `default of the mapr dialect`, `environment variable NAME`, or `FILE, line N`, and what else is to be said.
    public let origin: String
    /// Whether somebody has set it.
    public let isSet: Bool

    static let hidden = "[hidden]"

    init(_ name: String, _ value: String, from origin: String, isSet: Bool) {
        self.name = name
        self.value = PropertyCatalogue.tellsOfSecret(name) && !value.isEmpty ? Self.hidden : value
        self.origin = origin
        self.isSet = isSet
    }

    /// All of them for one kind of client: those for names and MapR's own that were set, then librdkafka's by name.
    ///
    /// The settings are taken as a client takes them, up to the point where librdkafka would make it.
    /// - Throws: what the constructor of a client would throw: a setting that is wrong, with the place that it stands in.
    public static func all(
        of kind: ClientKind, software: (name: String, version: String)? = nil
    ) throws(StreamsError) -> [EffectiveSetting] {
        let outside = try OutsideSettings.current()
        return try all(of: kind, software: software, outside)
    }

    static func all(
        of kind: ClientKind, software: (name: String, version: String)? = nil, _ outside: OutsideSettings
    ) throws(StreamsError) -> [EffectiveSetting] {
        let chosen = try outside.chosenDialect(of: kind)
        let configuration = Configuration(dialect: chosen.dialect)
        configuration.software = software
        try configuration.use(outside, of: kind)
        var origins: [String: (name: String, origin: String)] = [:]
        var streams = [
            EffectiveSetting(
                Dialect.property, chosen.dialect.rawValue, from: chosen.origin ?? "default", isSet: chosen.origin != nil
            )
        ]
        let given = outside.settings(of: kind)
        if !given.contains(where: { $0.name == Configuration.mappingProperty }) {
            let isOff = PropertyCatalogue.isStreamsBuild
            streams.append(
                EffectiveSetting(
                    Configuration.mappingProperty, isOff ? "false" : "true",
                    from: isOff ? "default: the loaded librdkafka knows streams itself" : "default", isSet: false))
        }
        if let home = outside.homeClusterSetting { streams.append(home) }
        // Their values may be anything, and are nobody's matter here.
        streams += outside.unknown.map {
            EffectiveSetting($0, "", from: "environment variable of no property: it sets nothing", isSet: true)
        }
        for setting in given where setting.name != Dialect.property {
            let origin = setting.origin + (setting.isOverride ? ", over the application's own" : "")
            if PropertyCatalogue.property(setting.name) != nil {
                origins[PropertyCatalogue.canonicalName(setting.name)] = (setting.name, origin)
            } else {
                let fate = PropertyFate(of: setting.name)
                let note = fate.kind == .withoutEffect ? "; without effect: \(fate.note)" : ""
                streams.append(EffectiveSetting(setting.name, setting.value, from: origin + note, isSet: true))
            }
        }
        for (target, _, name, _) in configuration.mappedProperties {
            guard let setting = given.last(where: { $0.name == name }) else { continue }
            origins[PropertyCatalogue.canonicalName(target)] = (target, "\(name), \(setting.origin)")
        }
        try configuration.setMappedProperties()
        let defaults = configuration.setDefaults(of: kind)
        return streams + (try configuration.librdkafkas(of: kind, origins, defaults))
    }
}

extension Configuration {
    /// Sets what has another default than librdkafka's.
    ///
    /// - Returns: the properties that were set, and why.
    @discardableResult
    func setDefaults(of kind: ClientKind) -> [(name: String, reason: String)] {
        let package = "default of this package"
        let dialects = "default of the \(dialect.rawValue) dialect"
        var defaults: [(String, String, String)] = []
        if let (name, version) = software {
            defaults.append(("client.software.name", name, package))
            defaults.append(("client.software.version", version, package))
        }
        if dialect == .mapr && kind == .consumer {
            // Programs written for librdkafka before 1.0 end their loops on this event, which was on by default then.
            defaults.append(("enable.partition.eof", "true", dialects))
        }
        if dialect == .mapr && kind == .producer && !PropertyCatalogue.isStreamsBuild {
            // MapR takes values of up to 10 MB; what comes around them is no more than 64 KB, unless there are many headers.
            defaults.append(("message.max.bytes", "\(10 * 1024 * 1024 + 64 * 1024)", dialects))
        }
        if kind == .admin {
            // librdkafka looks for another controller at its usual refresh alone, which is five minutes away: the requests for
            // one that has gone are over before.
            defaults.append(("topic.metadata.refresh.interval.ms", "10000", package))
        }
        return defaults.filter { setDefault($0.0, $0.1) }.map { (name: $0.0, reason: $0.2) }
    }

    /// Every property of librdkafka's that has a text.
    fileprivate func librdkafkas(
        of kind: ClientKind, _ origins: [String: (name: String, origin: String)],
        _ defaults: [(name: String, reason: String)]
    ) throws(StreamsError) -> [EffectiveSetting] {
        // Properties of topics are not in a client's configuration until one of them is set.
        let topics = rd_kafka_topic_conf_new()
        defer { rd_kafka_topic_conf_destroy(topics) }
        var found: [EffectiveSetting] = []
        for name in PropertyCatalogue.names {
            guard let property = PropertyCatalogue.property(name), property.kind != .dedicated,
                property.clients.include(kind), property.canonicalName == name
            else { continue }
            let value =
                try withRaw { (conf) throws(StreamsError) in Self.text { rd_kafka_conf_get(conf, name, $0, &$1) } }
                ?? Self.text { rd_kafka_topic_conf_get(topics, name, $0, &$1) }
            guard let value else { continue }
            let known = origins[name]
            let reason = defaults.first { $0.name == name }?.reason ?? "default"
            // The name that everybody uses is the alias here.
            let usual = name == "metadata.broker.list" ? "bootstrap.servers" : name
            found.append(
                EffectiveSetting(
                    known?.name ?? usual, value, from: known?.origin ?? reason, isSet: known != nil))
        }
        return found
    }

    private static func text(
        _ get: (UnsafeMutablePointer<CChar>?, inout Int) -> rd_kafka_conf_res_t
    ) -> String? {
        var count = 0
        guard get(nil, &count) == RD_KAFKA_CONF_OK else { return nil }
        var text = [CChar](repeating: 0, count: count + 1)
        guard get(&text, &count) == RD_KAFKA_CONF_OK else { return nil }
        return String(errorText: text)
    }
}
