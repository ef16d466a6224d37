import CSystem

extension StreamsError {
    /// What follows the ^ cannot be compiled.
    init(noPattern name: String) {
        self.init(
            .invalidArgument,
            reason: "\"\(name)\" is no pattern: what follows the ^ must be an extended regular expression of POSIX")
    }
}

extension TopicNames {
    /// A list of patterns as `topic.blacklist` is one, for Kafka topics instead of streams'.
    ///
    /// Those that begin with `/` are of a stream's topics, and all of them where there is a default stream: MapR takes
    /// `stream:pattern` there. What has no `^` and is a topic's name is that topic.
    ///
    /// - Throws: `_INVALID_ARG` for what is neither a pattern of a stream's topics nor one of them.
    func kafkaPatterns(of list: String) throws(StreamsError) -> String {
        var patterns: [String] = []
        // librdkafka has no escape for a comma.
        for entry in list.utf8.split(separator: UInt8(ascii: ",")) {
            let name = Substring(entry).trimmedOfBlanks
            patterns.append(isOfStream(name) && !name.isEmpty ? try kafkaPattern(ofEntry: name) : "\(Substring(entry))")
        }
        return patterns.joined(separator: ",")
    }

    private func kafkaPattern(ofEntry name: String) throws(StreamsError) -> String {
        let bytes = Array(name.utf8)
        let start = bytes.first == .slash ? StreamName.colon(in: bytes).map { $0 + 1 } : 0
        if let start, start < bytes.count, bytes[start] != .caret,
            StreamName.problem(withTopic: bytes[start...]) != nil
        {
            var pattern = bytes
            pattern.insert(.caret, at: start)
            return try kafkaTopic(for: text(pattern))
        }
        let found = try kafkaTopic(for: name)
        if found.utf8.first == .caret { return found }
        var result: [UInt8] = []
        result.append(.caret)
        TopicRules.append(quoted: Array(found.utf8), to: &result)
        result.append(UInt8(ascii: "$"))
        return text(result)
    }
}

extension TopicRules {
    /// Whether librdkafka can compile a pattern for Kafka topics. - Note: `regcomp`, which it uses itself.
    static func canCompile(_ pattern: String) -> Bool {
        var compiled = regex_t()
        guard regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) == 0 else { return false }
        regfree(&compiled)
        return true
    }

    /// What Kafka is to match for a pattern of a stream's topics, with its leading `^`.
    ///
    /// Topics that a rule gives names of their own are tried here, and named in it where the pattern matches them.
    ///
    /// - Throws: `_INVALID_ARG` where a rule for some of the stream's topics leaves no pattern that says the same.
    func kafkaPattern(of name: StreamName) throws(StreamsError) -> [UInt8] {
        let pattern = name.topic.isEmpty ? Array(".*".utf8) : name.topic
        var general: TopicRule?
        var named: [[UInt8]] = []
        for rule in rules where rule.matches(path: name.path) {
            if rule.isForAllTopics {
                general = rule
                break
            }
            guard rule.hasExactTopic else {
                throw StreamsError(
                    .invalidArgument,
                    reason:
                        "\"\(text(name.full))\": the rule of \(source), line \(rule.line) is for some topics of this "
                        + "stream, and a pattern cannot follow it; subscribe to the topics by their names")
            }
            if try matches(pattern, rule.topic, of: name) { named.append(rule.kafkaTopic(of: rule.topic)) }
        }
        let prefix = general?.prefix ?? TopicEncoding.prefix(ofStream: name.path)
        let groups: UInt8 = named.isEmpty ? 1 : 2
        var result: [UInt8] = []
        result.append(.caret)
        if !named.isEmpty { result.append(UInt8(ascii: "(")) }
        Self.append(quoted: prefix, to: &result)
        Self.append(group: pattern, after: groups, before: general?.suffix ?? [], to: &result)
        for topic in named {
            result.append(UInt8(ascii: "|"))
            Self.append(quoted: topic, to: &result)
            result.append(UInt8(ascii: "$"))
        }
        if !named.isEmpty { result.append(UInt8(ascii: ")")) }
        return result
    }

    /// The pattern in parentheses, which are the group number `groups`, and what follows the topic.
    private static func append(
        group pattern: [UInt8], after groups: UInt8, before suffix: [UInt8], to result: inout [UInt8]
    ) {
        // A pattern that does not say where the topic ends matches what begins so.
        let isAnchored = pattern.last == UInt8(ascii: "$")
        result.append(UInt8(ascii: "("))
        var isQuoted = false
        for byte in suffix.isEmpty || !isAnchored ? pattern[...] : pattern.dropLast() {
            let isReference = isQuoted && byte > UInt8(ascii: "0") && byte <= UInt8(ascii: "9") - groups
            result.append(isReference ? byte + groups : byte)
            isQuoted = !isQuoted && byte == .backslash
        }
        result.append(UInt8(ascii: ")"))
        if suffix.isEmpty { return }
        if !isAnchored {
            result.append(.dot)
            result.append(.star)
        }
        append(quoted: suffix, to: &result)
        result.append(UInt8(ascii: "$"))
    }

    /// A name as a regular expression for it alone.
    fileprivate static func append(quoted name: [UInt8], to result: inout [UInt8]) {
        for byte in name {
            if byte == .dot { result.append(.backslash) }
            result.append(byte)
        }
    }

    /// - Note: `regcomp`, which librdkafka matches its subscriptions with.
    private func matches(_ pattern: [UInt8], _ topic: [UInt8], of name: StreamName) throws(StreamsError) -> Bool {
        var compiled = regex_t()
        guard regcomp(&compiled, "^" + text(pattern), REG_EXTENDED | REG_NOSUB) == 0 else {
            throw StreamsError(noPattern: text(name.full))
        }
        defer { regfree(&compiled) }
        return regexec(&compiled, text(topic), 0, nil, 0) == 0
    }
}
