/// How the name of a stream's topic is written as the name of a Kafka topic.
///
/// Kafka takes letters, digits, `.`, `_` and `-`, and takes `.` and `_` for the same when it looks for collisions. The parts of
/// a name are joined by `--`, the last of which stands for the colon. What could be taken for something else is escaped as
/// `__HH`, so that each name has its own, and even those with `.` and `_` made one.
enum TopicEncoding {
    /// The longest name that Kafka takes, in bytes.
    static let longestName = 249

    static func encode(_ name: StreamName) -> [UInt8] {
        var encoded = prefix(ofStream: name.path)
        append(topic: name.topic, to: &encoded)
        return encoded
    }

    /// What the names of all topics of a stream begin with.
    static func prefix(ofStream path: [UInt8]) -> [UInt8] {
        var encoded: [UInt8] = []
        for segment in path.split(separator: .slash) {
            append(segment: segment, to: &encoded)
            encoded.append(.dash)
            encoded.append(.dash)
        }
        return encoded
    }

    /// The stream and the topic that a name was made of, or nil where it was made of none.
    static func decode(_ encoded: [UInt8]) -> StreamName? {
        // A topic has no `--` in it and does not begin with `-`: the last one is the colon.
        var end = encoded.count - 2
        while end > 0, !(encoded[end] == .dash && encoded[end + 1] == .dash) { end -= 1 }
        guard end > 0 else { return nil }
        var path: [UInt8] = []
        for segment in segments(encoded[..<end]) {
            path.append(.slash)
            path += unescaped(segment, withDots: true)
        }
        let name = StreamName(path: path, topic: unescaped(encoded[(end + 2)...], withDots: false))
        // What was written otherwise than it would be here is not ours.
        return name.couldBeGiven && encode(name) == encoded ? name : nil
    }

    /// Splits at each `--`, from the left: a segment may begin with `-`, and ends with none.
    private static func segments(_ path: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var segments: [ArraySlice<UInt8>] = []
        var start = path.startIndex
        var index = start
        while index < path.endIndex {
            if path[index] == .dash, index + 1 < path.endIndex, path[index + 1] == .dash {
                segments.append(path[start..<index])
                index += 2
                start = index
            } else {
                index += 1
            }
        }
        segments.append(path[start...])
        return segments
    }

    private enum Written { case asItIs, behindDash, escaped }

    private static func append(segment: ArraySlice<UInt8>, to encoded: inout [UInt8]) {
        let bytes = Array(segment)
        var written = [Written](repeating: .asItIs, count: bytes.count)
        // From the right, since what becomes of `_` depends on what became of its neighbour.
        for index in bytes.indices.reversed() {
            let isLast = index == bytes.count - 1
            switch bytes[index] {
            case .dot: written[index] = .behindDash
            case .dash:
                let isInside = index > 0 && !isLast && bytes[index + 1].isLetterOrDigit
                written[index] = isInside ? .asItIs : .escaped
            case .underscore:
                // At the end the separator follows.
                let isSafe = !isLast && bytes[index + 1] != .underscore && written[index + 1] != .escaped
                written[index] = isSafe ? .asItIs : .escaped
            default: written[index] = bytes[index].isLetterOrDigit ? .asItIs : .escaped
            }
        }
        for (byte, how) in zip(bytes, written) {
            switch how {
            case .asItIs: encoded.append(byte)
            case .behindDash:
                encoded.append(.dash)
                encoded.append(byte)
            case .escaped: append(escaped: byte, to: &encoded)
            }
        }
    }

    private static func append(topic: [UInt8], to encoded: inout [UInt8]) {
        for (index, byte) in topic.enumerated() {
            let next = index + 1 < topic.count ? topic[index + 1] : nil
            let isUnsafe =
                switch byte {
                case .dash: index == 0 || next == nil || next == .dash
                case .underscore: next == .underscore || looksLikeEscape(topic[index...])
                case .dot: looksLikeEscape(topic[index...])
                default: false
                }
            if isUnsafe { append(escaped: byte, to: &encoded) } else { encoded.append(byte) }
        }
    }

    /// Whether it would be an escape if `.` were `_`.
    private static func looksLikeEscape(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count >= 4 else { return false }
        let start = bytes.startIndex
        return bytes[start..<(start + 2)].allSatisfy { $0 == .dot || $0 == .underscore }
            && bytes[start + 2].hexadecimalValue != nil && bytes[start + 3].hexadecimalValue != nil
    }

    private static func append(escaped byte: UInt8, to encoded: inout [UInt8]) {
        encoded.append(.underscore)
        encoded.append(.underscore)
        encoded.append(digit(byte >> 4))
        encoded.append(digit(byte & 15))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    private static func unescaped(_ part: ArraySlice<UInt8>, withDots: Bool) -> [UInt8] {
        var plain: [UInt8] = []
        var index = part.startIndex
        while index < part.endIndex {
            let byte = part[index]
            let next = index + 1 < part.endIndex ? part[index + 1] : nil
            if byte == .underscore, next == .underscore, index + 3 < part.endIndex,
                let high = part[index + 2].hexadecimalValue, let low = part[index + 3].hexadecimalValue
            {
                plain.append(high << 4 | low)
                index += 4
            } else if withDots, byte == .dash, next == .dot {
                plain.append(.dot)
                index += 2
            } else {
                plain.append(byte)
                index += 1
            }
        }
        return plain
    }
}
