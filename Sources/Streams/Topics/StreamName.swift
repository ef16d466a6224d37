/// The name of a topic of MapR Event Store, `/path/to/stream:topic`, in its parts.
///
/// Names are compared byte for byte: Swift's own comparison of text takes two spellings of one letter for the same, and a
/// file system does not.
struct StreamName: Hashable, Sendable {
    /// `/path/to/stream` with single slashes, and without the prefix of the home cluster.
    let path: [UInt8]
    /// The topic; of a pattern, the regular expression without its leading `^`.
    let topic: [UInt8]
    let isPattern: Bool

    /// The longest topic that MapR takes, in bytes.
    static let longestTopic = 255

    init(path: [UInt8], topic: [UInt8], isPattern: Bool = false) {
        self.path = path
        self.topic = topic
        self.isPattern = isPattern
    }

    /// Parses a full name as MapR does: the stream's own name lies between the last `/` and the first `:` after it.
    ///
    /// - Throws: `_INVALID_ARG`, with the name and what is wrong with it.
    init(parsing name: [UInt8], home: HomeCluster) throws(StreamsError) {
        guard let colon = Self.colon(in: name) else {
            let problem =
                name.contains(.colon)
                ? "its colon stands before the last '/'; a full name is /path/to/stream:topic"
                : "it names a stream and no topic; a full name is \(text(name)):TOPIC"
            throw Self.invalid(name, problem)
        }
        try self.init(stream: name[..<colon], topic: name[(colon + 1)...], named: name, home: home)
    }

    /// Puts a name together from a stream and a topic of it.
    ///
    /// - Parameter name: for error messages, as the application gave it.
    init(
        stream: ArraySlice<UInt8>, topic: ArraySlice<UInt8>, named name: [UInt8], home: HomeCluster
    ) throws(StreamsError) {
        path = try Self.canonicalPath(stream, named: name, home: home)
        if topic.first == .caret {
            isPattern = true
            self.topic = Array(topic.drop { $0 == .caret })
        } else {
            if let problem = Self.problem(withTopic: topic) {
                let isMeantAsPattern = topic.contains { $0.isOfPatternsAlone }
                let advice =
                    isMeantAsPattern ? "; where it is a pattern, write ^ before it: \(text(path)):^\(text(topic))" : ""
                throw Self.invalid(name, problem + advice)
            }
            isPattern = false
            self.topic = Array(topic)
        }
    }

    /// The name as MapR writes it.
    var full: [UInt8] { full(of: path) }

    /// The same with the path in another spelling.
    func full(of path: [UInt8]) -> [UInt8] {
        var full = path
        full.append(.colon)
        if isPattern { full.append(.caret) }
        return full + topic
    }

    /// Whether the parser would take the full name, and take it apart in this way.
    var couldBeGiven: Bool {
        Self.problem(withTopic: topic[...]) == nil && !path.contains(0)
            && path[(path.lastIndex(of: .slash) ?? 0)...].firstIndex(of: .colon) == nil
            && path.split(separator: .slash).allSatisfy { !$0.isDots }
            && Array(text(path).utf8) == path
    }

    /// Where the topic of a full name begins: behind this colon.
    static func colon(in name: [UInt8]) -> Int? {
        let start = name.lastIndex(of: .slash) ?? name.startIndex
        return name[start...].firstIndex(of: .colon)
    }

    /// What keeps text from being a topic of a stream.
    ///
    /// - Parameter stars: whether it may have `*` in it, as on the left side of a rule.
    static func problem(withTopic topic: ArraySlice<UInt8>, stars: Bool = false) -> String? {
        if topic.isEmpty { return "its topic is empty" }
        if topic.count > longestTopic {
            return "its topic has \(topic.count) characters, and \(longestTopic) are the most"
        }
        if topic.isDots {
            return "a topic cannot be . or .."
        }
        if topic.contains(where: { !$0.isTopicByte && !(stars && $0 == .star) }) {
            return "its topic, \"\(text(topic))\", has other characters than letters, digits, '.', '_' and '-'"
        }
        return nil
    }

    /// A path without doubled slashes, and without the prefix of the home cluster.
    static func canonicalPath(
        _ path: ArraySlice<UInt8>, named name: [UInt8], home: HomeCluster
    ) throws(StreamsError) -> [UInt8] {
        guard path.first == .slash else { throw invalid(name, "a stream's path begins with /") }
        if path.last == .slash { throw invalid(name, "the name of its stream is empty") }
        var segments = path.split(separator: .slash)
        for segment in segments where segment.isDots {
            throw invalid(name, "a path with \(text(segment)) in it is not followed: write the path that it leads to")
        }
        // A stream of the root may be called mapr; a path below /mapr names a cluster.
        if segments.count > 1, segments[0].elementsEqual("mapr".utf8), !segments[1].contains(.star) {
            guard let cluster = home.name else {
                throw StreamsError(.invalidArgument, reason: home.questionAbout(cluster: text(segments[1]), in: name))
            }
            if segments[1].elementsEqual(cluster) { segments.removeFirst(2) }
            if segments.isEmpty { throw invalid(name, "it names the root of a cluster, which is no stream") }
        }
        var canonical: [UInt8] = []
        for segment in segments {
            canonical.append(.slash)
            canonical += segment
        }
        return canonical
    }

    static func invalid(_ name: [UInt8], _ problem: String) -> StreamsError {
        StreamsError(.invalidArgument, reason: "\"\(text(name[...]))\" is no name of a stream's topic: \(problem)")
    }
}

/// Bytes as text, for messages and for results.
func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

extension ArraySlice<UInt8> {
    /// `.` or `..`, which are no names: neither of a file nor of a topic.
    var isDots: Bool { !isEmpty && count <= 2 && allSatisfy { $0 == .dot } }
}

// Names are put together with `append`: Embedded Swift 6.3 takes one array literal of such constants for another where two
// are in a function.
extension UInt8 {
    static let slash = UInt8(ascii: "/")
    static let colon = UInt8(ascii: ":")
    static let caret = UInt8(ascii: "^")
    static let star = UInt8(ascii: "*")
    static let dot = UInt8(ascii: ".")
    static let dash = UInt8(ascii: "-")
    static let underscore = UInt8(ascii: "_")
    static let backslash = UInt8(ascii: "\\")

    var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// Whether Kafka, and MapR too, takes it in the name of a topic.
    var isTopicByte: Bool { isLetterOrDigit || self == .dot || self == .underscore || self == .dash }

    /// Whether it means something in a regular expression, and nothing in a name.
    fileprivate var isOfPatternsAlone: Bool {
        switch self {
        case .star, .caret, .backslash, UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "|"), UInt8(ascii: "$"),
            UInt8(ascii: "("), UInt8(ascii: "["):
            true
        default: false
        }
    }

    /// The value of a digit as an escape writes it: capital letters alone.
    var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
