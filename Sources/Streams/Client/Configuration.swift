import CRdkafka
import CSystem

/// The configuration of one client, to be.
public final class Configuration {
    /// Whose rules the client follows.
    public let dialect: Dialect
    /// What brokers are told that they are talking to, unless the application says something else; nil for librdkafka.
    public var software: (name: String, version: String)?
    /// What the application, not a default of ours, has set, under librdkafka's own names.
    private var given: [String: Given] = [:]

    private struct Given {
        var name: String
        var value: String?
        var isTopics: Bool
        /// Where it stands outside of the application; nil where the application gave it.
        var origin: String?
    }

    // See Configuration+Streams.
    /// Whether names of streams are mapped; nil for as the loaded librdkafka needs it.
    var mapsNames: Bool?
    var defaultStreams: [String: String] = [:]
    var nameSettings: NameSettings?
    /// Properties of librdkafka's that MapR's have come to: name, value, and MapR's.
    var mappedProperties: [(String, String, String, origin: String?)] = []
    /// The first of MapR's that was given: who gives one names a stream, or did on MapR.
    var streamsProperty: String?
    /// Where what is being set stands, outside of the application.
    var origin: String?
    /// Which protocol of groups the application asks for.
    var groupProtocol = GroupProtocol.Choice.classic
    /// What is to be logged once there is a client.
    var warnings: [String] = []

    private var conf: OpaquePointer?
    private var cannotBeFreed = false

    /// - Note: `rd_kafka_conf_new`.
    public init(dialect: Dialect) {
        self.dialect = dialect
        conf = rd_kafka_conf_new()
    }

    deinit {
        if let conf, !cannotBeFreed { rd_kafka_conf_destroy(conf) }
    }

    /// Sets a property; nil empties it.
    ///
    /// - Parameters:
    ///   - knownElsewhere: names of properties that librdkafka does not have, to be suggested like its own.
    ///   - isTopics: whether it is of the topics' own configuration, which wins over the client's.
    /// - Throws: `_INVALID_ARG` with librdkafka's text and, for an unknown property, the nearest known one; where a
    ///   number has other text behind it, or the property was given under another name with another value.
    /// - Note: `rd_kafka_conf_set`.
    public func set(
        _ name: String, _ value: String?, knownElsewhere: [String] = [], isTopics: Bool = false
    ) throws(StreamsError) {
        if name.utf8.contains(0) || value?.utf8.contains(0) == true {
            throw invalid("Configuration property \"\(name.withoutNulls)\" has a null character in its name or value")
        }
        if try setStreams(name, value) { return }
        if try setGroupProtocol(name, value) { return }
        if let value, let fault = NumericValue.fault(of: value, for: name) { throw invalid(fault) }
        let canonical = PropertyCatalogue.canonicalName(name)
        if let before = given[canonical], before.isTopics == isTopics, before.name != name, before.value != value {
            throw invalid(
                "\"\(before.name)\" and \"\(name)\" are two names of one configuration property, and were given"
                    + " different values: give one of them")
        }
        var text = [CChar](repeating: 0, count: 512)
        let result = rd_kafka_conf_set(conf, name, value, &text, text.count)
        switch result {
        case RD_KAFKA_CONF_OK:
            given[canonical] = Given(name: name, value: value, isTopics: isTopics, origin: origin)
        case RD_KAFKA_CONF_UNKNOWN:
            throw invalid(Self.string(text) + whatElse(name, knownElsewhere))
        default:
            let fate = PropertyFate(of: name)
            if fate.kind == .callback || fate.kind == .kept {
                throw invalid("configuration property \"\(name)\" is none of this client's: \(fate.note)")
            }
            var reason = Self.string(text)
            // librdkafka names a property by its first name, where the application used another.
            if !reason.includes("\"\(name)\"") { reason += " (given as \"\(name)\")" }
            if reason.hasPrefix("Invalid value") {
                reason += NumericValue.whatItTakes(name, insteadOf: value, in: reason)
            }
            throw invalid(reason)
        }
    }

    /// Throws what `set` would of any value, where a property has none that is text: unknown ones and functions.
    public func checkTakesText(_ name: String, knownElsewhere: [String] = []) throws(StreamsError) {
        if let property = PropertyCatalogue.property(name), property.kind != .dedicated { return }
        try set(name, "", knownElsewhere: knownElsewhere)
    }

    /// What an unknown property may have been meant to be.
    private func whatElse(_ name: String, _ knownElsewhere: [String]) -> String {
        if let advice = ForeignProperties.advice(for: name) { return "; \(advice)" }
        let fate = PropertyFate(of: name)
        // The other kind of client's.
        if fate.kind == .kept && !name.hasPrefix("streams.") { return "; \(fate.note)" }
        if let nearest = PropertyCatalogue.nearest(to: name, among: knownElsewhere + PropertyFate.textual) {
            return "; did you mean \"\(nearest)\"?"
        }
        guard name.hasPrefix("streams."), !PropertyCatalogue.isStreamsBuild else { return "" }
        return
            "; it is none of those that MapR documents, and librdkafka \(Librdkafka.versionText), which is Apache Kafka's,"
            + " does not have it: leave it out, or load a MapR (HPE Data Fabric) client's librdkafka"
    }

    /// Sets a property unless the application has; a librdkafka that does not know it goes without.
    ///
    /// - Returns: whether it was set.
    @discardableResult
    func setDefault(_ name: String, _ value: String) -> Bool {
        if given[PropertyCatalogue.canonicalName(name)] != nil { return false }
        return rd_kafka_conf_set(conf, name, value, nil, 0) == RD_KAFKA_CONF_OK
    }

    /// Takes down a property whose value is not librdkafka's to know, which gets another.
    func record(_ name: String, _ value: String, as other: String) {
        given[PropertyCatalogue.canonicalName(name)] = Given(name: name, value: value, isTopics: false, origin: origin)
        rd_kafka_conf_set(conf, name, other, nil, 0)
    }

    /// Takes back that the application gave a property.
    func forget(_ name: String) { given[PropertyCatalogue.canonicalName(name)] = nil }

    /// What the application gave for a property, under whichever of its names.
    public func value(_ name: String) -> String? { given[PropertyCatalogue.canonicalName(name)]?.value }

    /// Whether the application named any broker.
    public var namesServers: Bool { !(value("bootstrap.servers") ?? "").isEmpty }

    /// Why no address in the configuration can be a broker's; nil where one may be.
    var addressFault: String? {
        if namesServers { return BrokerAddresses.fault(in: value("bootstrap.servers") ?? "") }
        // librdkafka's mock cluster names its servers itself, and so may a plugin; a vendor's library needs none.
        if value("test.mock.num.brokers") != nil || value("plugin.library.paths") != nil { return nil }
        return PropertyCatalogue.isStreamsBuild ? nil : "bootstrap.servers is not set, so the client knows no brokers"
    }

    /// The longest pause between two attempts to connect, in seconds.
    var slowestReconnect: Int { (Int(value("reconnect.backoff.max.ms") ?? "") ?? 10000) / 1000 }

    /// The servers that the application itself has named; nil where they come from outside, or there are none.
    var applicationsServers: String? {
        guard let given = given[PropertyCatalogue.canonicalName("bootstrap.servers")], given.origin == nil else {
            return nil
        }
        return given.value
    }

    /// The error that librdkafka gave for the configuration, with the files that it names, those that cannot be read, and where
    /// the properties that it names stand outside of the application.
    func naming(filesOf error: StreamsError) -> StreamsError {
        var words: [String] = []
        for (name, given) in given {
            let place = given.origin.map { " by \($0)" } ?? ""
            guard name.hasSuffix(".location"), let path = given.value, !path.isEmpty, path != "probe" else {
                if !place.isEmpty, error.text.includes(name) || error.text.includes(given.name) {
                    words.append("\(given.name) is set\(place)")
                }
                continue
            }
            if access(path, R_OK) != 0 {
                words.append("\(name) is \"\(path)\"\(place): \(String(cString: strerror(sys_errno())))")
            } else if error.text.includes(name) {
                words.append("\(name) is \"\(path)\"\(place)")
            }
        }
        return words.isEmpty ? error : error.followed(by: words.sorted().joined(separator: "; "))
    }

    /// Hands the configuration to librdkafka. - Parameter body: gets the raw object; returns whether it took it over.
    func withRaw<Result>(_ body: (OpaquePointer?) throws(StreamsError) -> Result) throws(StreamsError) -> Result {
        try body(conf)
    }

    /// Hands out a copy, which whoever gets it makes a client of or destroys. - Note: `rd_kafka_conf_dup`.
    func withCopy<Result>(_ body: (OpaquePointer) -> Result) -> Result { body(rd_kafka_conf_dup(conf)) }

    /// Has properties be as if nobody had given them. - Note: `rd_kafka_conf_dup_filter`.
    func leaveOut(_ names: [String]) {
        var filter = names.map { UnsafePointer<CChar>(strdup($0)) }
        let before = conf
        conf = rd_kafka_conf_dup_filter(before, filter.count, &filter)
        if let before { rd_kafka_conf_destroy(before) }
        for name in filter { free(UnsafeMutablePointer(mutating: name)) }
        names.forEach { forget($0) }
    }

    /// Called where `rd_kafka_new` has taken the object over.
    func relinquish() { conf = nil }

    /// Called where `rd_kafka_new` has refused it: before 2.13.0 librdkafka has freed what plugins have put into it, and
    /// would do so again (its issue 4142).
    func wasRefused() { cannotBeFreed = mayNotBeFreedWhereRefused }

    /// Whether an object like it is librdkafka's no more where `rd_kafka_new` has refused it: interceptors are freed twice,
    /// those of plugins and ours (`CoordinatorConnection`).
    var mayNotBeFreedWhereRefused: Bool {
        (value("plugin.library.paths") ?? value("transactional.id")) != nil && !Librdkafka.isAtLeast(2, 13)
    }

    private func invalid(_ reason: String) -> StreamsError { StreamsError(.invalidArgument, reason: reason) }

    /// A text of librdkafka's, some of which end in a line break.
    private static func string(_ text: [CChar]) -> String {
        var text = text.prefix { $0 != 0 }
        while text.last == 0x0a { text.removeLast() }
        return String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension String {
    /// Fit for a message.
    fileprivate var withoutNulls: String { String(decoding: utf8.map { $0 == 0 ? 0x3f : $0 }, as: UTF8.self) }
}
