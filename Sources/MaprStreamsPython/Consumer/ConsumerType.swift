import CPython
import PythonBridge
import Streams

func makeConsumerType(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    let layout = ObjectLayout(of: ConsumerFields.self, isWeaklyReferenceable: true)
    var type = TypeBuilder("mapr_streams_python.Consumer", layout)
    type.owns(ConsumerFields.self) { address(of: &$0.pointee.base.callbacks) }
    type.owns(ConsumerFields.self) { address(of: &$0.pointee.base.timeout) }
    type.owns(ConsumerFields.self) { address(of: &$0.pointee.owned) }
    type.beforeClearing { object in
        consumerFields(object).base.emptyBoxes()
        Python.attached { python in consumerFields(object).takeDelayed().report(python, Types.consumer) }
    }
    type.ending { consumerFields($0).end() }
    type.finishing { consumerFields($0).base.dropTopicNames() }
    type.documentation(
        """
        Consumer(config={}, /, **properties)
        --

        A high-level Kafka consumer.

        ``for message in consumer`` gives proper messages, skips end-of-partition events, and raises other errors.

        :param Mapping config: librdkafka's configuration properties, as a dict or another mapping, as keywords
            (``Consumer(**config)``), or both; and these of ours, which are called from poll(), consume() and close():

            * ``on_commit(err, partitions)``: the result of every asynchronous and automatic commit
            * ``rebalance_cb(consumer, err, partitions)``: rebalances, ``_ASSIGN_PARTITIONS`` or ``_REVOKE_PARTITIONS``, of
              subscriptions without callbacks of their own
            * ``offset_commit_cb``: another name of ``on_commit``
            * ``error_cb(err)``: a KafkaError that is not tied to a message
            * ``stats_cb(json_str)``: every ``statistics.interval.ms``
            * ``throttle_cb(event)``: a ThrottleEvent, when a broker slows the client down
            * ``logger``: a logging.Logger, or the name of one, that gets librdkafka's log lines, instead of stderr; in the
              kafka dialect the logger mapr_streams_python does by default
            * ``oauth_cb(config_str)``: returns (token, expiry in seconds since the epoch[, principal[, extensions]]);
              called on a thread of its own
            * ``streams.compatibility``: ``mapr`` (default) or ``kafka``: whose rules hold where they differ

            In the MapR dialect ``enable.partition.eof`` is on unless it is set, and a subscribed topic that does not exist yet is no
        event: the log tells of it, and it is consumed when it appears.

        A value is a str, int, float, bool, bytes, path, or None, which empties the property; where librdkafka's property is
        a list, it may be a list or tuple of str too. The order of the properties does not matter.

        :raises TypeError: config is no mapping, or a value has another type
        :raises ValueError: a name or value has a null character; no ``group.id``, in the Kafka dialect
        :raises KafkaException: a property is unknown, or its value not allowed

        ``rd_kafka_new``, ``rd_kafka_poll_set_consumer``.
        """)
    type.initializer(consumerInitialize)
    type.iterator({ $0.unsafelyUnwrapped.retained }, next: consumerNextSlot)
    type.methods(
        consumerSubscribeMethods + consumerAssignmentMethods + consumerPollMethods + consumerConsumeMethods
            + consumerCommitMethods + consumerPositionMethods + consumerOffsetMethods + consumerSeekMethods
            + consumerTopicMethods + consumerTransactionMethods + consumerCredentialMethods + consumerMetricsMethods
            + consumerCloseMethods)
    Types.consumer = try type.build(python, module: module)
}

extension UnsafeMutablePointer where Pointee == ConsumerFields {
    /// Called when the consumer's object goes.
    fileprivate func end() {
        if base.pointee.client != nil {
            Python.attached { python in
                // Dropped without close(): the group will notice by its session time-out.
                pointee.consumer = nil
                base.pointee.state = .closed
                finishClose(&python).report(python, Types.consumer)
            }
        }
        // Messages that the child of a fork still holds must not find these fields through their links.
        if base.pointee.state == .forked { abandon() }
        pointee.batch = nil
        base.unlist()
    }
}

// MARK: Life

@_cdecl("mapr_Consumer_init")
func consumerInitialize(_ object: Object?, _ arguments: Object?, _ keywords: Object?) -> Int32 {
    initializeClient(object, arguments, keywords, as: ConsumerFields.self)
}

extension ConsumerFields: KindOfFields {
    static var kind: ClientKind { .consumer }

    var handle: Unmanaged<Consumer>? {
        get { consumer }
        set { consumer = newValue }
    }

    init(_ base: ClientFields, _ parsed: ParsedConfiguration) {
        self.base = base
        owned = Owned()
        hasPutOff = false
        notesBeginnings = false
        batch = nil
        mustClose = false
        isClosing = false
        wasBrokenOff = false
        closesWithin = -1
        closesUntil = Deadline(milliseconds: -1)
        isSubscribing = false
    }

    static func check(_ python: borrowing Python, _ parsed: ParsedConfiguration) throws(PythonError) {
        if parsed.configuration.dialect == .kafka && !parsed.hasGroup {
            throw python.error(.valueError, "Failed to create consumer: group.id must be set")
        }
    }

    static func addEvents(_ events: inout ClientEvents, _ fields: UnsafeMutablePointer<ConsumerFields>) {
        events.rebalance = { kind, partitions in fields.tell(kind, partitions) }
        if fields.pointee.base.callbacks.report != nil {
            events.offsetsCommitted = { code, partitions in fields.tellCommitted(code, partitions) }
        }
    }

    /// Asks the brokers which protocols of groups they have, where the application leaves the choice to them.
    static func prepare(_ python: inout Python, _ parsed: ParsedConfiguration) throws(PythonError) {
        let configuration = parsed.configuration
        guard configuration.asksForGroupProtocol else { return }
        let call = try python.raising { () throws(StreamsError) in
            try HelperCall<Void> { () throws(StreamsError) in try configuration.settleGroupProtocol() }
        }
        _ = try python.wait(until: Deadline(milliseconds: -1), unless: { false }) { call.wait(milliseconds: $0) }
        try python.raising(prefix: ClientKind.consumer.failedToCreate) { () throws(StreamsError) in try call.result() }
    }

    static func makeHandle(
        _ configuration: Configuration, _ events: ClientEvents, owner: UnsafeMutableRawPointer
    ) throws(StreamsError) -> Consumer {
        try Consumer(configuration: configuration, events: events, owner: owner)
    }

    /// While the consumer closes, the callbacks that the close runs may still use it; other threads may not.
    @inline(never)
    static func notOpen(
        _ fields: UnsafeMutablePointer<ConsumerFields>, _ python: borrowing Python
    ) throws(PythonError) -> Unmanaged<Consumer> {
        guard
            fields.pointee.isClosing, let client = fields.base.pointee.client,
            CallFrame.isInsideCallback(of: UnsafeMutableRawPointer(fields))
        else { throw fields.base.notOpen(python, .consumer) }
        return Unmanaged<Consumer>.fromOpaque(client.toOpaque())
    }

    static func destroy(
        _ fields: UnsafeMutablePointer<ConsumerFields>, _ python: inout Python
    ) -> PendingException { fields.finishClose(&python) }

    static func abandon(_ fields: UnsafeMutablePointer<ConsumerFields>) { fields.abandon() }
}
