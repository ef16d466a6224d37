import CRdkafka
import CSystem

/// The configuration properties that the loaded librdkafka knows, from its own table.
public enum PropertyCatalogue {
    /// What a property's value is.
    enum Kind: Equatable {
        case integer
        case float
        /// Several values in one text, with this between them.
        case list(separator: String)
        /// A function or an object, which has no text.
        case dedicated
        /// Text, a name out of several, or true and false.
        case other
    }

    /// Whose property it is.
    enum Clients: Sendable {
        case all, producers, consumers

        func include(_ kind: ClientKind) -> Bool { self == .all || self == kind.properties }
    }

    /// A row of the table.
    struct Property {
        let kind: Kind
        let clients: Clients
        /// As in `0 .. 900000`, or the names that it takes; empty where the table says nothing.
        let range: String
        /// The name that librdkafka keeps the value under: its own, or the one that it is an alias of.
        let canonicalName: String
    }

    /// All properties by their names, aliases included. - Note: `rd_kafka_conf_properties_show`.
    private static let properties: [String: Property] = {
        var properties: [String: Property] = [:]
        let newline = UInt8(ascii: "\n")
        // "name | C/P | range | default | importance | description <br>*Type: integer*"; a bar may follow in the rest.
        for line in table.utf8.split(separator: newline) {
            let columns = line.split(separator: UInt8(ascii: "|"), maxSplits: 5, omittingEmptySubsequences: false)
            guard columns.count == 6 else { continue }
            let name = Substring(columns[0]).trimmedOfSpaces
            guard !name.isEmpty, name != "Property", !name.hasPrefix("-"), !name.includes(" ") else { continue }
            let description = Substring(columns[5])
            // Some are there twice, for the client and for its topics; a value is the client's first.
            guard properties[name] == nil else { continue }
            properties[name] = Property(
                kind: kind(description), clients: clients(Substring(columns[1]).trimmedOfSpaces),
                range: Substring(columns[2]).trimmedOfSpaces,
                canonicalName: alias(description) ?? name)
        }
        return properties
    }()

    /// All names, aliases included.
    static let names: [String] = properties.keys.sorted()

    private static func clients(_ column: String) -> Clients {
        switch column {
        case "C": .consumers
        case "P": .producers
        default: .all
        }
    }

    /// What the table says of a property; nil where it does not have it.
    static func property(_ name: String) -> Property? { properties[name] }

    /// What stands between the values of a property that is a list; nil where it is none.
    public static func separator(of name: String) -> String? {
        if case .list(let separator) = properties[name]?.kind { return separator }
        return nil
    }

    /// The name that librdkafka keeps a property's value under.
    static func canonicalName(_ name: String) -> String { properties[name]?.canonicalName ?? name }

    private static var table: String {
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
        return buffer.map { String(cString: $0) } ?? ""
    }

    private static func kind(_ description: Substring) -> Kind {
        if description.includes("*Type: integer*") { return .integer }
        if description.includes("*Type: float*") { return .float }
        if description.includes("*Type: see dedicated API*") { return .dedicated }
        // A list has no type of its own in the table: most of them are of type string.
        let lists = ["*Type: CSV flags*", "*Type: pattern list*", "CSV list", "omma-separated list", "one or more"]
        if lists.contains(where: { description.includes($0) }) { return .list(separator: ",") }
        if description.includes("(; separated)") { return .list(separator: ";") }
        return .other
    }

    /// The name in "Alias for `name`: …".
    private static func alias(_ description: Substring) -> String? {
        guard let start = description.range(of: "Alias for `") else { return nil }
        let rest = description[start.upperBound...]
        return rest.firstIndex(of: "`").map { String(rest[..<$0]) }
    }

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
    /// `bootstrap_servers` is what people write who think of the names of variables.
    var replacingUnderscores: String { String(map { $0 == "_" ? "." : $0 }) }
}

extension PropertyCatalogue {
    /// Whether a text names a property whose value is a secret, which belongs into no error and no log.
    public static func tellsOfSecret(_ text: String) -> Bool {
        ["password", "passphrase", "secret", ".pem", "sasl.jaas", "oauthbearer.config"].contains { text.includes($0) }
    }
}
