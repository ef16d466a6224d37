import CPython
import PythonBridge
import Streams

/// What an `_AdminClient` holds.
struct AdminFields {
    var base: ClientFields
    /// The same as `base.client`, while the client is open.
    var admin: Unmanaged<Admin>?
}

@inline(__always)
func adminFields(_ object: Object?) -> UnsafeMutablePointer<AdminFields> {
    object.unsafelyUnwrapped.fields(AdminFields.self)
}

func makeAdminType(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    let layout = ObjectLayout(of: AdminFields.self, isWeaklyReferenceable: true)
    var type = TypeBuilder("mapr_streams_python._AdminClient", layout)
    type.owns(AdminFields.self) { address(of: &$0.pointee.base.callbacks) }
    type.owns(AdminFields.self) { address(of: &$0.pointee.base.timeout) }
    type.beforeClearing { adminFields($0).base.emptyBoxes() }
    type.ending { adminFields($0).end() }
    type.finishing { object in
        adminFields(object).base.dropTopicNames()
        adminFields(object).deinitialize(count: 1)
    }
    type.documentation(
        """
        _AdminClient(config={}, /, **properties)
        --

        What mapr_streams_python.admin.AdminClient derives from.
        """)
    type.initializer(adminInitialize)
    type.length(adminLength)
    type.truth { _ in 1 }
    type.methods(
        [
            .fast("poll", adminPoll, adminPollDocumentation),
            .none(
                "close", adminClose,
                """
                close($self, /)
                --

                Ends the client: futures that are not done get a KafkaException, _DESTROY. Every other call after it raises
                RuntimeError; closing again does nothing.

                Waits for the callbacks of futures that are running, but for a second at most, and not inside of one: then the client
                ends by itself, in the background.
                """),
            .none(
                "__enter__", { object, _ in object.unsafelyUnwrapped.retained },
                "__enter__($self, /)\n--\n\nThe client itself."),
            .fast(
                "__exit__", { object, _, _, _ in adminClose(object, nil) },
                "__exit__($self, exc_type, exc_value, traceback, /)\n--\n\nCloses the client."),
        ] + adminRequestMethods + adminMetricsMethods + adminTopicMethods + adminGroupMethods + adminOffsetMethods
            + adminCredentialMethods)
    Types.admin = try type.build(python, module: module)
}

// MARK: Life

@_cdecl("mapr_Admin_init")
func adminInitialize(_ object: Object?, _ arguments: Object?, _ keywords: Object?) -> Int32 {
    initializeClient(object, arguments, keywords, as: AdminFields.self)
}

extension AdminFields: KindOfFields {
    static var kind: ClientKind { .admin }

    var handle: Unmanaged<Admin>? {
        get { admin }
        set { admin = newValue }
    }

    init(_ base: ClientFields, _ parsed: ParsedConfiguration) { self.base = base }

    static func check(_ python: borrowing Python, _ parsed: ParsedConfiguration) throws(PythonError) {}

    static func addEvents(_ events: inout ClientEvents, _ fields: UnsafeMutablePointer<AdminFields>) {}

    static func makeHandle(
        _ configuration: Configuration, _ events: ClientEvents, owner: UnsafeMutableRawPointer
    ) throws(StreamsError) -> Admin {
        try Admin(configuration: configuration, events: events, owner: owner)
    }

    static func notOpen(
        _ fields: UnsafeMutablePointer<AdminFields>, _ python: borrowing Python
    ) throws(PythonError) -> Unmanaged<Admin> { throw fields.base.notOpen(python, .admin) }

    static func destroy(
        _ fields: UnsafeMutablePointer<AdminFields>, _ python: inout Python
    ) -> PendingException { fields.destroy(&python) }

    static func abandon(_ fields: UnsafeMutablePointer<AdminFields>) { fields.pointee.admin = nil }
}

extension UnsafeMutablePointer where Pointee == AdminFields {
    /// How long a close waits for callbacks of futures that are running, in milliseconds: one may wait for who closes.
    private static var patience: Int32 { 1000 }

    /// Lets go of a closed client, once no call uses it any more. What is awaited fails on the thread that waits for it.
    func destroy(_ python: inout Python) -> PendingException {
        guard let client = base.pointee.client else { return PendingException() }
        let pending = PendingException(fetching: python)
        var raised = PendingException()
        base.pointee.client = nil
        if !python.destroy(client, waitingAtMost: Self.patience) {
            raised = PendingException(fetching: python)
        }
        pending.restore(python)
        return raised
    }

    /// Called when the client's object goes.
    fileprivate func end() {
        if base.pointee.client != nil {
            Python.attached { python in
                let pending = PendingException(fetching: python)
                pointee.admin = nil
                base.pointee.state = .closed
                base.clearCallbacks()
                destroy(&python).report(python, Types.admin)
                pending.restore(python)
            }
        }
        base.unlist()
    }
}

@_cdecl("mapr_Admin_close")
func adminClose(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = adminFields(object)
        if fields.pointee.admin != nil {
            fields.pointee.admin = nil
            fields.base.pointee.state = .closed
            fields.base.emptyTokenBox()
            if fields.base.pointee.users == 0 { try fields.destroy(&python).raise(python) }
        }
        return python.none.take()
    }
}

@_cdecl("mapr_Admin_len")
func adminLength(_ object: Object?) -> Int {
    adminFields(object).pointee.admin?.use { $0.outstanding } ?? 0
}

// MARK: Serving

private let adminPollDocumentation: StaticString =
    """
    poll($self, /, timeout=None)
    --

    Serves events: runs the callbacks of the configuration (``error_cb``, ``stats_cb``, ``throttle_cb``). Futures need no call of it.

    :param float timeout: seconds to wait for events at the most; None or a negative number waits for the first one
    :returns: how many events were served
    :rtype: int
    :raises RuntimeError: the client is closed

    ``rd_kafka_poll``. What a callback raises comes out of this call.
    """

nonisolated(unsafe) private let pollSignature = Signature("poll", ["timeout"])

@_cdecl("mapr_Admin_poll")
func adminPoll(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = adminFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            let timeout = try timeoutArgument(python, pollSignature, arguments, count, keywords)
            return try fields.base.milliseconds(python, timeout)
        }
        fields.base.enter()
        let outcome = CallFrame.outcome(of: UnsafeMutableRawPointer(fields)) { frame in
            var served = call.client.use { Int($0.poll(milliseconds: 0, leftAt: frame.place)) }
            if served > 0 || call.arguments == 0 || frame.pointee.exception != nil { return served }
            let isOver = { fields.pointee.admin == nil }
            _ = python.wait(frame, until: frame.deadline(call.arguments), unless: isOver) { slice in
                served = call.client.use { Int($0.poll(milliseconds: slice, leftAt: frame.place)) }
                return served > 0
            }
            return served
        }
        fields.leave(&python)
        return try python.integer(outcome.get(python)).take()
    }
}
