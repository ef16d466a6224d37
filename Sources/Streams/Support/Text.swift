import CSystem

extension String {
    /// What librdkafka has written into room of ours.
    init(errorText: [CChar]) {
        self.init(decoding: errorText.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Nil where librdkafka has no text.
    init?(optional text: UnsafePointer<CChar>?) {
        guard let text else { return nil }
        self.init(cString: text)
    }
}

/// Lends copies of texts to a function that takes an array of them.
func withCStrings<Result, Failure: Error>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafePointer<CChar>?>?, Int) throws(Failure) -> Result
) throws(Failure) -> Result {
    var copies = texts.map { UnsafePointer<CChar>(strdup($0)) }
    defer { for copy in copies { free(UnsafeMutablePointer(mutating: copy)) } }
    return try copies.withUnsafeMutableBufferPointer { (buffer) throws(Failure) in
        try body(buffer.baseAddress, buffer.count)
    }
}

// Searching text for text is in a library that Embedded Swift does not have.

extension StringProtocol {
    /// Where a part is first found, byte for byte.
    func range(of part: StaticString) -> Range<Index>? {
        part.withUTF8Buffer { range(ofBytes: $0) }
    }

    func includes(_ part: String) -> Bool {
        var part = part
        return part.withUTF8 { range(ofBytes: $0) } != nil
    }

    private func range(ofBytes part: UnsafeBufferPointer<UInt8>) -> Range<Index>? {
        var start = utf8.startIndex
        while true {
            var here = start
            var matched = 0
            while matched < part.count, here < utf8.endIndex, utf8[here] == part[matched] {
                utf8.formIndex(after: &here)
                matched += 1
            }
            if matched == part.count { return start..<here }
            if here == utf8.endIndex { return nil }
            utf8.formIndex(after: &start)
        }
    }
}
