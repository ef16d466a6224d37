import CPython
import PythonBridge
import Streams

/// What a constructor's arguments say: librdkafka's properties, and what is ours.
final class ParsedConfiguration {
    let configuration: Configuration
    /// Filled in with references that the client's object will own. A callable that is replaced here may run code as it
    /// goes, so they are known by their address.
    private let callbacks = UnsafeMutablePointer<ClientCallbacks>.allocate(capacity: 1)
    private(set) var reportsErrorsOnly = false
    private(set) var hasGroup = false
    /// The logger may be called on any thread.
    private var logsOnAnyThread = false
    /// It is of `_logging`, which has it for ever.
    private var hasNamedLogger = false

    private let kind: ClientKind
    private let callbackProperties: [CallbackProperty]
    /// Names of properties that librdkafka's table does not list.
    private let ours: [String]

    private static let topicProperties = "default.topic.config"

    /// Reads `Consumer(config)`, `Consumer(**config)` or both: keywords win.
    static func parse(
        _ python: borrowing Python, kind: ClientKind, arguments: Object?, keywords: Object?
    ) throws(PythonError) -> ParsedConfiguration {
        let merged = try merge(python, arguments, keywords)
        let outside = try python.raising { () throws(StreamsError) in try OutsideSettings.current() }
        let dialect = try dialect(python, merged.object, outside, of: kind)
        // The genuine package ignores what comes behind the dictionary.
        if dialect == .kafka, let arguments, cpy_size(arguments) > 1 {
            throw python.error(
                .typeError, "expected tuple containing single dict: what is more is given as keywords, or in that dict")
        }
        let parsed = ParsedConfiguration(dialect: dialect, kind: kind)
        parsed.configuration.software = try packageSoftware(python)
        try parsed.fill(python, merged.object, outside)
        return parsed
    }

    private init(dialect: Dialect, kind: ClientKind) {
        configuration = Configuration(dialect: dialect)
        callbacks.initialize(to: ClientCallbacks())
        self.kind = kind
        callbackProperties = CallbackProperty.all(of: kind)
        ours = callbackProperties.map { $0.name } + [Self.topicProperties, Dialect.property]
    }

    deinit {
        // What nobody took over. The parser runs with the GIL held, and so does this.
        callbacks.clearAll()
        callbacks.deallocate()
    }

    /// In an order of its own, so that the one of the dictionary does not matter.
    private func fill(
        _ python: borrowing Python, _ merged: Object, _ outside: OutsideSettings
    ) throws(PythonError) {
        // Nobody else has this dictionary: what it holds stays while values run code of the application's.
        var entries: [(name: String, value: Object)] = []
        var position = 0
        var key: Object?
        var value: Object?
        while PyDict_Next(merged, &position, &key, &value) != 0 {
            entries.append((try python.propertyName(key.unsafelyUnwrapped), value.unsafelyUnwrapped))
        }
        for turn in 0...Self.lastTurn {
            for entry in entries where Self.turn(of: entry.name) == turn { try set(python, entry.name, entry.value) }
        }
        if configuration.dialect == .kafka, try python.item(merged, "logger") == nil { try setLogger(python, nil) }
        if let topicProperties = try python.item(merged, Self.topicProperties) {
            try setTopicProperties(python, topicProperties)
        }
        try python.raising { () throws(StreamsError) in
            try configuration.use(outside, of: kind)
        }
        // None, which empties it, is the application's word too.
        if configuration.value("group.id") != nil { hasGroup = true }
        if kind == .producer, let text = configuration.value("delivery.report.only.error") {
            // Every report must reach us, or the callbacks of delivered messages would never be let go.
            reportsErrorsOnly = ["true", "t", "1"].contains(text.lowercased())
            try setProperty(python, "delivery.report.only.error", "false")
        }
    }

    private static let lastTurn = 3

    /// When a property is set: what is said of one may depend on another.
    private static func turn(of name: String) -> Int {
        switch name {
        case "debug", "log_level": 0  // what is told of a plugin while it is loaded
        case "plugin.library.paths": 1  // brings properties of its own
        case "bootstrap.servers", "metadata.broker.list": 2  // errors advise other things where there are none
        default: lastTurn
        }
    }

    /// Hands the callables over to a client's object.
    func takeCallbacks() -> (ClientCallbacks, Unmanaged<CallableBox>?, Unmanaged<CallableBox>?) {
        let taken = callbacks.pointee
        callbacks.pointee = ClientCallbacks()
        let logBox = logsOnAnyThread ? taken.logger.map { CallableBox($0, isPermanent: hasNamedLogger) } : nil
        return (
            taken, taken.token.map { Unmanaged.passRetained(CallableBox($0)) },
            logBox.map { Unmanaged.passRetained($0) }
        )
    }

    // MARK: Arguments

    /// One dictionary of all that was given. A copy: configuration values may run code that changes the original.
    private static func merge(
        _ python: borrowing Python, _ arguments: Object?, _ keywords: Object?
    ) throws(PythonError) -> OwnedObject {
        let merged = try OwnedObject(PyDict_New())
        if let arguments, cpy_size(arguments) >= 1 {
            let given = PyTuple_GetItem(arguments, 0).unsafelyUnwrapped
            guard try python.isMapping(given) else {
                throw python.error(.typeError, "expected configuration dict, not \(given.typeName)")
            }
            if PyDict_Update(merged.object, given) != 0 { throw PythonError() }
        }
        if let keywords, PyDict_Update(merged.object, keywords) != 0 { throw PythonError() }
        return merged
    }

    private static func dialect(
        _ python: borrowing Python, _ dictionary: Object, _ outside: OutsideSettings, of kind: ClientKind
    ) throws(PythonError) -> Dialect {
        let isReplaced = outside.dialect(of: kind)?.isOverride ?? false
        if !isReplaced, let value = try python.item(dictionary, Dialect.property) {
            let what = "configuration property \"\(Dialect.property)\""
            let text = try python.text(value, named: what)
            return try python.raising { () throws(StreamsError) in try Dialect(text, from: what) }
        }
        return try python.raising { () throws(StreamsError) in
            try outside.chosenDialect(of: kind).dialect
        }
    }

    // MARK: Properties

    private func set(_ python: borrowing Python, _ name: String, _ value: Object) throws(PythonError) {
        // Read before and after the others.
        if name == Dialect.property || name == Self.topicProperties { return }
        if let property = callbackProperties.first(where: { $0.name == name }) {
            if name == "logger" { return try setLogger(python, value) }
            try property.check(python, value)
            if !value.isNone {
                let field = property.field(callbacks)
                if let other = field.pointee, other != value { throw twice(python, name) }
                field.set(value)
            }
            return
        }
        try setText(python, name, value)
        if name == "group.id" { hasGroup = true }
    }

    /// - Parameter value: nil for the logger of the dialect; None for none.
    private func setLogger(_ python: borrowing Python, _ value: Object?) throws(PythonError) {
        if let value, value.isNone { return }
        let module = try OwnedObject(PyImport_ImportModule("mapr_streams_python._logging"))
        let find = try module.object.attribute("find")
        let found = try python.call(find.object, value.map { [$0] } ?? [])
        let pair = try python.row(found.object, count: 2, "a logger")
        address(of: &callbacks.pointee.logger).set(pair[0])
        logsOnAnyThread = try python.truth(pair[1], default: false)
        hasNamedLogger = pair[0] != value
    }

    private func twice(_ python: borrowing Python, _ name: String) -> PythonError {
        let names = kind.reportProperties
        return python.raise(
            StreamsError(
                .invalidArgument,
                reason:
                    "\(name): \(names) are names of one configuration property, and were given different values: give"
                    + " one of them"))
    }

    private func setText(
        _ python: borrowing Python, _ name: String, _ value: Object, prefix: String? = nil, isTopics: Bool = false
    ) throws(PythonError) {
        let text = try python.propertyValue(value, of: name, in: configuration, knownElsewhere: ours)
        try setProperty(python, name, text, prefix: prefix, isTopics: isTopics)
    }

    private func setProperty(
        _ python: borrowing Python, _ name: String, _ text: String?, prefix: String? = nil, isTopics: Bool = false
    ) throws(PythonError) {
        try python.raising(prefix: prefix) { () throws(StreamsError) in
            try configuration.set(name, text, knownElsewhere: ours, isTopics: isTopics)
        }
    }

    /// `default.topic.config` holds topic properties, and wins over the same property at the top.
    private func setTopicProperties(_ python: borrowing Python, _ given: Object) throws(PythonError) {
        let isMapr = configuration.dialect == .mapr
        guard try python.isMapping(given) else {
            if isMapr {
                throw python.raise(StreamsError(.invalidArgument, reason: "default.topic.config: requires a dict"))
            }
            throw python.error(
                .attributeError,
                "default.topic.config must be a dict: '\(given.typeName)' object has no attribute 'keys'")
        }
        let prefix = isMapr ? Self.topicProperties : nil
        // A copy, for the same reason as in `merge`.
        let copy = try OwnedObject(PyDict_New())
        if PyDict_Update(copy.object, given) != 0 { throw PythonError() }
        var position = 0
        var key: Object?
        var value: Object?
        while PyDict_Next(copy.object, &position, &key, &value) != 0 {
            let name = try python.propertyName(key.unsafelyUnwrapped)
            try setText(python, name, value.unsafelyUnwrapped, prefix: prefix, isTopics: true)
        }
    }
}
