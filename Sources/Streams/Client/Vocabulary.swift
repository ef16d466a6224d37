/// What errors and advice call the things that a program has of its language: `Streams` speaks Swift, and a package for
/// another language gives it its own words.
public struct Vocabulary: Sendable {
    /// What to do instead of setting a property of another program's.
    public struct Advice: Sendable {
        let name: StaticString
        let advice: StaticString

        /// - Parameter name: with dots in the place of underscores.
        public init(_ name: StaticString, _ advice: StaticString) { (self.name, self.advice) = (name, advice) }
    }

    /// The properties that the language's package has beside librdkafka's, and what it has for librdkafka's callbacks.
    let properties: [PropertyFate.Row]
    /// Where it differs from that of `ForeignProperties`.
    let advice: [Advice]
    /// What gives the tokens of OAUTHBEARER.
    let tokenRefresh: String
    /// How to see what is set from outside of the program, added to what is said of a variable that sets nothing.
    let whatIsSet: StaticString

    public init(properties: [PropertyFate.Row], advice: [Advice], tokenRefresh: String, whatIsSet: StaticString = "") {
        self.properties = properties
        self.advice = advice
        self.tokenRefresh = tokenRefresh
        self.whatIsSet = whatIsSet
    }

    public static let swift = Vocabulary(properties: [], advice: [], tokenRefresh: "ClientEvents.tokenRefresh")

    /// The program's; set before its first client is made.
    nonisolated(unsafe) public static var current = swift
}

extension StaticString {
    func equals(_ text: String) -> Bool { withUTF8Buffer { own in own.elementsEqual(text.utf8) } }
}
