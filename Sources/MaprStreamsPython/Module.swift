import CPython
import PythonBridge
import Streams

/// The one function that the library exports: CPython calls it when `mapr_streams_python.cimpl` is imported.
@_cdecl("PyInit_cimpl")
public func initializeModule() -> Object? {
    PyModuleDef_Init(moduleDefinition)
}

nonisolated(unsafe) let moduleDefinition = ModuleBuilder.definition(
    name: "mapr_streams_python.cimpl",
    documentation: """
        The native core of mapr_streams_python, over librdkafka.

        Import its names from mapr_streams_python.
        """,
    functions: [
        .none(
            "version", moduleVersion,
            """
            version($module, /)
            --

            The version of this package.

            :returns: text and number, as in ``('1.0.0', 0x01000000)``
            :rtype: tuple(str, int)
            """),
        .none(
            "libversion", moduleLibraryVersion,
            """
            libversion($module, /)
            --

            The version of the librdkafka that is loaded.

            :returns: text and number, as in ``('2.0.2', 0x020002ff)``
            :rtype: tuple(str, int)

            ``rd_kafka_version_str``, ``rd_kafka_version``.
            """),
        .none(
            "_tell_undelivered", moduleTellUndelivered,
            """
            _tell_undelivered($module, /)
            --

            Sees to it that the end of the process tells on stderr how many messages were not delivered; called when the
            interpreter exits.

            :rtype: None
            """),
        .none(
            "_known_faults", moduleKnownFaults,
            """
            _known_faults($module, /)
            --

            The table of librdkafka's known faults.

            :returns: for each its text, issue (int or None), releases, the release that mends it (or None), who meets it,
                how it is kept from the application (or None), and whether the loaded librdkafka has it
            :rtype: list(tuple)
            """),
        .none(
            "_loaded_library", moduleLoadedLibrary,
            """
            _loaded_library($module, /)
            --

            The file that librdkafka was loaded from (str or None), and the features that it was built with.

            :rtype: tuple(str, str)

            ``dladdr``, ``builtin.features``.
            """),
        .one(
            "_exception_of", moduleExceptionOf,
            """
            _exception_of($module, error, /)
            --

            What a KafkaError is raised as: a KafkaException, or the subclass for it.

            :rtype: KafkaException
            """),
        .one(
            "_effective_settings", effectiveSettings,
            """
            _effective_settings($module, is_consumer, /)
            --

            The properties of a client whose application sets none.

            :returns: of each its name, its value (a secret one hidden), who says so, and whether anybody has set it
            :rtype: list(tuple)
            """),
        .one(
            "_property_fate", propertyFate,
            """
            _property_fate($module, name, /)
            --

            What becomes of a configuration property on Apache Kafka.

            :returns: the kind (``kept``, ``mapped``, ``without effect``, ``callback``, ``renamed``, ``elsewhere``,
                ``known`` or ``unknown``), what to use instead (str or None), and a sentence about it
            :rtype: tuple
            """),
    ] + partitionerFunctions,
    execute: executeModule)

@_cdecl("mapr_module_execute")
func executeModule(_ module: Object?) -> Int32 {
    Python.entered(failure: -1) { python throws(PythonError) in
        do throws(PythonError) {
            try execute(python, module.unsafelyUnwrapped)
        } catch {
            // Where memory is wanting CPython does not always say so (3.11's making of types).
            if PyErr_Occurred() == nil { PyErr_NoMemory() }
            throw error
        }
        return 0
    }
}

private func execute(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    try ModuleBuilder.requireOneInterpreter(python, module: "mapr_streams_python")
    if !ProcessState.isImported {
        try Interpreter.prepare(python)
        Vocabulary.current = .python
        prepareForFork(python)
        // What an import that failed half-way has made is the process's already.
        if Types.kafkaError == nil { try makeKafkaErrorType(python, module) }
        try addErrorCodes(python)
        if Types.kafkaExceptions.isEmpty { try KafkaExceptionTypes.make(python, module) }
        if Types.topicPartition == nil { try makeTopicPartitionType(python, module) }
        if Types.message == nil { try makeMessageType(python, module) }
        if Types.producer == nil { try makeProducerType(python, module) }
        if Types.consumer == nil { try makeConsumerType(python, module) }
        if Types.admin == nil { try makeAdminType(python, module) }
        if Types.mockCluster == nil { try makeMockClusterType(python, module) }
        if Types.topicNames == nil { try makeTopicNamesType(python, module) }
    }
    // A second import, after the first was taken out of sys.modules or has failed: the same types, as the process has one
    // set.
    try addTypes(python, to: module)
    try addConstants(python, to: module)
    if !ProcessState.isImported { try UndeliveredMessages.prepare(python, module) }
    ProcessState.isImported = true
}

private func addTypes(_ python: borrowing Python, to module: Object) throws(PythonError) {
    let types: [(String, Object?)] = [
        ("KafkaError", Types.kafkaError),
        ("TopicPartition", Types.topicPartition), ("Message", Types.message), ("Producer", Types.producer),
        ("Consumer", Types.consumer), ("_AdminClient", Types.admin), ("_MockCluster", Types.mockCluster),
        ("_TopicNames", Types.topicNames),
    ]
    for (name, type) in types {
        if let type { try python.add(type, to: module, as: name) }
    }
    try KafkaExceptionTypes.add(python, to: module)
}

private func addConstants(_ python: borrowing Python, to module: Object) throws(PythonError) {
    // librdkafka's logical offsets and its kinds of timestamps.
    let constants: [(String, Int)] = [
        ("OFFSET_BEGINNING", -2), ("OFFSET_END", -1), ("OFFSET_STORED", -1000), ("OFFSET_INVALID", -1001),
        ("TIMESTAMP_NOT_AVAILABLE", 0), ("TIMESTAMP_CREATE_TIME", 1), ("TIMESTAMP_LOG_APPEND_TIME", 2),
    ]
    for (name, value) in constants {
        let number = try python.integer(value)
        try python.add(number.object, to: module, as: name)
    }
}

/// The package's own number, so that it is written down once.
func packageVersion(_ python: borrowing Python) throws(PythonError) -> OwnedObject {
    let package = try OwnedObject(PyImport_ImportModule("mapr_streams_python._version"))
    return try package.object.attribute("__version__")
}

/// What brokers are told that they are talking to.
func packageSoftware(_ python: borrowing Python) throws(PythonError) -> (name: String, version: String) {
    ("mapr-streams-python", try packageVersion(python).object.text ?? "")
}

@_cdecl("mapr_module_exception_of")
func moduleExceptionOf(_ module: Object?, _ error: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let error = error.unsafelyUnwrapped
        guard Types.isInstance(error, of: Types.kafkaError) else {
            throw python.error(.typeError, "error must be a KafkaError, not \(error.typeName)")
        }
        return try python.call(KafkaExceptionTypes.type(ofKafkaError: error).unsafelyUnwrapped, [error]).take()
    }
}

@_cdecl("mapr_module_version")
func moduleVersion(_ module: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let text = try packageVersion(python)
        var number = 0
        for part in (text.object.text ?? "").split(separator: ".").prefix(3) { number = number << 8 | (Int(part) ?? 0) }
        let packed = try python.integer(number << 8)
        return try OwnedObject(cpy_tuple2(text.object, packed.object)).take()
    }
}

@_cdecl("mapr_module_libversion")
func moduleLibraryVersion(_ module: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let text = try python.string(Librdkafka.versionText)
        let number = try python.integer(Int(Librdkafka.version))
        return try OwnedObject(cpy_tuple2(text.object, number.object)).take()
    }
}
