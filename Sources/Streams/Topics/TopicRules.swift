/// One line of the rules: which names it is for, and what they become.
///
///     /apps/clicks:pageviews = web.pageviews     one topic
///     /apps/clicks:*         = *                 each topic of a stream by its bare name
///     *:*                    = edf.*             a prefix for everything
///
/// A `*` on the left stands for any characters, also for none, `/` among them. On the right it stands for the topic.
struct TopicRule: Sendable {
    /// A canonical path, with `*` for what may be anything.
    let path: [UInt8]
    let topic: [UInt8]
    /// What comes before the topic on the right; all of it where the topic is not repeated.
    let prefix: [UInt8]
    /// nil where the right side has no `*`.
    let suffix: [UInt8]?
    let line: Int

    var hasExactPath: Bool { !path.contains(.star) }
    var hasExactTopic: Bool { !topic.contains(.star) }
    var isForAllTopics: Bool { topic.count == 1 && topic[0] == .star }

    func matches(path: [UInt8]) -> Bool { globMatches(self.path[...], path[...]) }
    func matches(topic: [UInt8]) -> Bool { globMatches(self.topic[...], topic[...]) }

    /// The Kafka topic of a stream's topic that the rule matches.
    func kafkaTopic(of topic: [UInt8]) -> [UInt8] {
        guard let suffix else { return prefix }
        return prefix + topic + suffix
    }

    /// The topic that became this Kafka topic, if it was by this rule.
    func topic(ofKafkaTopic name: [UInt8]) -> [UInt8]? {
        guard let suffix else { return name == prefix && hasExactTopic ? topic : nil }
        guard name.count > prefix.count + suffix.count, name.starts(with: prefix),
            name[(name.count - suffix.count)...].elementsEqual(suffix)
        else { return nil }
        let topic = Array(name[prefix.count..<(name.count - suffix.count)])
        return matches(topic: topic) ? topic : nil
    }

    /// Smaller for what goes first: exact names, streams, patterns of streams, everything; of each kind the one with more
    /// letters of its own.
    private var rank: (Int, Int, Int) {
        let kind =
            if hasExactPath { hasExactTopic ? 0 : 1 } else if path.count == 1 && path[0] == .star && isForAllTopics {
                3
            } else { 2 }
        return (kind, -(path + topic).filter { $0 != .star }.count, line)
    }

    func goesBefore(_ other: TopicRule) -> Bool { rank < other.rank }
}

/// The rules by which names of streams become other Kafka topics than by default, the most specific first.
struct TopicRules: Sendable {
    let rules: [TopicRule]

    /// The section of a file of settings that the rules stand in.
    static let section = "[names]"
    /// Where people write them.
    static let place = "\(section) of the file that \(OutsideSettings.fileVariable) names"
    /// What the text is called in messages.
    let source: String

    /// - Parameters:
    ///   - text: lines of `/path/to/stream:topic = kafka-topic`. A line that begins with `#` is a comment. Where there are
    ///     sections, the rules are those of `[names]`.
    ///   - source: what to call the text in messages.
    /// - Throws: `_INVALID_ARG` with the source and the line.
    init(_ text: String, from source: String, home: HomeCluster) throws(StreamsError) {
        var rules: [TopicRule] = []
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            Self.trimmed(Array($0)[...])
        }
        let hasSections = lines.contains { $0.first == UInt8(ascii: "[") }
        var isOurs = !hasSections
        for (index, line) in lines.enumerated() {
            if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
            if line.first == UInt8(ascii: "[") {
                isOurs = line.elementsEqual(Self.section.utf8)
            } else if isOurs {
                let place = "\(source), line \(index + 1)"
                let rule = try Self.rule(line, at: place, index + 1, home)
                if let other = rules.first(where: { $0.path == rule.path && $0.topic == rule.topic }) {
                    throw StreamsError(
                        .invalidArgument, reason: "\(place): line \(other.line) has a rule for the same names already")
                }
                rules.append(rule)
            }
        }
        self.rules = rules.sorted { $0.goesBefore($1) }
        self.source = source
    }

    private static func rule(
        _ line: ArraySlice<UInt8>, at place: String, _ number: Int, _ home: HomeCluster
    ) throws(StreamsError) -> TopicRule {
        func wrong(_ problem: String) -> StreamsError {
            StreamsError(.invalidArgument, reason: "\(place): \(problem)")
        }
        // A path may have `=` in it, the name of a Kafka topic has none.
        guard let equals = line.lastIndex(of: UInt8(ascii: "=")) else {
            throw wrong("\"\(text(line))\" is no rule; a rule is /path/to/stream:topic = kafka-topic")
        }
        let left = Array(trimmed(line[..<equals]))
        let right = Array(trimmed(line[(equals + 1)...]))

        guard let colon = StreamName.colon(in: left) else {
            throw wrong(
                "\"\(text(left))\" names no topic of a stream; the left side of a rule is /path/to/stream:topic, with * for"
                    + " any characters")
        }
        let topic = Array(left[(colon + 1)...])
        if topic.first == .caret {
            throw wrong("\"\(text(left))\" is a pattern; a rule takes * for any characters, as in /path/to/stream:*")
        }
        if let problem = StreamName.problem(withTopic: topic[...], stars: true) {
            throw wrong("\"\(text(left))\": \(problem)")
        }
        var path = Array(left[..<colon])
        if path.first != .star {
            do throws(StreamsError) {
                path = try StreamName.canonicalPath(path[...], named: left, home: home)
            } catch { throw wrong(error.text) }
        }

        let stars = right.filter { $0 == .star }.count
        let kafka = right.filter { $0 != .star }
        if stars > 1 { throw wrong("\"\(text(right))\" has more than one *; it stands for the topic") }
        if right.isEmpty { throw wrong("behind the = the Kafka topic is missing") }
        if kafka.contains(where: { !$0.isTopicByte }) || right[...].isDots {
            throw wrong(
                "\"\(text(right))\" is no name of a Kafka topic: letters, digits, '.', '_', '-', and * for the topic; no"
                    + " comment may stand behind it")
        }
        if kafka.count > TopicEncoding.longestName {
            throw wrong("the Kafka topic has \(kafka.count) characters, and \(TopicEncoding.longestName) are the most")
        }
        if stars == 0 && (path.contains(.star) || topic.contains(.star)) {
            throw wrong(
                "\"\(text(left))\" is for many names, which would all become \(text(right)); write * for the topic")
        }
        let star = right.firstIndex(of: .star)
        return TopicRule(
            path: path, topic: topic, prefix: star.map { Array(right[..<$0]) } ?? right,
            suffix: star.map { Array(right[($0 + 1)...]) }, line: number)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }
        guard let first = bytes.firstIndex(where: { !isSpace($0) }),
            let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return bytes[first...last]
    }

    /// The rule for a name, or nil for the default.
    func rule(for name: StreamName) -> TopicRule? {
        rules.first { $0.matches(path: name.path) && $0.matches(topic: name.topic) }
    }

    func kafkaTopic(of name: StreamName) -> [UInt8] {
        rule(for: name)?.kafkaTopic(of: name.topic) ?? TopicEncoding.encode(name)
    }

    /// The name that became this Kafka topic, or nil where none did.
    ///
    /// - Parameter streams: paths to look among where a rule is for more than one stream.
    func name(ofKafkaTopic topic: [UInt8], among streams: [[UInt8]]) -> StreamName? {
        for rule in rules {
            guard let found = rule.topic(ofKafkaTopic: topic) else { continue }
            for path in rule.hasExactPath ? [rule.path] : streams where rule.matches(path: path) {
                let name = StreamName(path: path, topic: found)
                // A rule that goes before this one may have sent it elsewhere.
                if name.couldBeGiven && kafkaTopic(of: name) == topic { return name }
            }
        }
        guard let name = TopicEncoding.decode(topic), kafkaTopic(of: name) == topic else { return nil }
        return name
    }
}

/// Whether `text` is what `pattern` describes, in which `*` stands for any bytes.
private func globMatches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    var here = pattern.startIndex
    var there = text.startIndex
    // Where to go on when what follows the last star does not fit.
    var retry: (pattern: Int, text: Int)?
    while there < text.endIndex {
        if here < pattern.endIndex, pattern[here] == .star {
            retry = (here + 1, there)
            here += 1
        } else if here < pattern.endIndex, pattern[here] == text[there] {
            here += 1
            there += 1
        } else if let last = retry {
            retry = (last.pattern, last.text + 1)
            (here, there) = (last.pattern, last.text + 1)
        } else {
            return false
        }
    }
    return pattern[here...].allSatisfy { $0 == .star }
}
