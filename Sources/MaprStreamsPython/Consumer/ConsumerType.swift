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
        consumerFields(object).base.emptyTokenBox()
        Python.attached { python in consumerFields(object).reportDelayed(python) }
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
            * ``logger``: a logging.Logger that gets librdkafka's log lines, instead of stderr
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
            + consumerCommitMethods
            + consumerPositionMethods + consumerSeekMethods + consumerTopicMethods + consumerLifeMethods)
    Types.consumer = try type.build(python, module: module)
}

extension UnsafeMutablePointer where Pointee == ConsumerFields {
    /// Drops those of the subscription.
    func clearRebalanceCallbacks() {
        address(of: &pointee.owned.onAssign).clear()
        address(of: &pointee.owned.onRevoke).clear()
        address(of: &pointee.owned.onLost).clear()
    }

    /// Called when the consumer's object goes.
    fileprivate func end() {
        if base.pointee.client != nil {
            Python.attached { python in
                let pending = PendingException(fetching: python)
                // Dropped without close(): the group will notice by its session time-out.
                pointee.consumer = nil
                base.pointee.state = .closed
                finishClose(&python)
                pending.restore(python)
            }
        }
        // Messages that the child of a fork still holds must not find these fields through their links.
        if base.pointee.state == .forked { abandon() }
        pointee.batch = nil
        base.unlist()
    }
}

// MARK: Life

private let consumerLifeMethods: [Method] = [
    .none(
        "close", consumerClose,
        """
        close($self, /)
        --

        Commits stored offsets, unless ``enable.auto.commit`` is false, leaves the group, and ends the consumer.

        Runs the last rebalance and commit callbacks. Closing again does nothing; every other call after it raises
        RuntimeError. Inside a callback of the same consumer it takes effect when the callback has returned.

        What a callback raises comes out of this call. ``rd_kafka_consumer_close_queue``.
        """),
    .none(
        "__enter__", { object, _ in object.unsafelyUnwrapped.retained },
        "__enter__($self, /)\n--\n\nThe consumer itself."),
    .fast("__exit__", consumerExit, "__exit__($self, exc_type, exc_value, traceback, /)\n--\n\nCloses the consumer."),
]

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
        batch = nil
        mustClose = false
        isClosing = false
        wasInterrupted = false
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

    static func makeHandle(
        _ configuration: Configuration, _ events: ClientEvents, owner: UnsafeMutableRawPointer
    ) throws(StreamsError) -> Consumer {
        try Consumer(configuration: configuration, events: events, owner: owner)
    }

    static func abandon(_ fields: UnsafeMutablePointer<ConsumerFields>) { fields.abandon() }
}

@_cdecl("mapr_Consumer_close")
func consumerClose(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        guard let consumer = fields.pointee.consumer else {
            // Made by __new__ alone, closed before, or another process's: there is nothing to close.
            return python.none.take()
        }
        fields.pointee.consumer = nil
        fields.pointee.base.state = .closed
        if CallFrame.isInsideCallback(of: UnsafeMutableRawPointer(fields)) {
            // librdkafka waits for this callback: the call that runs it closes when it returns.
            fields.pointee.mustClose = true
            return python.none.take()
        }
        fields.base.enter()
        let succeeded = fields.closeProtocol(&python, consumer)
        let pending = PendingException(fetching: python)
        fields.leave(&python, propagating: succeeded)
        if !succeeded { pending.restore(python) }
        let isPending = PendingException(fetching: python)
        fields.clearRebalanceCallbacks()
        let hasFailed = !isPending.isEmpty
        isPending.restore(python)
        guard !hasFailed else {
            fields.reportDelayed(python)
            throw PythonError()
        }
        try fields.raiseDelayed(python)
        return python.none.take()
    }
}

@_cdecl("mapr_Consumer_exit")
func consumerExit(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    consumerClose(object, nil)
}
