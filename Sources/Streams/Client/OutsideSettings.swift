import CSystem

/// Settings that come from outside of the application: environment variables, and the file that one of them names.
///
/// A variable is `MAPR_STREAMS_` and the property's name in capitals, with underscores for dots:
/// `MAPR_STREAMS_BOOTSTRAP_SERVERS`. The file, `MAPR_STREAMS_CONFIG`, has lines of `property = value` in sections:
///
///     [client]      all clients
///     [producer]    producers, over what is in [client]
///     [consumer]    consumers, over what is in [client]
///     [names]       rules for names, see `TopicRules`
///     [override]    what replaces the application's own settings
///
/// Of two settings of one property the later in this list holds: `[client]`, the client's own section, the environment, the
/// application, `[override]`. A property of consumers reaches consumers alone, and one of producers producers, wherever it
/// stands.
public struct OutsideSettings: Sendable {
    public struct Setting: Sendable {
        /// The property, as librdkafka or MapR calls it.
        public let name: String
        public let value: String
        /// Where it stands: `environment variable NAME`, or `FILE, line N`.
        public let origin: String
        /// Whether it replaces what the application has set.
        public let isOverride: Bool
        let clients: PropertyCatalogue.Clients

        init(name: String, value: String, origin: String, isOverride: Bool, clients: PropertyCatalogue.Clients) {
            self.name = name
            self.value = value
            self.origin = origin
            self.isOverride = isOverride
            self.clients = clients
        }
    }

    static let prefix = "MAPR_STREAMS_"
    static let fileVariable = "MAPR_STREAMS_CONFIG"

    /// Variables with the prefix that are no properties: what names the rest, and what the build reads.
    private static let otherVariables = [
        fileVariable, HomeCluster.environmentVariable, Dialect.environmentVariable, "MAPR_STREAMS_BUNDLE_LIBRDKAFKA",
        "MAPR_STREAMS_EMBEDDED", "MAPR_STREAMS_KEEP_SYMBOLS", "MAPR_STREAMS_RUN_AS", "MAPR_STREAMS_SWIFT_FLAGS",
        "MAPR_STREAMS_TESTED_EXTENSION",
    ]

    /// The lowest first.
    private let settings: [Setting]
    /// The rules for names, and the home cluster.
    let rules: String
    let source: String
    let homeCluster: String?
    /// Variables that no property has, nor one that could be meant: an application may have such of its own.
    let unknown: [String]

    /// Those of this process, as they are now.
    ///
    /// - Throws: `_INVALID_ARG` with the variable, or the file and line, of what is no setting.
    public static func current() throws(StreamsError) -> OutsideSettings {
        var variables: [(name: String, value: String)] = []
        var entry = sys_environ()
        while let here = entry, let line = here.pointee {
            let text = String(cString: line)
            if text.hasPrefix(prefix), let equals = text.firstIndex(of: "=") {
                let name = String(text[..<equals])
                guard strcmp(text, line) == 0 else {
                    throw StreamsError(.invalidArgument, reason: "environment variable \(name): its value is not UTF-8")
                }
                variables.append((name, String(text[text.index(after: equals)...])))
            }
            entry = here + 1
        }
        return try OutsideSettings(variables)
    }

    /// - Parameter variables: those whose names begin with `MAPR_STREAMS_`. An empty one is as good as none.
    init(_ variables: [(name: String, value: String)]) throws(StreamsError) {
        var settings: [Setting] = []
        var overrides: [Setting] = []
        var unknown: [String] = []
        var rules = ""
        let given = variables.filter { !$0.value.isEmpty }
        let path = given.first { $0.name == Self.fileVariable }?.value
        if let path {
            rules = try Self.text(of: path)
            let file = try SettingsFile(rules, path: path)
            settings = file.settings
            overrides = file.overrides
        }
        for (variable, value) in given where !Self.otherVariables.contains(variable) {
            guard let name = Self.property(variable) else {
                if let error = Self.mistake(in: variable) { throw error }
                unknown.append(variable)
                continue
            }
            settings.append(
                Setting(
                    name: name, value: value, origin: "environment variable \(variable)", isOverride: false,
                    clients: PropertyCatalogue.clients(of: name)))
        }
        self.settings = settings + overrides
        self.unknown = unknown
        self.rules = rules
        source = path ?? "the rules"
        homeCluster = given.first { $0.name == HomeCluster.environmentVariable }?.value
    }

    /// What is set for one kind of client: of each property once, the one that holds.
    public func settings(of kind: ClientKind) -> [Setting] {
        var found: [Setting] = []
        for setting in settings where setting.clients.include(kind) {
            let name = PropertyCatalogue.canonicalName(setting.name)
            found.removeAll { PropertyCatalogue.canonicalName($0.name) == name }
            found.append(setting)
        }
        return found
    }

    /// Whose rules the file gives one kind of client, if it does.
    public func dialect(of kind: ClientKind) -> Setting? {
        settings(of: kind).first { $0.name == Dialect.property }
    }

    /// Whose rules hold for one kind of client where the application does not say, and where that stands; nil for nowhere.
    public func chosenDialect(
        of kind: ClientKind
    ) throws(StreamsError) -> (dialect: Dialect, origin: String?) {
        let inFile = dialect(of: kind)
        if let inFile, inFile.isOverride { return (try Self.dialect(of: inFile), inFile.origin) }
        if let value = getenv(Dialect.environmentVariable), value[0] != 0 {
            let origin = "environment variable \(Dialect.environmentVariable)"
            return (try Dialect(String(cString: value), from: origin), origin)
        }
        guard let inFile else { return (.mapr, nil) }
        return (try Self.dialect(of: inFile), inFile.origin)
    }

    private static func dialect(of setting: Setting) throws(StreamsError) -> Dialect {
        try Dialect(setting.value, from: "\(setting.origin): \"\(setting.name)\"")
    }

    /// The home cluster, where one is known, as `config` shows it.
    var homeClusterSetting: EffectiveSetting? {
        let name = HomeCluster.environmentVariable
        if let homeCluster {
            return EffectiveSetting(name, homeCluster, from: "environment variable \(name)", isSet: true)
        }
        guard let found = HomeCluster(nil).name else { return nil }
        return EffectiveSetting(
            name, String(decoding: found, as: UTF8.self), from: HomeCluster.file, isSet: true)
    }

    // MARK: Variables

    /// The name of the variable of a property.
    static func variable(of name: String) -> String {
        prefix + String(decoding: name.utf8.map { $0 == .dot ? .underscore : $0.uppercased }, as: UTF8.self)
    }

    /// Why a name stands for nothing in the file.
    static func whyNotSettable(_ name: String) -> String {
        let fate = PropertyFate(of: name)
        if fate.kind != .unknown { return fate.whyNotOutside(name) }
        if let property = property(name) { return "here the property of \(name) is called \"\(property)\"" }
        if name.uppercased().hasSuffix("HOME_CLUSTER") || name.hasSuffix("home.cluster") {
            return "the home cluster is set by the environment variable \(HomeCluster.environmentVariable)"
        }
        return "there is no property \"\(name)\"" + (fate.target.map { "; did you mean \"\($0)\"?" } ?? "")
    }

    private static func property(_ variable: String) -> String? {
        // Of two names for one variable, the one with dots.
        let names = PropertyCatalogue.settable.filter { Self.variable(of: $0) == variable }
        return names.first { !$0.utf8.contains(.underscore) } ?? names.first
    }

    /// What a variable of no property is that looks as if one were meant; nil where it may well be the application's own.
    private static func mistake(in variable: String) -> StreamsError? {
        let dotted = String(
            decoding: variable.utf8.dropFirst(prefix.utf8.count).map { $0 == .underscore ? .dot : $0.lowercased },
            as: UTF8.self)
        // A callback's name has underscores of its own.
        if let name = PropertyFate.withoutText.first(where: { Self.variable(of: $0) == variable }) {
            return StreamsError(
                .invalidArgument,
                reason: "environment variable \(variable): \(PropertyFate(of: name).whyNotOutside(name))")
        }
        let fate = PropertyFate(of: dotted)
        let others = [fileVariable, HomeCluster.environmentVariable, Dialect.environmentVariable]
        let advice: String
        if fate.kind == .renamed || fate.kind == .elsewhere {
            advice = fate.note
        } else if let other = others.first(where: { variable.isNearly($0) }) {
            advice = "did you mean \(other)?"
        } else if let near = PropertyCatalogue.nearest(to: dotted, among: PropertyCatalogue.settable) {
            advice = "did you mean \(Self.variable(of: near))?"
        } else {
            return nil
        }
        return StreamsError(
            .invalidArgument,
            reason: "environment variable \(variable): there is no property \"\(dotted)\"; \(advice)")
    }

    /// What is to be said of the variables that are nobody's.
    var warnings: [String] {
        unknown.map {
            "environment variable \($0) sets nothing, since no property has this name: it is left to the application"
                + "\(Vocabulary.current.whatIsSet)"
        }
    }

    // MARK: The file

    private static func text(of path: String) throws(StreamsError) -> String {
        guard let file = fopen(path, "r") else {
            let problem = String(cString: strerror(sys_errno()))
            throw StreamsError(
                .invalidArgument, reason: "environment variable \(fileVariable) names the file \(path): \(problem)")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { break }
            bytes += piece[..<count]
        }
        // A folder can be opened, and not read.
        if ferror(file) != 0 {
            let problem = String(cString: strerror(sys_errno()))
            throw StreamsError(
                .invalidArgument, reason: "environment variable \(fileVariable) names the file \(path): \(problem)")
        }
        // What some editors of Windows begin a text with.
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        if bytes.starts(with: mark) { bytes.removeFirst(mark.count) }
        if let text = String(exactly: bytes) { return text }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let number = (lines.firstIndex { String(exactly: Array($0)) == nil } ?? 0) + 1
        throw StreamsError(
            .invalidArgument, reason: "\(path), line \(number): this is not UTF-8, which a file of settings is in")
    }
}

extension String {
    /// Whether it has a letter or two too many, too few or wrong, or no line between words.
    fileprivate func isNearly(_ other: String) -> Bool {
        PropertyCatalogue.editDistance(Array(uppercased().utf8), Array(other.utf8), limit: 2) <= 2
    }

    /// The text that these bytes are in UTF-8; nil where they are none.
    init?(exactly bytes: [UInt8]) {
        self.init(decoding: bytes, as: UTF8.self)
        if !utf8.elementsEqual(bytes) { return nil }
    }
}

extension PropertyCatalogue {
    /// All properties that text can be given for, librdkafka's and ours.
    static let settable: [String] = names.filter { property($0)?.kind != .dedicated } + PropertyFate.textual

    /// Whose property it is. Ours say it in their names.
    static func clients(of name: String) -> Clients {
        if let property = property(name) { return property.clients }
        if name.hasPrefix("streams.producer.") || name == "streams.parallel.flushers.per.partition" {
            return .producers
        }
        return name.hasPrefix("streams.consumer.") ? .consumers : .all
    }
}

extension UInt8 {
    var uppercased: UInt8 { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") ? self - 32 : self }
    var lowercased: UInt8 { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self + 32 : self }
}
