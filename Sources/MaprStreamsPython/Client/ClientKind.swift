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

    /// Does what takes its time before there can be a client.
    static func prepare(_ python: inout Python, _ parsed: ParsedConfiguration) throws(PythonError)

    /// Adds what this kind wants to be told of.
    static func addEvents(_ events: inout ClientEvents, _ fields: UnsafeMutablePointer<Self>)

    static func makeHandle(
        _ configuration: Configuration, _ events: ClientEvents, owner: UnsafeMutableRawPointer
    ) throws(StreamsError) -> Handle

    /// The same as `base.client`, while the client is open.
    var handle: Unmanaged<Handle>? { get set }

    /// What a call gets of a client that is not open: mostly nothing, and it raises.
    static func notOpen(
        _ fields: UnsafeMutablePointer<Self>, _ python: borrowing Python
    ) throws(PythonError) -> Unmanaged<Handle>

    /// Destroys a client that is closed, once no call uses it any more, and serves what must be told before.
    ///
    /// - Returns: what was raised by that. The exception that is pending stays.
    static func destroy(_ fields: UnsafeMutablePointer<Self>, _ python: inout Python) -> PendingException

    /// In the child of a fork, where nothing of librdkafka's is touched any more, and its memory stays readable.
    static func abandon(_ fields: UnsafeMutablePointer<Self>)
}

extension KindOfFields where Self: ~Copyable {
    static func prepare(_ python: inout Python, _ parsed: ParsedConfiguration) throws(PythonError) {}
}

// MARK: The calls of a client

extension UnsafeMutablePointer where Pointee: KindOfFields & ~Copyable {
    @inline(__always)
    var base: UnsafeMutablePointer<ClientFields> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: ClientFields.self)
    }

    /// The Python object that these are the fields of.
    var object: Object { .owner(of: self) }

    /// The client, which stays while the GIL is held or `base.users` counts this call.
    @inline(__always)
    func open(_ python: borrowing Python) throws(PythonError) -> Unmanaged<Pointee.Handle> {
        guard let client = pointee.handle else { return try Pointee.notOpen(self, python) }
        return client
    }

    /// The same once a call's arguments are read, which may run code of the application's that closes the client: a call on a
    /// closed one raises that whatever its arguments are, and one that is closed meanwhile raises it too.
    @inline(__always)
    func open<Arguments>(
        _ python: inout Python, reading arguments: (inout Python) throws(PythonError) -> Arguments
    ) throws(PythonError) -> Opened<Pointee.Handle, Arguments> {
        _ = try open(python)
        let arguments = try arguments(&python)
        return Opened(client: try open(python), arguments: arguments)
    }

    /// Ends a call that `base.enter` began. The last one on a closed client destroys it; what that raises is reported.
    @inline(__always)
    func leave(_ python: inout Python) {
        base.pointee.users &-= 1
        if isLast { Pointee.destroy(self, &python).report(python, object) }
    }

    /// The same for a call that has nothing to return and nothing to raise: what the end raises comes out of it.
    @inline(__always)
    func leaveEmpty(_ python: inout Python) throws(PythonError) {
        base.pointee.users &-= 1
        if isLast { try Pointee.destroy(self, &python).raise(python) }
    }

    @inline(__always)
    private var isLast: Bool { base.pointee.users == 0 && pointee.handle == nil }
}

extension ClientKind {
    /// The name of the Python type.
    var typeName: StaticString {
        switch self {
        case .producer: "Producer"
        case .consumer: "Consumer"
        case .admin: "AdminClient"
        }
    }

    var failedToCreate: String {
        switch self {
        case .producer: "Failed to create producer"
        case .consumer: "Failed to create consumer"
        case .admin: "Failed to create the admin client"
        }
    }

    /// The properties that all hold its `ClientCallbacks.report`.
    var reportProperties: String {
        switch self {
        case .producer: "on_delivery, dr_msg_cb and dr_cb"
        case .consumer: "on_commit and offset_commit_cb"
        case .admin: ""
        }
    }

    /// What `__init__` raises where it was called before. The words are the genuine package's.
    var initializedTwice: String {
        switch self {
        case .producer: "Producer already __init__:ialized"
        case .consumer: "Consumer already initialized"
        case .admin: "AdminClient already initialized"
        }
    }

    /// Makes an object's fields those of the child of a fork; see `KindOfFields.abandon`.
    func abandon(_ fields: UnsafeMutablePointer<ClientFields>) {
        switch self {
        case .producer: ProducerFields.abandon(fields.whole())
        case .consumer: ConsumerFields.abandon(fields.whole())
        case .admin: AdminFields.abandon(fields.whole())
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
        let base = fields.base
        func checkUnready() throws(PythonError) {
            if base.pointee.state != .unready { throw python.error(.runtimeError, Fields.kind.initializedTwice) }
        }
        try checkUnready()
        let parsed = try ParsedConfiguration.parse(python, kind: Fields.kind, arguments: arguments, keywords: keywords)
        try Fields.prepare(&python, parsed)
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
