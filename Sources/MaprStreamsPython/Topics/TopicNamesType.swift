import CPython
import PythonBridge
import Streams

/// What a `_TopicNames` holds.
private struct TopicNamesFields {
    /// nil before `__init__`.
    var names: Unmanaged<TopicNames>?
}

nonisolated(unsafe) private let signature = Signature(
    "_TopicNames", ["rules", "source", "home_cluster", "default_stream"])

private func fields(_ object: Object?) -> UnsafeMutablePointer<TopicNamesFields> {
    object.unsafelyUnwrapped.fields(TopicNamesFields.self)
}

/// `_TopicNames`: the mapping of names, for the commands of `python -m mapr_streams_python`.
func makeTopicNamesType(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    let layout = ObjectLayout(of: TopicNamesFields.self, isWeaklyReferenceable: true)
    var type = TypeBuilder("mapr_streams_python._TopicNames", layout)
    type.documentation(
        """
        _TopicNames(rules=None, source=None, home_cluster=None, default_stream=None)
        --

        From names of MapR streams to Kafka topics, and back.

        :param str rules: lines of ``/path/to/stream:topic = kafka-topic``, or a file of settings with them in ``[names]``
        :param str source: what error messages call the rules; a file's name
        :param str home_cluster: the cluster whose ``/mapr/<cluster>/path`` is ``/path`` too; taken from MapR's
            ``mapr-clusters.conf`` when the first such name comes, if it is not given
        :param str default_stream: the stream of names without one
        :raises KafkaException: ``_INVALID_ARG`` where a line is no rule
        """)
    type.initializer(topicNamesInitialize)
    type.finishing { object in fields(object).pointee.names?.release() }
    type.methods([
        .one(
            "kafka_topic", topicNamesKafkaTopic,
            """
            kafka_topic($self, name, /)
            --

            The Kafka topic, or the pattern for Kafka topics, of a name.

            :param str name: as an application gives it
            :rtype: str
            :raises KafkaException: ``_INVALID_ARG`` where it is no name of a stream's topic, its Kafka topic would be longer
                than 249 characters, or another name has become the same Kafka topic
            """),
        .one(
            "stream_name", topicNamesStreamName,
            """
            stream_name($self, topic, /)
            --

            The full name of the stream's topic that becomes a Kafka topic.

            :param str topic: the name of a Kafka topic
            :returns: None where no name does
            :rtype: str or None
            """),
    ])
    Types.topicNames = try type.build(python, module: module)
}

@_cdecl("mapr_TopicNames_init")
func topicNamesInitialize(_ object: Object?, _ arguments: Object?, _ keywords: Object?) -> Int32 {
    Python.entered(failure: -1) { python throws(PythonError) in
        try withSlots(signature.count) { slots throws(PythonError) in
            try signature.parse(python, tuple: arguments, dictionary: keywords, into: slots)
            let rules = try optionalText(python, slots[0], "rules")
            let source = try optionalText(python, slots[1], "source")
            let homeCluster = try optionalText(python, slots[2], "home_cluster")
            let defaultStream = try optionalText(python, slots[3], "default_stream")
            let settings = try python.raising { () throws(StreamsError) in
                try NameSettings(rules: rules ?? "", from: source ?? "the rules", homeCluster: homeCluster)
            }
            let names = Unmanaged.passRetained(TopicNames(settings, defaultStream: defaultStream))
            fields(object).pointee.names?.release()
            fields(object).pointee.names = names
            return 0
        }
    }
}

private func optionalText(
    _ python: borrowing Python, _ object: Object?, _ name: StaticString
) throws(PythonError) -> String? {
    guard let object, !object.isNone else { return nil }
    _ = try python.cString(object, name)
    return try python.text(object, name)
}

private func usable(_ python: borrowing Python, _ object: Object?) throws(PythonError) -> TopicNames {
    guard let names = fields(object).pointee.names else {
        throw python.error(.runtimeError, "_TopicNames was not initialized")
    }
    return names.takeUnretainedValue()
}

@_cdecl("mapr_TopicNames_kafka_topic")
func topicNamesKafkaTopic(_ object: Object?, _ argument: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let name = String(cString: try python.cString(argument.unsafelyUnwrapped, "name"))
        let names = try usable(python, object)
        let topic = try python.raising { () throws(StreamsError) in try names.kafkaTopic(for: name) }
        return try python.string(topic).take()
    }
}

@_cdecl("mapr_TopicNames_stream_name")
func topicNamesStreamName(_ object: Object?, _ argument: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let topic = String(cString: try python.cString(argument.unsafelyUnwrapped, "topic"))
        guard let name = try usable(python, object).streamName(ofKafkaTopic: topic) else { return python.none.take() }
        return try python.string(name).take()
    }
}
