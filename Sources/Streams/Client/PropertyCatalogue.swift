import CRdkafka
import CSystem

/// The configuration properties that the loaded librdkafka knows, from its own table.
enum PropertyCatalogue {
    /// All names, aliases included. - Note: `rd_kafka_conf_properties_show`.
    static let names: [String] = {
        var buffer: UnsafeMutablePointer<CChar>?
        var size = 0
        // The stream writes to both until it is closed: their addresses must hold until then.
        withUnsafeMutablePointer(to: &buffer) { buffer in
            withUnsafeMutablePointer(to: &size) { size in
                guard let file = open_memstream(buffer, size) else { return }
                rd_kafka_conf_properties_show(file)
                fclose(file)
            }
        }
        defer { free(buffer) }
        guard let buffer else { return [] }
        // A table: the name stands before the first bar, the letters for consumer and producer behind it.
        let table = String(cString: buffer)
        var names: Set<String> = []
        for line in table.split(separator: "\n") {
            guard let bar = line.firstIndex(of: "|") else { continue }
            let name = line[..<bar].trimmedOfSpaces
            if !name.isEmpty && name != "Property" && !name.hasPrefix("-") && !name.contains(" ") {
                names.insert(name)
            }
        }
        return names.sorted()
    }()

    /// Whether this is a vendor's build that talks to MapR Event Store itself.
    ///
    /// Every producer asks, so the table is not read for it. - Note: `rd_kafka_conf_set`.
    static let isStreamsBuild: Bool = {
        let configuration = rd_kafka_conf_new()
        defer { rd_kafka_conf_destroy(configuration) }
        let outcome = rd_kafka_conf_set(configuration, "streams.consumer.default.stream", "/stream", nil, 0)
        return outcome != RD_KAFKA_CONF_UNKNOWN
    }()

    /// The known name that is nearest to an unknown one, where one is near enough to be meant.
    static func nearest(to name: String, among extra: [String] = []) -> String? {
        let lowered = Array(name.lowercased().replacingUnderscores.utf8)
        guard lowered.count > 2 else { return nil }
        // A third of the letters wrong, and it is another word.
        let limit = max(1, min(4, lowered.count / 3))
        var best: (name: String, distance: Int)?
        for candidate in names + extra {
            let distance = editDistance(lowered, Array(candidate.utf8), limit: limit)
            if distance <= limit && distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours that make one text the other; `limit + 1` for more.
    static func editDistance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int {
        if abs(a.count - b.count) > limit { return limit + 1 }
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}

extension Substring {
    var trimmedOfSpaces: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension String {
    /// `bootstrap_servers` is what people write who think of keyword arguments.
    var replacingUnderscores: String { String(map { $0 == "_" ? "." : $0 }) }
}
