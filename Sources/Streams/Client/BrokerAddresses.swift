/// What is wrong with the addresses in `bootstrap.servers`, of which librdkafka makes what it can.
enum BrokerAddresses {
    private static let schemes = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]

    /// The first address that cannot be one, and why; nil where there is none.
    static func fault(in servers: String) -> String? {
        for entry in servers.utf8.split(separator: UInt8(ascii: ",")) {
            let address = Substring(entry).trimmedOfSpaces
            if let fault = fault(of: address) { return "\"\(address)\" in bootstrap.servers \(fault)" }
        }
        return nil
    }

    private static func fault(of address: String) -> String? {
        var rest = Substring(address)
        if let scheme = rest.range(of: "://") {
            guard schemes.contains(rest[..<scheme.lowerBound].lowercased()) else {
                return "is a URL: it must be host:port"
            }
            rest = rest[scheme.upperBound...]
        }
        if rest.includes(" ") || rest.includes(";") { return "is not one address: addresses are separated by commas" }
        let ports: Substring
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return "has a bracket that does not end" }
            ports = rest[rest.index(after: end)...]
            if ports.isEmpty { return nil }
            if ports.first != ":" { return "must have a colon between the address and the port" }
        } else {
            guard let colon = rest.firstIndex(of: ":") else { return nil }
            ports = rest[colon...]
        }
        let port = ports.dropFirst()
        if port.includes(":") {
            return "has more than one colon: it must be host:port, with an IPv6 address in brackets"
        }
        guard let number = Int(port), (1...65535).contains(number) else {
            return "has no port between 1 and 65535"
        }
        return nil
    }
}
