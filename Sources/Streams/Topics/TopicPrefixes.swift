// Prefixes of topics' names, which access control takes. A stream's topics have one Kafka prefix, and so have the streams of a
// folder: `/apps/clicks:` is `apps--clicks--`, `/apps/` is `apps--`.

extension TopicNames? {
    /// See `TopicNames.kafkaPrefix`.
    func kafkaPrefix(for prefix: String, mustCoverAll: Bool) throws(StreamsError) -> String {
        guard let self else { return prefix }
        return try self.kafkaPrefix(for: prefix, mustCoverAll: mustCoverAll)
    }

    /// See `TopicNames.prefix`.
    func prefix(ofKafkaPrefix prefix: String) -> String { self?.prefix(ofKafkaPrefix: prefix) ?? prefix }
}

extension TopicNames {
    /// The Kafka prefix of the names that begin so: `/path/to/stream:` and the beginning of a topic, or `/path/` for all
    /// streams below a folder. What does not begin with `/` is Kafka's already.
    ///
    /// What the last letter becomes may depend on what follows it: a `-` before a letter stays, and before another `-` it does
    /// not. The result is for what begins with a letter.
    ///
    /// - Parameter mustCoverAll: whether it is an error where some of those names have another Kafka prefix.
    /// - Throws: `_INVALID_ARG` where those names have no prefix in common on Kafka, with what to do.
    func kafkaPrefix(for prefix: String, mustCoverAll: Bool) throws(StreamsError) -> String {
        let bytes = Array(prefix.utf8)
        guard bytes.first == .slash else { return prefix }
        if !knowsServers { throw StreamsError(withoutServers: prefix) }
        let parsed = try ParsedPrefix(bytes, home: settings.home)
        let kafka = try parsed.kafkaPrefix(by: settings.rules, mustCoverAll: mustCoverAll)
        known.withLock { known in
            if known.prefixes[kafka] == nil { known.prefixes[kafka] = prefix }
            if let stream = parsed.stream { known.note(stream, spelt: parsed.spelling) }
        }
        return text(kafka)
    }

    /// The application's name of a Kafka prefix: what it gave, or the prefix itself where it is of no stream's topics.
    func prefix(ofKafkaPrefix prefix: String) -> String {
        let bytes = Array(prefix.utf8)
        if let given = known.withLock({ $0.prefixes[bytes] }) { return given }
        // The name of a topic that begins so, less what was added to it.
        var name = name(ofKafkaTopic: prefix + "a")
        guard name.utf8.first == .slash, name.utf8.last == 0x61 else { return prefix }
        name.removeLast()
        guard let back = try? ParsedPrefix(Array(name.utf8), home: settings.home),
            let kafka = try? back.kafkaPrefix(by: settings.rules, mustCoverAll: false), kafka == bytes
        else { return prefix }
        return name
    }
}

/// A prefix of streams' topics, in its parts.
private struct ParsedPrefix {
    let given: [UInt8]
    /// The stream, or nil where it is for all streams of a folder.
    let stream: [UInt8]?
    /// How its path was spelt.
    let spelling: [UInt8]
    /// The stream's path, or the folder's.
    private let path: [UInt8]
    /// What the topics begin with.
    private let topic: [UInt8]

    init(_ prefix: [UInt8], home: HomeCluster) throws(StreamsError) {
        given = prefix
        if let colon = StreamName.colon(in: prefix) {
            spelling = Array(prefix[..<colon])
            path = try StreamName.canonicalPath(prefix[..<colon], named: prefix, home: home)
            topic = Array(prefix[(colon + 1)...])
            stream = path
            if topic.contains(where: { !$0.isTopicByte }) {
                throw Self.invalid(
                    prefix,
                    "\(text(topic)) has other characters than letters, digits, '.', '_' and '-'")
            }
        } else {
            guard prefix.count > 1, prefix.last == .slash else {
                let cure =
                    prefix.count == 1
                    ? "for every topic there is the name * (LITERAL)"
                    : "it ends with / for the streams of a folder, or is /path/to/stream: and the beginning of its topics"
                throw Self.invalid(prefix, cure)
            }
            spelling = []
            path = try StreamName.canonicalPath(prefix.dropLast(), named: prefix, home: home)
            topic = []
            stream = nil
        }
    }

    /// See `TopicNames.kafkaPrefix`.
    func kafkaPrefix(by rules: TopicRules, mustCoverAll: Bool) throws(StreamsError) -> [UInt8] {
        let sample = names(followedBy: [0x61])[0]
        let rule = stream == nil ? nil : rules.rule(for: sample)
        // Only what goes before the rule can have any of the names.
        let before = rules.rules.prefix { $0.line != rule?.line }
        if let other = before.first(where: couldMatch) ?? rules.rules.first(where: { $0.overlaps(rule) }) {
            throw invalid("line \(other.line) of the rules gets in between: use the names of topics")
        }
        if let rule, !rule.hasExactPath {
            throw invalid("line \(rule.line) of the rules is for other streams too: use the names of topics")
        }
        let result = Array(rules.kafkaTopic(of: sample).dropLast())
        // A rule may put something behind the topic, and nothing before it.
        guard !result.isEmpty, rules.kafkaTopic(of: names(followedBy: [0x62])[0]) == result + [0x62] else {
            throw invalid("by the rules their Kafka topics have no beginning of their own: use the names of topics")
        }
        if mustCoverAll {
            for name in Self.continuations.flatMap({ names(followedBy: $0) })
            where StreamName.problem(withTopic: name.topic[...]) == nil
                && !rules.kafkaTopic(of: name).starts(with: result)
            {
                throw invalid(
                    "\(text(name.full)) becomes \(text(rules.kafkaTopic(of: name))) on Kafka, which does not begin with"
                        + " \(text(result)): what denies must be for all of them, so end it before the last letter")
            }
        }
        return result
    }

    /// Names that begin so.
    private func names(followedBy more: [UInt8]) -> [StreamName] {
        guard stream == nil else { return [StreamName(path: path, topic: topic + more)] }
        // A stream in the folder, one in a folder below it, and the one that has the folder's name, which Kafka's names do not
        // tell from it.
        return [StreamName(path: path, topic: more)] + [StreamName(path: path + [.slash] + more, topic: [0x61])]
    }

    /// Whether a rule may be for a name that begins so.
    private func couldMatch(_ rule: TopicRule) -> Bool {
        if stream == nil { return Self.couldBegin(rule.path, with: path + [.slash]) || rule.matches(path: path) }
        return rule.matches(path: path) && Self.couldBegin(rule.topic, with: topic)
    }

    /// Whether what a pattern with `*` describes may begin so.
    private static func couldBegin(_ pattern: [UInt8], with prefix: [UInt8]) -> Bool {
        let literal = pattern.prefix { $0 != .star }
        if literal.starts(with: prefix) { return true }
        return literal.count < pattern.count && prefix.starts(with: literal)
    }

    /// What may follow: whatever the encoding of a letter may depend on, three letters far.
    private static var continuations: [[UInt8]] {
        let letters: [UInt8] = [0x61, 0x34, .dash, .dot, .underscore]
        let one = letters.map { [$0] }
        let two = one.flatMap { first in letters.map { first + [$0] } }
        return one + two + two.flatMap { first in letters.map { first + [$0] } }
    }

    private func invalid(_ problem: String) -> StreamsError { Self.invalid(given, problem) }

    private static func invalid(_ prefix: [UInt8], _ problem: String) -> StreamsError {
        StreamsError(.invalidArgument, reason: "\(text(prefix)) is no prefix of streams' topics on Kafka: \(problem)")
    }
}

extension TopicRule {
    /// Whether a Kafka topic that it makes may begin as those of another rule do.
    fileprivate func overlaps(_ other: TopicRule?) -> Bool {
        guard let other, line != other.line, !other.prefix.isEmpty else { return false }
        return prefix.starts(with: other.prefix) || (suffix != nil && other.prefix.starts(with: prefix))
    }
}
