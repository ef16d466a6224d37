import CRdkafka

extension Configuration {
    /// The property that turns the mapping of names on and off: on, unless the loaded librdkafka knows streams itself.
    public static let mappingProperty = "streams.topic.mapping"

    private static let defaultStreamProperties = ClientKind.allCases.compactMap { $0.defaultStreamProperty }

    /// Takes a property of MapR's, which Apache Kafka's librdkafka does not know.
    ///
    /// - Returns: false where it is none of them.
    func setStreams(_ name: String, _ value: String?) throws(StreamsError) -> Bool {
        if name == Self.mappingProperty {
            guard let value, let isOn = Self.truth(value) else {
                throw StreamsError(
                    .invalidArgument,
                    reason: "configuration property \"\(name)\" must be \"true\" or \"false\", not \"\(value ?? "")\"")
            }
            mapsNames = isOn
            return true
        }
        if PropertyCatalogue.isStreamsBuild { return false }
        if name.hasPrefix("streams."), name != Dialect.property, streamsProperty == nil { streamsProperty = name }
        if Self.defaultStreamProperties.contains(name) {
            defaultStreams[name] = value
            return true
        }
        let fate = PropertyFate(of: name)
        switch fate.kind {
        case .mapped: try setMapped(name, value ?? "", to: fate.target ?? name)
        case .withoutEffect: warnings.append("\(name) has no effect on Apache Kafka: \(fate.note)")
        default: return false
        }
        return true
    }

    private func setMapped(_ name: String, _ value: String, to target: String) throws(StreamsError) {
        let mapped: String?
        switch name {
        case "streams.parallel.flushers.per.partition":
            guard let isParallel = Self.truth(value) else {
                throw StreamsError(
                    .invalidArgument,
                    reason: "configuration property \"\(name)\" must be \"true\" or \"false\", not \"\(value)\"")
            }
            mapped = isParallel ? nil : "1"
        case "buffer.memory", "streams.consumer.buffer.memory":
            guard let bytes = Int(value), bytes > 0 else {
                throw StreamsError(
                    .invalidArgument,
                    reason: "configuration property \"\(name)\" must be a number of bytes, not \"\(value)\"")
            }
            mapped = "\(min(max(bytes / 1024, 1), 2_097_151))"
        case "streams.rpc.timeout.ms":
            // MapR's consumers wait 305 seconds unless they are told otherwise, and librdkafka takes 300.
            mapped = Int(value).map { "\(min($0, 300_000))" } ?? value
        default: mapped = value
        }
        // What the application says in librdkafka's own words goes before.
        if let mapped, self.value(target) == nil { mappedProperties.append((target, mapped, name, origin)) }
    }

    /// Sets what MapR's properties come to, once all others are set.
    func setMappedProperties() throws(StreamsError) {
        for (target, value, name, origin) in mappedProperties where self.value(target) == nil {
            do throws(StreamsError) {
                try set(target, value)
            } catch {
                let error = error.prefixed("\"\(name)\", which is \"\(target)\" on Apache Kafka")
                throw origin.map { error.prefixed($0) } ?? error
            }
        }
        mappedProperties = []
    }

    private static func truth(_ value: String) -> Bool? {
        switch value.lowercased() {
        case "true", "t", "1": true
        case "false", "f", "0": false
        default: nil
        }
    }

    /// Sets what comes from outside of the application: what it has not set, and what replaces its own.
    ///
    /// - Throws: where a setting is wrong, with the place that it stands in.
    public func use(_ outside: OutsideSettings, of kind: ClientKind) throws(StreamsError) {
        warnings += outside.warnings
        defer { origin = nil }
        for setting in outside.settings(of: kind) {
            origin = setting.origin
            if setting.name == Dialect.property || !setting.isOverride && isGiven(setting.name) { continue }
            do throws(StreamsError) {
                forget(setting.name)
                try set(setting.name, setting.value)
            } catch {
                throw error.prefixed(setting.origin)
            }
        }
        nameSettings = try NameSettings.shared(
            rules: outside.rules, from: outside.source, homeCluster: outside.homeCluster)
    }

    /// Gives librdkafka its own names of the topics in the one property that has any.
    ///
    /// - Throws: `_INVALID_ARG` with the property, for what is no pattern of a stream's topics.
    func setTopicPatterns(by names: TopicNames?) throws(StreamsError) {
        let property = "topic.blacklist"
        guard let names, let list = value(property) else { return }
        do throws(StreamsError) {
            let patterns = try names.kafkaPatterns(of: list)
            if patterns == list { return }
            try withRaw { (conf) throws(StreamsError) in
                var reason = [CChar](repeating: 0, count: 512)
                guard rd_kafka_conf_set(conf, property, patterns, &reason, reason.count) == RD_KAFKA_CONF_OK else {
                    throw StreamsError(.invalidArgument, reason: String(errorText: reason))
                }
            }
        } catch {
            throw error.prefixed("configuration property \"\(property)\"")
        }
    }

    private func isGiven(_ name: String) -> Bool { value(name) != nil || defaultStreams[name] != nil }

    /// The mapping of names of the client to be; nil where names are Kafka's, or librdkafka knows streams itself.
    func topicNames(of kind: ClientKind) throws(StreamsError) -> TopicNames? {
        guard mapsNames ?? !PropertyCatalogue.isStreamsBuild else { return nil }
        let property = kind.defaultStreamProperty ?? ""
        if let given = defaultStreams[property] == nil ? streamsProperty : property, !namesServers {
            throw StreamsError(
                .invalidArgument,
                reason: "\"\(given)\" is set, and the client knows no Kafka brokers: set the environment variable"
                    + " \(OutsideSettings.variable(of: "bootstrap.servers")), or \"bootstrap.servers\"")
        }
        let settings: NameSettings
        if let nameSettings { settings = nameSettings } else { settings = try NameSettings.shared() }
        return TopicNames(
            settings, defaultStream: defaultStreams[property], of: property, knowsServers: namesServers)
    }
}

extension NameSettings {
    /// Those of the process: clients with the same settings share them, and what they have mapped.
    static func shared(
        rules: String = "", from source: String = "the rules", homeCluster: String? = nil
    ) throws(StreamsError) -> NameSettings {
        if let last = current.withLock({ $0 }), last.rules == rules, last.homeCluster == homeCluster {
            return last.settings
        }
        let settings = try NameSettings(rules: rules, from: source, homeCluster: homeCluster)
        current.withLock { $0 = Shared(rules: rules, homeCluster: homeCluster, settings: settings) }
        return settings
    }

    private struct Shared: Sendable {
        let rules: String
        let homeCluster: String?
        let settings: NameSettings
    }

    private static let current = Guarded<Shared?>(nil, acrossForks: true)
}
