/// What librdkafka makes of a number in a property's value, where that is not what the text says.
///
/// Its own parsers stop at the first byte that is no digit, and keep the lower 32 bits of what they have read.
enum NumericValue {
    /// Why a text is no value for a numeric property; nil where librdkafka reads all of it, or judges it itself.
    static func fault(of text: String, for name: String) -> String? {
        let bytes = Array(text.utf8)
        // The most usual ones, for which the table need not be read.
        if bytes.count < 10 && bytes.allSatisfy(isDigit) { return nil }
        var reader = Reader(bytes: bytes)
        reader.skipSpaces()
        reader.skip { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        let start = reader.position
        guard let property = PropertyCatalogue.property(name) else { return nil }
        switch property.kind {
        case .integer:
            guard reader.isAtNumber else { return nil }
            let magnitude = reader.readWhole()
            // A fraction is cut off, as it always was: programs multiply seconds by 1000.
            if start != reader.position && reader.skip(UInt8(ascii: ".")) { reader.skipDigits() }
            guard reader.isAtEnd else { return notANumber(text, name, property, "whole number") }
            guard magnitude <= Int(Int32.max) else {
                return "Configuration property \"\(name)\" value \(text) is outside allowed range \(property.range)"
            }
            return nil
        case .float:
            guard reader.isAtNumber || reader.isAtNonFinite else { return nil }
            reader.skipDigits()
            if reader.skip(UInt8(ascii: ".")) { reader.skipDigits() }
            if reader.isAtExponent {
                reader.skipExponent()
            }
            return reader.isAtEnd ? nil : notANumber(text, name, property, "number")
        default:
            return nil
        }
    }

    private static func notANumber(
        _ text: String, _ name: String, _ property: PropertyCatalogue.Property, _ what: String
    ) -> String {
        let unit = unit(of: name).map { " of \($0)" } ?? ""
        let range = property.range.isEmpty ? "" : " (\(property.range))"
        return "Invalid value \"\(text)\" for configuration property \"\(name)\": it takes a \(what)\(unit)\(range) and"
            + " nothing behind it"
    }

    /// What librdkafka's refusal of a value leaves out: the value, and what there is instead of it.
    static func whatItTakes(_ name: String, insteadOf value: String?, in reason: String) -> String {
        guard let value, !PropertyCatalogue.tellsOfSecret(name) else { return "" }
        let range = PropertyCatalogue.property(name)?.range ?? ""
        if reason.includes("\"\(value)\"") { return range.isEmpty ? "" : ": it takes \(range)" }
        let values = range.isEmpty ? "" : " (\(range))"
        return ": \"\(value)\" is \(unit(of: name).map { "no number of \($0)" } ?? "none of its values")\(values)"
    }

    /// What a property counts, as its name says it.
    static func unit(of name: String) -> String? {
        if name.hasSuffix(".ms") { return "milliseconds" }
        if name.hasSuffix(".seconds") { return "seconds" }
        if name.hasSuffix(".kbytes") { return "kilobytes" }
        if name.hasSuffix(".bytes") || name == "batch.size" { return "bytes" }
        if name.hasSuffix(".messages") { return "messages" }
        return nil
    }

    fileprivate static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}

/// Reads a number from its first byte to its last.
private struct Reader {
    let bytes: [UInt8]
    var position = 0

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Whether nothing but spaces is left.
    var isAtEnd: Bool {
        var rest = self
        rest.skipSpaces()
        return rest.next == nil
    }

    var isAtNumber: Bool { next.map { NumericValue.isDigit($0) || $0 == UInt8(ascii: ".") } ?? false }

    /// `inf` and `nan`, which the C library takes for numbers.
    var isAtNonFinite: Bool { next.map { [UInt8(ascii: "i"), UInt8(ascii: "n")].contains($0 | 0x20) } ?? false }

    var isAtExponent: Bool { next.map { $0 | 0x20 == UInt8(ascii: "e") } ?? false }

    mutating func skipSpaces() {
        while let byte = next, byte == 0x20 || (0x09...0x0d).contains(byte) { position += 1 }
    }

    mutating func skip(_ isWanted: (UInt8) -> Bool) {
        if let byte = next, isWanted(byte) { position += 1 }
    }

    /// - Returns: whether it was there.
    mutating func skip(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    mutating func skipDigits() {
        while let byte = next, NumericValue.isDigit(byte) { position += 1 }
    }

    mutating func skipExponent() {
        let start = position
        position += 1
        skip { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        let digits = position
        skipDigits()
        // An "e" without digits behind it is no part of the number.
        if position == digits { position = start }
    }

    /// The digits of a whole number, in base 16 behind `0x`; too many of them are as many as fit.
    mutating func readWhole() -> Int {
        var base = 10
        if next == UInt8(ascii: "0"), position + 1 < bytes.count, bytes[position + 1] | 0x20 == UInt8(ascii: "x") {
            position += 2
            base = 16
        }
        var value = 0
        while let byte = next, let digit = Self.digit(byte), digit < base {
            value = value > Int(Int32.max) ? value : value * base + digit
            position += 1
        }
        return value
    }

    private static func digit(_ byte: UInt8) -> Int? {
        if NumericValue.isDigit(byte) { return Int(byte - UInt8(ascii: "0")) }
        let lowered = byte | 0x20
        guard lowered >= UInt8(ascii: "a"), lowered <= UInt8(ascii: "f") else { return nil }
        return Int(lowered - UInt8(ascii: "a")) + 10
    }
}
