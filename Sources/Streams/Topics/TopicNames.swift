/// What the clients of a process share about names: the home cluster, the rules, and which name each Kafka topic belongs to.
public final class NameSettings: Sendable {
    let home: HomeCluster
    let rules: TopicRules
    private let owners = Guarded<[[UInt8]: StreamName]>([:], acrossForks: true)

    /// - Parameters:
    ///   - rules: the text of a file with rules, as `TopicRules` describes it.
    ///   - source: what to call that text in messages.
    ///   - homeCluster: the cluster whose `/mapr/<cluster>/path` is `/path` too; nil to look into MapR's own
    ///     `mapr-clusters.conf` when the first such name comes.
    /// - Throws: `_INVALID_ARG` with the source and the line of what is no rule.
    public init(rules: String = "", from source: String = "the rules", homeCluster: String? = nil) throws(StreamsError)
    {
        home = HomeCluster(homeCluster)
        self.rules = try TopicRules(rules, from: source, home: home)
    }

    /// Notes that a name has become a Kafka topic.
    ///
    /// - Throws: `_INVALID_ARG` where another one has before.
    func claim(_ topic: [UInt8], for name: StreamName) throws(StreamsError) {
        let owner = owners.withLock { owners in
            let owner = owners[topic] ?? name
            owners[topic] = owner
            return owner
        }
        if owner != name {
            throw StreamsError(
                .invalidArgument,
                reason:
                    "\(text(owner.full)) and \(text(name.full)) both become the Kafka topic \(text(topic)): one of them "
                    + "needs a rule of its own in \(TopicRules.place)")
        }
    }
}

/// The names of a client's topics: the application's, which may be of MapR streams, and Kafka's.
///
/// A name that begins with `/` is of a stream, and so is every name of a client with a default stream. All others are
/// Kafka's already. What comes back is what the application gave; of topics that it did not name, the full name of the stream,
/// spelt as the application spelt the stream.
///
/// Both ways are looked up once for each name and kept.
public final class TopicNames: Sendable {
    struct Known {
        /// From what the application gave.
        var topics: [[UInt8]: String] = [:]
        /// What it gave first for a Kafka topic.
        var given: [[UInt8]: String] = [:]
        /// Found for Kafka topics that it did not name. Starts anew with each stream that it names.
        var derived: [[UInt8]: String] = [:]
        /// What it gave first for a prefix of Kafka topics.
        var prefixes: [[UInt8]: String] = [:]
        /// The paths of its streams, in the order that they came.
        var streams: [[UInt8]] = []
        /// How it spelt them.
        var spellings: [[UInt8]: [UInt8]] = [:]

        mutating func note(_ stream: [UInt8], spelt spelling: [UInt8]) {
            guard spellings[stream] == nil else { return }
            spellings[stream] = spelling
            streams.append(stream)
            derived = [:]
        }
    }

    let settings: NameSettings
    private let defaultStream: [UInt8]?
    private let defaultStreamProperty: String
    let knowsServers: Bool
    let known: Guarded<Known>

    /// - Parameter defaultStream: `streams.producer.default.stream` or `streams.consumer.default.stream`. It is looked at when
    ///   the first name without a path comes: an application that names full paths alone may set it to anything.
    /// - Parameter defaultStreamProperty: which of the two it is, for messages.
    /// - Parameter knowsServers: whether the client knows any brokers. Without them whatever names a stream could only ever time
    ///   out, and is refused.
    public init(
        _ settings: NameSettings, defaultStream: String? = nil, of defaultStreamProperty: String = "the default stream",
        knowsServers: Bool = true
    ) {
        self.settings = settings
        self.knowsServers = knowsServers
        self.defaultStreamProperty = defaultStreamProperty
        self.defaultStream = defaultStream.flatMap { $0.isEmpty ? nil : Array($0.utf8) }
        known = Guarded(Known())
    }

    /// The Kafka topic, or the pattern for Kafka topics, of a name that the application gave.
    ///
    /// - Throws: `_INVALID_ARG` where it is no name of a stream's topic, its Kafka topic would be too long, or another name of
    ///   this process has that Kafka topic.
    public func kafkaTopic(for name: String) throws(StreamsError) -> String {
        let bytes = Array(name.utf8)
        if let topic = known.withLock({ $0.topics[bytes] }) { return topic }
        if !knowsServers && isOfStream(name) { throw StreamsError(withoutServers: name) }
        guard let (stream, spelling) = try parse(bytes) else {
            // Kafka's own. It may look like a stream's, and is to come back as it is.
            if TopicEncoding.decode(bytes) != nil || !settings.rules.rules.isEmpty {
                known.withLock { if $0.given[bytes] == nil { $0.given[bytes] = name } }
            }
            return name
        }
        let topic = stream.isPattern ? try settings.rules.kafkaPattern(of: stream) : try self.topic(of: stream, bytes)
        let result = text(topic)
        known.withLock { known in
            known.topics[bytes] = result
            if known.given[topic] == nil { known.given[topic] = text(stream.full(of: spelling)) }
            known.note(stream.path, spelt: spelling)
        }
        return result
    }

    /// The application's name of a Kafka topic.
    ///
    /// It is the Kafka topic itself as long as the application has named no stream.
    public func name(ofKafkaTopic topic: String) -> String {
        let bytes = Array(topic.utf8)
        if let found = known.withLock({ $0.given[bytes] ?? $0.derived[bytes] }) { return found }
        if known.withLock({ $0.streams.isEmpty }) && !knowsDefaultStream() { return topic }
        let streams = known.withLock { $0.streams.count }
        let name = streamName(ofKafkaTopic: topic) ?? topic
        // A stream that came meanwhile may have given it another.
        known.withLock { if $0.streams.count == streams { $0.derived[bytes] = name } }
        return name
    }

    /// Whether there is a default stream, which is from now on among the application's.
    private func knowsDefaultStream() -> Bool {
        guard let stream = defaultStream, StreamName.colon(in: stream) == nil,
            let path = try? StreamName.canonicalPath(stream[...], named: stream, home: settings.home)
        else { return false }
        known.withLock { $0.note(path, spelt: stream) }
        return true
    }

    /// Whether any Kafka topic may have another name here.
    var hasMapped: Bool { defaultStream != nil || known.withLock { !$0.streams.isEmpty } }

    /// Whether a name is of a stream's topic, and not Kafka's own.
    func isOfStream(_ name: String) -> Bool { defaultStream != nil || name.utf8.first == .slash }

    /// The full name of the stream's topic that became a Kafka topic, or nil where none did.
    ///
    /// Other than `name(ofKafkaTopic:)` it needs no name that the application gave, and is for tools.
    public func streamName(ofKafkaTopic topic: String) -> String? {
        let bytes = Array(topic.utf8)
        return streamName(ofKafkaTopic: bytes, among: known.withLock { $0.streams })
    }

    /// A text of librdkafka's with the application's names in place of the Kafka topics that they became.
    public func inApplicationsWords(_ words: String) -> String {
        let given = known.withLock { $0.given }
        if given.isEmpty { return words }
        var result: [UInt8] = []
        var word: [UInt8] = []
        func finish() {
            // A sentence may end in a topic's name.
            let stop = word.last == 0x2e && given[word] == nil
            if stop { word.removeLast() }
            // What is letters alone may be a word of the sentence.
            if let name = given[word], !word.allSatisfy({ (0x61...0x7a).contains($0 | 0x20) }) {
                result += name.utf8
            } else {
                result += word
            }
            if stop { result.append(0x2e) }
            word = []
        }
        for byte in words.utf8 {
            if byte.isLetterOrDigit || byte == .dot || byte == .dash || byte == .underscore {
                word.append(byte)
            } else {
                finish()
                result.append(byte)
            }
        }
        finish()
        return text(result)
    }

    private func streamName(ofKafkaTopic topic: [UInt8], among streams: [[UInt8]]) -> String? {
        guard let name = settings.rules.name(ofKafkaTopic: topic, among: streams) else { return nil }
        let spelling = known.withLock { $0.spellings[name.path] }
        return text(name.full(of: spelling ?? unambiguous(name.path)))
    }

    /// A path that is parsed as it is: below `/mapr/<home>` only what has that prefix once more.
    private func unambiguous(_ path: [UInt8]) -> [UInt8] {
        guard path.starts(with: "/mapr/".utf8), let home = settings.home.name else { return path }
        let prefix = Array("/mapr/".utf8) + home
        return path.starts(with: prefix) && path[prefix.count...].first == .slash ? prefix + path : path
    }

    /// The parts of a stream's name, and how its path was spelt, or nil for a name that is Kafka's.
    private func parse(_ name: [UInt8]) throws(StreamsError) -> (StreamName, spelling: [UInt8])? {
        if name.first == .slash {
            let stream = try StreamName(parsing: name, home: settings.home)
            return (stream, Array(name[..<(StreamName.colon(in: name) ?? 0)]))
        }
        guard let stream = defaultStream else { return nil }
        if let problem = Self.problem(withDefaultStream: stream) {
            throw StreamsError(
                .invalidArgument,
                reason:
                    "topic \"\(text(name))\" names no stream, and \(defaultStreamProperty), which is to name it, is "
                    + "\"\(text(stream))\": \(problem)")
        }
        var full = stream
        full.append(.colon)
        full += name
        return (
            try StreamName(stream: stream[...], topic: name[...], named: full, home: settings.home), stream
        )
    }

    private static func problem(withDefaultStream stream: [UInt8]) -> String? {
        if stream.first != .slash { return "a stream's path begins with /" }
        if let colon = StreamName.colon(in: stream) {
            return "that is a topic; the stream alone is \(text(stream[..<colon]))"
        }
        return stream.last == .slash ? "a stream's path does not end with /" : nil
    }

    private func topic(of stream: StreamName, _ name: [UInt8]) throws(StreamsError) -> [UInt8] {
        let topic = settings.rules.kafkaTopic(of: stream)
        if topic.count > TopicEncoding.longestName {
            throw StreamsError(
                .invalidArgument,
                reason:
                    "\(text(name)) becomes the Kafka topic \(text(topic)), which has \(topic.count) characters, and Kafka "
                    + "takes \(TopicEncoding.longestName). A line in \(TopicRules.place) gives it another name: "
                    + "\(text(stream.full)) = \(text(stream.topic.prefix(TopicEncoding.longestName)))")
        }
        try settings.claim(topic, for: stream)
        return topic
    }
}

extension StreamsError {
    /// A pattern stands where one topic is meant.
    init(patternAsTopic name: String) {
        self.init(
            .invalidArgument,
            reason: "\"\(name)\" is a pattern, which matches topics and is none: patterns are for subscribe alone")
    }

    /// A stream is named, and no brokers are known.
    init(withoutServers name: String) {
        self.init(
            .invalidArgument,
            reason: "topic \"\(name)\" is of a MapR stream, and the client knows no Kafka brokers: set the environment"
                + " variable \(OutsideSettings.variable(of: "bootstrap.servers")), or \"bootstrap.servers\"")
    }
}

/// Without a mapping every name is Kafka's.
extension TopicNames? {
    func kafkaTopic(for name: String) throws(StreamsError) -> String { try self?.kafkaTopic(for: name) ?? name }

    /// The same where no pattern makes sense.
    ///
    /// - Throws: `_INVALID_ARG` for a pattern of a stream's topics. Of a Kafka topic's name Kafka is the judge.
    func oneKafkaTopic(for name: String) throws(StreamsError) -> String {
        guard let names = self else { return name }
        let topic = try names.kafkaTopic(for: name)
        if topic.utf8.first == .caret && names.isOfStream(name) { throw StreamsError(patternAsTopic: name) }
        return topic
    }

    func name(ofKafkaTopic topic: String) -> String { self?.name(ofKafkaTopic: topic) ?? topic }

    /// The same partitions, named as everything else that comes back names them: a topic has one name then.
    func settled(_ partitions: [TopicPartition]) throws(StreamsError) -> [TopicPartition] {
        guard let names = self else { return partitions }
        var settled = partitions
        for index in settled.indices {
            settled[index].topic = names.name(ofKafkaTopic: try names.kafkaTopic(for: settled[index].topic))
        }
        return settled
    }
}
