import CPython
import PythonBridge
import Streams

/// What a constructor's arguments say: librdkafka's properties, and what is ours.
final class ParsedConfiguration {
    let configuration: Configuration
    /// Filled in with references that the client's object will own. A callable that is replaced here may run code as it
    /// goes, so they are known by their address.
    private let callbacks = UnsafeMutablePointer<ClientCallbacks>.allocate(capacity: 1)
    private var tokenBox: Unmanaged<TokenBox>?
    private(set) var reportsErrorsOnly = false
    private(set) var hasGroup = false

    /// Properties that hold Python objects, which librdkafka's table does not list.
    private static let ours = [
        "error_cb", "stats_cb", "throttle_cb", "oauth_cb", "logger", "default.topic.config", Dialect.property,
    ]

    /// Reads `Consumer(config)`, `Consumer(**config)` or both: keywords win.
    static func parse(
        _ python: borrowing Python, isConsumer: Bool, arguments: Object?, keywords: Object?
    ) throws(PythonError) -> ParsedConfiguration {
        let merged = try merge(python, arguments, keywords)
        let dialect = try dialect(python, merged.object)
        // The genuine package ignores what comes behind the dictionary.
        if dialect == .kafka, let arguments, cpy_size(arguments) > 1 {
            throw python.error(.typeError, "expected tuple containing single dict")
        }
        let parsed = ParsedConfiguration(dialect: dialect)
        try parsed.fill(python, isConsumer: isConsumer, merged.object)
        return parsed
    }

    private init(dialect: Dialect) {
        configuration = Configuration(dialect: dialect)
        callbacks.initialize(to: ClientCallbacks())
    }

    deinit {
        // What nobody took over. The parser runs with the GIL held, and so does this.
        tokenBox?.release()
        callbacks.clearAll()
        callbacks.deallocate()
    }

    private func fill(_ python: borrowing Python, isConsumer: Bool, _ merged: Object) throws(PythonError) {
        let extra = Self.ours + [isConsumer ? "on_commit" : "on_delivery"]

        // The servers first: what is said of other properties depends on them.
        for serversFirst in [true, false] {
            var position = 0
            var key: Object?
            var value: Object?
            while PyDict_Next(merged, &position, &key, &value) != 0 {
                let name = try Self.text(python, key.unsafelyUnwrapped)
                guard (name == "bootstrap.servers" || name == "metadata.broker.list") == serversFirst else { continue }
                try set(python, name, value.unsafelyUnwrapped, isConsumer: isConsumer, extra: extra)
            }
        }
        if let topicProperties = PyDict_GetItemString(merged, "default.topic.config") {
            try setTopicProperties(python, topicProperties, dialect: configuration.dialect, extra: extra)
        }
    }

    /// Hands the callables over to a client's object.
    func takeCallbacks() -> (ClientCallbacks, Unmanaged<TokenBox>?) {
        defer {
            callbacks.pointee = ClientCallbacks()
            tokenBox = nil
        }
        return (callbacks.pointee, tokenBox)
    }

    // MARK: Arguments

    /// One dictionary of all that was given. A copy: configuration values may run code that changes the original.
    private static func merge(
        _ python: borrowing Python, _ arguments: Object?, _ keywords: Object?
    ) throws(PythonError) -> OwnedObject {
        let count = arguments.map { cpy_size($0) } ?? 0
        let hasKeywords = keywords.map { PyDict_Size($0) > 0 } ?? false
        let merged = try OwnedObject(PyDict_New())
        if count >= 1 {
            let dictionary = PyTuple_GetItem(arguments, 0).unsafelyUnwrapped
            guard cpy_is_dict(dictionary) != 0 else {
                throw python.error(.typeError, "expected configuration dict, not \(dictionary.typeName)")
            }
            if PyDict_Update(merged.object, dictionary) != 0 { throw PythonError() }
        } else if !hasKeywords {
            throw python.error(.typeError, "expected configuration dict")
        }
        if hasKeywords, PyDict_Update(merged.object, keywords) != 0 { throw PythonError() }
        return merged
    }

    private static func dialect(_ python: borrowing Python, _ dictionary: Object) throws(PythonError) -> Dialect {
        if let value = PyDict_GetItemString(dictionary, Dialect.property) {
            let text = try Self.text(python, value)
            return try python.calling { () throws(StreamsError) in
                try Dialect(text, from: "configuration property \"\(Dialect.property)\"")
            }
        }
        guard let value = getenv(Dialect.environmentVariable), value[0] != 0 else { return .mapr }
        let text = String(cString: value)
        return try python.calling { () throws(StreamsError) in
            try Dialect(text, from: "environment variable \(Dialect.environmentVariable)")
        }
    }

    // MARK: Properties

    private func set(
        _ python: borrowing Python, _ name: String, _ value: Object, isConsumer: Bool, extra: [String]
    ) throws(PythonError) {
        switch name {
        case Dialect.property, "default.topic.config":
            break  // read before and after the others
        case "error_cb":
            put(address(of: &callbacks.pointee.error), try Self.callable(python, value, name, .typeError))
        case "stats_cb":
            put(address(of: &callbacks.pointee.statistics), try Self.callable(python, value, name, .typeError))
        case "throttle_cb":
            put(address(of: &callbacks.pointee.throttle), try Self.callable(python, value, name, .valueError))
        case "oauth_cb":
            put(address(of: &callbacks.pointee.token), try Self.callable(python, value, name, .typeError))
            tokenBox?.release()
            tokenBox = Unmanaged.passRetained(TokenBox(value))
        case "logger":
            if !value.isNone { put(address(of: &callbacks.pointee.logger), value.retained) }
        case "on_delivery" where !isConsumer, "on_commit" where isConsumer:
            guard PyCallable_Check(value) != 0 else {
                throw python.raise(StreamsError(.invalidArgument, reason: "\(name) requires a callable object"))
            }
            put(address(of: &callbacks.pointee.report), value.retained)
        case "delivery.report.only.error" where !isConsumer:
            // Every report must reach us, or the callbacks of delivered messages would never be let go.
            let text = try Self.valueText(python, value)
            try setProperty(python, name, text, extra: extra)
            reportsErrorsOnly = ["true", "t", "1"].contains(text?.lowercased() ?? "")
            try setProperty(python, name, "false", extra: extra)
        default:
            if name == "group.id" { hasGroup = true }
            try setProperty(python, name, try Self.valueText(python, value), extra: extra)
        }
    }

    /// Takes over a callable; two keys may be the same property, where one of them becomes text by `str()`.
    private func put(_ field: UnsafeMutablePointer<Object?>, _ callable: Object) {
        field.replace(with: OwnedObject(owning: callable))
    }

    private func setProperty(
        _ python: borrowing Python, _ name: String, _ text: String?, extra: [String], prefix: String? = nil
    ) throws(PythonError) {
        let configuration = self.configuration
        try python.calling(prefix: prefix) { () throws(StreamsError) in
            try configuration.set(name, text, knownElsewhere: extra)
        }
    }

    /// `default.topic.config` holds topic properties, and wins over the same property at the top.
    private func setTopicProperties(
        _ python: borrowing Python, _ dictionary: Object, dialect: Dialect, extra: [String]
    ) throws(PythonError) {
        guard cpy_is_dict(dictionary) != 0 else {
            if dialect == .mapr {
                throw python.raise(StreamsError(.invalidArgument, reason: "default.topic.config: requires a dict"))
            }
            throw python.error(
                .attributeError,
                "default.topic.config must be a dict: '\(dictionary.typeName)' object has no attribute 'keys'")
        }
        let prefix = dialect == .mapr ? "default.topic.config" : nil
        // A copy, for the same reason as in `merge`.
        let copy = try OwnedObject(PyDict_Copy(dictionary))
        var position = 0
        var key: Object?
        var value: Object?
        while PyDict_Next(copy.object, &position, &key, &value) != 0 {
            let name = try Self.text(python, key.unsafelyUnwrapped)
            try setProperty(
                python, name, try Self.valueText(python, value.unsafelyUnwrapped), extra: extra, prefix: prefix)
        }
    }

    // MARK: Values

    private static func callable(
        _ python: borrowing Python, _ value: Object, _ name: String, _ kind: ExceptionKind
    ) throws(PythonError) -> Object {
        guard PyCallable_Check(value) != 0 else {
            throw python.error(kind, "expected \(name) property as a callable function")
        }
        return value.retained
    }

    /// True and False are spelt as librdkafka wants them, None empties the property, all else goes through `str()`.
    private static func valueText(_ python: borrowing Python, _ value: Object) throws(PythonError) -> String? {
        if value.isNone { return nil }
        if cpy_is_bool(value) != 0 { return value == cpy_true() ? "true" : "false" }
        return try text(python, value)
    }

    private static func text(_ python: borrowing Python, _ object: Object) throws(PythonError) -> String {
        if cpy_is_str(object) != 0 { return try python.text(object, "configuration value") }
        let text = try OwnedObject(PyObject_Str(object))
        return try python.text(text.object, "configuration value")
    }
}
