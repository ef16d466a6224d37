// Statistics name topics as Kafka does; an application is to find them by its own names.

extension CallbackContext {
    /// Hands statistics to the owner.
    func tell(statistics text: UnsafeBufferPointer<CChar>) {
        guard keepsStatistics || events.statistics != nil, tellsOfMeasurements else { return }
        let bytes = text.withMemoryRebound(to: UInt8.self) { bytes in
            guard let names, names.hasMapped else { return Array(bytes) }
            return Statistics.renaming(topicsOf: bytes) { Array(names.name(ofKafkaTopic: $0).utf8) }
        }
        latestStatistics.withLock { $0 = Client.Statistics(number: ($0?.number ?? -1) + 1, text: bytes) }
        guard let tell = events.statistics else { return }
        bytes.withUnsafeBufferPointer { bytes in bytes.withMemoryRebound(to: CChar.self) { tell($0) } }
    }
}

enum Statistics {
    /// librdkafka's JSON with other names of topics: in the keys of `topics` and, before a partition's number, of `toppars`, and
    /// in each `topic`.
    static func renaming(topicsOf text: UnsafeBufferPointer<UInt8>, _ name: (String) -> [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 8)
        /// The keys of the objects that this place is inside of.
        var objects: [[UInt8]] = []
        var key: [UInt8] = []
        var index = 0
        while index < text.count {
            let byte = text[index]
            guard byte == UInt8(ascii: "\"") else {
                if byte == UInt8(ascii: "{") { objects.append(key) }
                if byte == UInt8(ascii: "}") { _ = objects.popLast() }
                result.append(byte)
                index += 1
                continue
            }
            let start = index + 1
            index = start
            while index < text.count, text[index] != UInt8(ascii: "\"") {
                index += text[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            let string = Array(text[min(start, text.count)..<min(index, text.count)])
            index += 1
            var next = index
            while next < text.count, text[next] == UInt8(ascii: " ") { next += 1 }
            let isKey = next < text.count && text[next] == UInt8(ascii: ":")
            result.append(byte)
            if isKey {
                append(keyNamed: string, in: objects.last ?? [], to: &result, name)
                key = string
            } else if key.elementsEqual("topic".utf8) {
                append(escaped: name(Streams.text(string)), to: &result)
            } else {
                result += string
            }
            result.append(byte)
        }
        return result
    }

    private static func append(
        keyNamed key: [UInt8], in object: [UInt8], to result: inout [UInt8], _ name: (String) -> [UInt8]
    ) {
        if object.elementsEqual("topics".utf8) {
            append(escaped: name(Streams.text(key)), to: &result)
        } else if object.elementsEqual("toppars".utf8), let dash = key.lastIndex(of: .dash) {
            append(escaped: name(Streams.text(Array(key[..<dash]))), to: &result)
            result += key[dash...]
        } else {
            result += key
        }
    }

    private static func append(escaped string: [UInt8], to result: inout [UInt8]) {
        for byte in string {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                result += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: result.append(byte)
            }
        }
    }
}
