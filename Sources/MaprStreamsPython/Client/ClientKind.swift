import CPython
import PythonBridge
import Streams

/// The fields of one kind of client's Python object, and what the code that all kinds share asks of them.
///
/// One more kind is one more case of `ClientKind`, a type that conforms to this, and a row in each switch below.
protocol KindOfFields: ~Copyable {
    associatedtype Handle: Client

    static var kind: ClientKind { get }

    init(_ base: ClientFields, _ parsed: ParsedConfiguration)

    /// Throws where the properties are not enough for this kind.
    static func check(_ python: borrowing Python, _ parsed: ParsedConfiguration) throws(PythonError)

    /// Adds what this kind wants to be told of.
    static func addEvents(_ events: inout ClientEvents, _ fields: UnsafeMutablePointer<Self>)

    static func makeHandle(
        _ configuration: Configuration, _ events: ClientEvents, owner: UnsafeMutableRawPointer
    ) throws(StreamsError) -> Handle

    /// The same as `base.client`, while the client is open.
    var handle: Unmanaged<Handle>? { get set }

    /// In the child of a fork, where nothing of librdkafka's is touched any more, and its memory stays readable.
    static func abandon(_ fields: UnsafeMutablePointer<Self>)
}

extension ClientKind {
    /// The name of the Python type.
    var typeName: StaticString {
        switch self {
        case .producer: "Producer"
        case .consumer: "Consumer"
        }
    }

    var failedToCreate: String {
        switch self {
        case .producer: "Failed to create producer"
        case .consumer: "Failed to create consumer"
        }
    }

    /// The properties that all hold its `ClientCallbacks.report`.
    var reportProperties: String {
        switch self {
        case .producer: "on_delivery, dr_msg_cb and dr_cb"
        case .consumer: "on_commit and offset_commit_cb"
        }
    }

    /// What `__init__` raises where it was called before. The words are the genuine package's.
    var initializedTwice: String {
        switch self {
        case .producer: "Producer already __init__:ialized"
        case .consumer: "Consumer already initialized"
        }
    }

    /// Makes an object's fields those of the child of a fork; see `KindOfFields.abandon`.
    func abandon(_ fields: UnsafeMutablePointer<ClientFields>) {
        switch self {
        case .producer: ProducerFields.abandon(fields.whole())
        case .consumer: ConsumerFields.abandon(fields.whole())
        }
    }
}

extension UnsafeMutablePointer where Pointee == ClientFields {
    /// The fields that these are the first of.
    func whole<Fields: KindOfFields & ~Copyable>(
        _: Fields.Type = Fields.self
    ) -> UnsafeMutablePointer<Fields> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: Fields.self)
    }
}

/// `__init__` of every kind of client.
func initializeClient<Fields: KindOfFields & ~Copyable>(
    _ object: Object?, _ arguments: Object?, _ keywords: Object?, as _: Fields.Type
) -> Int32 {
    Python.entered(failure: -1) { python throws(PythonError) in
        let fields = object.unsafelyUnwrapped.fields(Fields.self)
        let base = UnsafeMutableRawPointer(fields).assumingMemoryBound(to: ClientFields.self)
        func checkUnready() throws(PythonError) {
            if base.pointee.state != .unready { throw python.error(.runtimeError, Fields.kind.initializedTwice) }
        }
        try checkUnready()
        let parsed = try ParsedConfiguration.parse(python, kind: Fields.kind, arguments: arguments, keywords: keywords)
        // Again: values may run code of the application's, and that may initialise it.
        try checkUnready()
        try Fields.check(python, parsed)
        // The memory is zero, and arrays, say, need to be made.
        fields.initialize(to: Fields(ClientFields(Fields.kind, parsed), parsed))
        let raised: PendingException
        do throws(PythonError) {
            var events = clientEvents(base)
            Fields.addEvents(&events, fields)
            let made = try python.raisingDetached(prefix: Fields.kind.failedToCreate) { () throws(StreamsError) in
                try Fields.makeHandle(parsed.configuration, events, owner: UnsafeMutableRawPointer(fields))
            }
            let reference = Unmanaged.passRetained(made)
            fields.pointee.handle = reference
            base.pointee.client = Unmanaged<Client>.fromOpaque(reference.toOpaque())
            base.list()
            raised = base.logWarnings(python)
            // The logger may have forked, and this be the child.
            if base.pointee.state == .initialising { base.pointee.state = .open }
        } catch {
            // Last: what is dropped may run code of the application's, which must not initialise it meanwhile.
            base.clearCallbacks()
            base.pointee.state = .unready
            throw error
        }
        try raised.raise(python)
        return 0
    }
}
