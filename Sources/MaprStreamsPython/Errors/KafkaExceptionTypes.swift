import CPython
import PythonBridge
import Streams

/// `KafkaException`, and the subclasses of it that programs catch apart.
///
/// An error may be of one kind that says how to go on (retriable, abortable, fatal) and of one that says what was wrong. One
/// that is both is raised as a class that derives from both, so that an `except` of either catches it.
enum KafkaExceptionTypes {
    private struct Kind {
        let name: StaticString
        let documentation: StaticString
    }

    private static let goingOn: [Kind] = [
        Kind(
            name: "Retriable",
            documentation: """
                The same call may succeed later: ``args[0].retriable()``.

                ``rd_kafka_error_is_retriable``.
                """),
        Kind(
            name: "Abortable",
            documentation: """
                The transaction has failed: call ``abort_transaction()``, then begin again. ``args[0].txn_requires_abort()``.

                ``rd_kafka_error_txn_requires_abort``.
                """),
        Kind(
            name: "Fatal",
            documentation: """
                The client is of no use any more: make a new one. ``args[0].fatal()``.

                ``rd_kafka_error_is_fatal``.
                """),
    ]

    private static let causes: [Kind] = [
        Kind(
            name: "Authentication",
            documentation: """
                A broker does not believe who the client is, or TLS fails.

                ``_AUTHENTICATION``, ``_SSL``, ``SASL_AUTHENTICATION_FAILED``, ``UNSUPPORTED_SASL_MECHANISM``,
                ``ILLEGAL_SASL_STATE``.
                """),
        Kind(
            name: "Authorization",
            documentation: """
                The user is not allowed to do that.

                ``TOPIC_``, ``GROUP_``, ``CLUSTER_``, ``TRANSACTIONAL_ID_`` and ``DELEGATION_TOKEN_AUTHORIZATION_FAILED``.
                """),
        Kind(
            name: "Timeout",
            documentation: """
                The time was over before there was an answer.

                ``_TIMED_OUT``, ``_TIMED_OUT_QUEUE``, ``_MSG_TIMED_OUT``, ``REQUEST_TIMED_OUT``.
                """),
        Kind(
            name: "UnknownTopic",
            documentation: """
                There is no such topic, or no such partition of it.

                ``UNKNOWN_TOPIC_OR_PART``, ``_UNKNOWN_TOPIC``, ``_UNKNOWN_PARTITION``, ``UNKNOWN_TOPIC_ID``.
                """),
    ]

    private static let suffix = "Exception"
    /// How many ways of going on there are, none among them.
    private static let rowCount = 4
    private static let columnCount = 5

    /// The class that an error is raised as.
    static func type(for error: StreamsError) -> Object? {
        type(
            error.code,
            KafkaErrorFields.flags(
                fatal: error.isFatal, retriable: error.isRetriable, requiresAbort: error.requiresAbort))
    }

    /// The same for a `KafkaError`.
    static func type(ofKafkaError object: Object) -> Object? {
        let fields = kafkaErrorFields(object)
        return type(ErrorCode(rawValue: fields.pointee.code), fields.pointee.flags)
    }

    private static func type(_ code: ErrorCode, _ flags: UInt8) -> Object? {
        let row =
            flags & KafkaErrorFields.fatal != 0
            ? 3 : flags & KafkaErrorFields.requiresAbort != 0 ? 2 : flags & KafkaErrorFields.retriable != 0 ? 1 : 0
        let column =
            switch code.cause {
            case nil: 0
            case .authentication: 1
            case .authorization: 2
            case .timeout: 3
            case .unknownTopic: 4
            }
        return Types.kafkaExceptions[row * columnCount + column]
    }

    static func make(_ python: borrowing Python, _ module: Object) throws(PythonError) {
        let base = try OwnedObject(
            PyErr_NewExceptionWithDoc(
                "mapr_streams_python.KafkaException",
                """
                What calls raise when Kafka or librdkafka says no.

                ``args[0]`` is the KafkaError. Subclasses say how to go on (``RetriableException``, ``AbortableException``,
                ``FatalException``) and what was wrong (``AuthenticationException``, ``AuthorizationException``,
                ``TimeoutException``, ``UnknownTopicException``); an error of both sorts is an instance of both.
                """, nil, nil)
        ).take()
        Types.kafkaException = base
        var table = [Object?](repeating: nil, count: rowCount * columnCount)
        table[0] = base
        for (index, kind) in goingOn.enumerated() {
            table[(index + 1) * columnCount] = try make(python, "\(kind.name)", kind.documentation, from: base)
        }
        for (index, kind) in causes.enumerated() {
            table[index + 1] = try make(python, "\(kind.name)", kind.documentation, from: base)
        }
        for row in 1..<rowCount {
            for column in 1..<columnCount {
                let bases = try OwnedObject(
                    cpy_tuple2(table[row * columnCount].unsafelyUnwrapped, table[column].unsafelyUnwrapped))
                let name = "cimpl.\(goingOn[row - 1].name)\(causes[column - 1].name)"
                table[row * columnCount + column] = try make(python, name, "Both of its bases.", from: bases.object)
            }
        }
        Types.kafkaExceptions = table
        try add(python, to: module)
    }

    private static func make(
        _ python: borrowing Python, _ name: String, _ documentation: StaticString, from bases: Object
    ) throws(PythonError) -> Object {
        let made = "mapr_streams_python.\(name)\(suffix)".withCString {
            PyErr_NewExceptionWithDoc(
                $0, UnsafeRawPointer(documentation.utf8Start).assumingMemoryBound(to: CChar.self), bases, nil)
        }
        return try OwnedObject(made).take()
    }

    /// Adds the classes to the module by their names, once more where it is imported again.
    static func add(_ python: borrowing Python, to module: Object) throws(PythonError) {
        for type in Types.kafkaExceptions {
            guard let type else { continue }
            let name = try type.attribute("__name__")
            if PyObject_SetAttr(module, name.object, type) != 0 { throw PythonError() }
        }
    }
}
