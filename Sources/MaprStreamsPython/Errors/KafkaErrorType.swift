import CPython
import PythonBridge
import Streams

/// What a `KafkaError` holds beside what every exception does.
struct KafkaErrorFields {
    static let fatal: UInt8 = 1
    static let retriable: UInt8 = 2
    static let requiresAbort: UInt8 = 4

    struct Owned: OwnedReferences {
        /// The text, where it is not the code's own: a str.
        var reason: Object?
    }

    var owned: Owned
    var code: Int32
    var flags: UInt8

    static func flags(fatal isFatal: Bool, retriable isRetriable: Bool, requiresAbort requires: Bool) -> UInt8 {
        (isFatal ? fatal : 0) | (isRetriable ? retriable : 0) | (requires ? requiresAbort : 0)
    }
}

func kafkaErrorFields(_ object: Object?) -> UnsafeMutablePointer<KafkaErrorFields> {
    ProcessState.kafkaErrorLayout.fields(of: object.unsafelyUnwrapped, KafkaErrorFields.self)
}

func makeKafkaErrorType(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    let exception = cpy_exc_Exception().unsafelyUnwrapped
    let layout = ObjectLayout(
        of: KafkaErrorFields.self, baseSize: try ObjectLayout.basicSize(python, of: exception),
        isWeaklyReferenceable: true)
    ProcessState.kafkaErrorLayout = layout
    var type = TypeBuilder("mapr_streams_python.KafkaError", layout, base: exception)
    type.owns(KafkaErrorFields.self) { address(of: &$0.pointee.owned) }
    type.documentation(
        """
        KafkaError(error, reason=None, fatal=False, retriable=False, txn_requires_abort=False)
        --

        An error or an event of Kafka's.

        Compares and hashes by its code, with other errors and with int: ``err == KafkaError._PARTITION_EOF``.
        It is a real exception class, so it can be raised; the library raises ``KafkaException(KafkaError)``.

        :param int error: the code, one of the class's constants
        :param str reason: the text, if it is not the code's own
        :param bool fatal: the client is of no use any more
        :param bool retriable: the same call may succeed later
        :param bool txn_requires_abort: the transaction must be aborted

        The constants are those of the librdkafka that is loaded (``rd_kafka_get_err_descs``).
        """)
    type.initializer(kafkaErrorInitialize)
    type.compare(kafkaErrorCompare)
    type.hash { object in
        let code = Int(kafkaErrorFields(object).pointee.code)
        return code == -1 ? -2 : code  // -1 would tell CPython of an error
    }
    type.representation(kafkaErrorDescribe)
    type.string(kafkaErrorDescribe)
    type.methods([
        .none(
            "code", { object, _ in PyLong_FromLong(Int(kafkaErrorFields(object).pointee.code)) },
            """
            code($self, /)
            --

            The error's code, to be compared with the constants of KafkaError.

            :rtype: int
            """),
        .none(
            "name", kafkaErrorName,
            """
            name($self, /)
            --

            The code's name, as in ``_TIMED_OUT`` (``rd_kafka_err2name``).

            :rtype: str
            """),
        .none(
            "str", kafkaErrorText,
            """
            str($self, /)
            --

            The text for people (``rd_kafka_err2str``, or what the call that failed says).

            :rtype: str
            """),
        .none(
            "fatal", { object, _ in kafkaErrorFlag(object, KafkaErrorFields.fatal) },
            """
            fatal($self, /)
            --

            Whether the client is of no use any more (``rd_kafka_error_is_fatal``).

            :rtype: bool
            """),
        .none(
            "retriable", { object, _ in kafkaErrorFlag(object, KafkaErrorFields.retriable) },
            """
            retriable($self, /)
            --

            Whether the same call may succeed later (``rd_kafka_error_is_retriable``).

            :rtype: bool
            """),
        .none(
            "txn_requires_abort", { object, _ in kafkaErrorFlag(object, KafkaErrorFields.requiresAbort) },
            """
            txn_requires_abort($self, /)
            --

            Whether the transaction must be aborted (``rd_kafka_error_txn_requires_abort``).

            :rtype: bool
            """),
        .none("__reduce__", kafkaErrorReduce, "__reduce__($self, /)\n--\n\nFor pickle and copy."),
    ])
    Types.kafkaError = try type.build(python, module: module)
}

/// Gives `KafkaError` the codes as attributes.
func addErrorCodes(_ python: borrowing Python) throws(PythonError) {
    let type = Types.kafkaError.unsafelyUnwrapped
    for (name, code) in ErrorCode.all {
        let number = try python.integer(Int(code.rawValue))
        try python.add(number.object, to: type, as: name)
    }
}

nonisolated(unsafe) private let signature = Signature(
    "KafkaError", ["error", "reason", "fatal", "retriable", "txn_requires_abort"], required: 1)

@_cdecl("mapr_KafkaError_init")
func kafkaErrorInitialize(_ object: Object?, _ arguments: Object?, _ keywords: Object?) -> Int32 {
    Python.entered(failure: -1) { python throws(PythonError) in
        try withSlots(5) { slots throws(PythonError) in
            try signature.parse(python, tuple: arguments, dictionary: keywords, into: slots)
            let code = try python.int32(slots[0].unsafelyUnwrapped, "error")
            var reason: Object?
            if let text = slots[1], !text.isNone {
                guard cpy_is_str(text) != 0 else {
                    throw python.error(.typeError, "reason must be str or None, not \(text.typeName)")
                }
                reason = text
            }
            func flag(_ slot: Int, _ name: StaticString) throws(PythonError) -> Bool {
                guard let value = slots[slot] else { return false }
                return try python.int64(value, name) != 0
            }
            let flags = KafkaErrorFields.flags(
                fatal: try flag(2, "fatal"), retriable: try flag(3, "retriable"),
                requiresAbort: try flag(4, "txn_requires_abort"))
            let fields = kafkaErrorFields(object)
            fields.pointee.code = code
            fields.pointee.flags = flags
            address(of: &fields.pointee.owned.reason).set(reason)
            return 0
        }
    }
}

private func kafkaErrorString(_ python: borrowing Python, _ object: Object?) throws(PythonError) -> String {
    let fields = kafkaErrorFields(object)
    let reason = HeldObject(fields.pointee.owned.reason)
    if let reason = reason.object, let text = try python.textIfUTF8(reason) { return text }
    return ErrorCode(rawValue: fields.pointee.code).text
}

@_cdecl("mapr_KafkaError_describe")
func kafkaErrorDescribe(_ object: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = kafkaErrorFields(object)
        let fatal = fields.pointee.flags & KafkaErrorFields.fatal != 0 ? "FATAL," : ""
        let code = ErrorCode(rawValue: fields.pointee.code)
        let text = try kafkaErrorString(python, object)
        return try python.string("KafkaError{\(fatal)code=\(code.name),val=\(code.rawValue),str=\"\(text)\"}").take()
    }
}

@_cdecl("mapr_KafkaError_name")
func kafkaErrorName(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try python.string(ErrorCode(rawValue: kafkaErrorFields(object).pointee.code).name).take()
    }
}

@_cdecl("mapr_KafkaError_str")
func kafkaErrorText(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        if let text = kafkaErrorFields(object).pointee.owned.reason { return text.retained }
        return try python.string(kafkaErrorString(python, object)).take()
    }
}

private func kafkaErrorFlag(_ object: Object?, _ flag: UInt8) -> Object? {
    (kafkaErrorFields(object).pointee.flags & flag != 0 ? cpy_true() : cpy_false()).unsafelyUnwrapped.retained
}

@_cdecl("mapr_KafkaError_compare")
func kafkaErrorCompare(_ object: Object?, _ other: Object?, _ operation: Int32) -> Object? {
    let mine = Int64(kafkaErrorFields(object).pointee.code)
    let theirs: Int64
    let other = other.unsafelyUnwrapped
    if Types.isInstance(other, of: Types.kafkaError) {
        theirs = Int64(kafkaErrorFields(other).pointee.code)
    } else if cpy_is_int(other) != 0 {
        var overflow: Int32 = 0
        let value = PyLong_AsLongLongAndOverflow(other, &overflow)
        theirs = overflow > 0 ? .max : overflow < 0 ? .min : Int64(value)
    } else {
        return cpy_not_implemented().unsafelyUnwrapped.retained
    }
    return compared(mine, theirs, operation)
}

/// The answer to a rich comparison of two ordered values.
func compared<Value: Comparable>(_ mine: Value, _ theirs: Value, _ operation: Int32) -> Object? {
    let answer =
        switch operation {
        case Py_LT: mine < theirs
        case Py_LE: mine <= theirs
        case Py_EQ: mine == theirs
        case Py_NE: mine != theirs
        case Py_GT: mine > theirs
        default: mine >= theirs
        }
    return (answer ? cpy_true() : cpy_false()).unsafelyUnwrapped.retained
}

@_cdecl("mapr_KafkaError_reduce")
func kafkaErrorReduce(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = kafkaErrorFields(object).pointee
        // Making a tuple may collect garbage, and a finalizer may initialise the error anew.
        let reason = HeldObject(fields.owned.reason)
        let type = OwnedObject(retaining: cpy_type_of(object.unsafelyUnwrapped))
        let arguments = try OwnedObject(PyTuple_New(5))
        PyTuple_SetItem(arguments.object, 0, try python.integer(Int(fields.code)).take())
        PyTuple_SetItem(arguments.object, 1, (reason.object ?? cpy_none().unsafelyUnwrapped).retained)
        for (index, flag) in [KafkaErrorFields.fatal, KafkaErrorFields.retriable, KafkaErrorFields.requiresAbort]
            .enumerated()
        {
            PyTuple_SetItem(arguments.object, index + 2, python.boolean(fields.flags & flag != 0).take())
        }
        return try OwnedObject(cpy_tuple2(type.object, arguments.object)).take()
    }
}
