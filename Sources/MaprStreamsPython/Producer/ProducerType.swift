import CPython
import PythonBridge
import Streams

/// What a `Producer` holds.
struct ProducerFields {
    struct Owned: OwnedReferences {
        /// The topic that was last produced to; its handle is `lastTopicHandle`.
        var lastTopic: Object?
        /// A dict from topic str to a handle's index in `handles`.
        var topics: Object?
    }

    var base: ClientFields
    /// The same as `base.client`, while the producer is open.
    var producer: Unmanaged<Producer>?
    var owned: Owned
    var lastTopicHandle: Topic?
    var handles: [Topic]
    /// How long a value is lent to librdkafka rather than copied.
    var shortestLent: Int
    var reportsErrorsOnly: Bool
    /// Reports let their callbacks go without calling them.
    var discardsReports: Bool
    /// Messages that were given up while the producer is being destroyed.
    var purged: Int
    /// The flush of a close that is done has left messages. False where there was nothing to close, too.
    var hasLeftMessages: Bool
}

@inline(__always)
func producerFields(_ object: Object?) -> UnsafeMutablePointer<ProducerFields> {
    object.unsafelyUnwrapped.fields(ProducerFields.self)
}

extension UnsafeMutablePointer where Pointee == ProducerFields {
    @inline(__always)
    var base: UnsafeMutablePointer<ClientFields> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: ClientFields.self)
    }

    /// The producer, which stays while the GIL is held or `base.users` counts this call.
    @inline(__always)
    func open(_ python: borrowing Python) throws(PythonError) -> Unmanaged<Producer> {
        guard let producer = pointee.producer else { throw notOpen(python) }
        return producer
    }

    /// Out of the way of the calls that are quick.
    @inline(never)
    func notOpen(_ python: borrowing Python) -> PythonError { base.notOpen(python, .producer) }

    /// The same once a call's arguments are read, which may run code of the application's that closes the producer: a call on
    /// a closed one raises that whatever its arguments are, and one that is closed meanwhile raises it too.
    @inline(__always)
    func open<Arguments>(
        _ python: inout Python, reading arguments: (inout Python) throws(PythonError) -> Arguments
    ) throws(PythonError) -> Opened<Producer, Arguments> {
        _ = try open(python)
        let arguments = try arguments(&python)
        return Opened(client: try open(python), arguments: arguments)
    }

    /// Ends a call. The last one on a closed producer destroys it.
    @inline(__always)
    func leave(_ python: inout Python) {
        base.pointee.users &-= 1
        if base.pointee.users == 0 && pointee.producer == nil && !destroy(&python) {
            python.reportUnraisable(Types.producer)
        }
    }

    /// Destroys a closed producer, once no call uses it any more.
    ///
    /// Messages that are left fail, and their callbacks are told: without it they would never be let go.
    /// - Returns: false where the exception of a signal's handler is pending; the one that was pending stays otherwise.
    @inline(never)
    func destroy(_ python: inout Python) -> Bool {
        guard let client = base.pointee.client else { return true }
        let producer = Unmanaged<Producer>.fromOpaque(client.toOpaque())
        // The call that ends may be raising: callbacks must not find its exception pending.
        let pending = PendingException(fetching: python)
        purgeAndReport(&python, producer)
        guard base.pointee.client != nil, base.pointee.users == 0 else {
            pending.restore(python)
            return true
        }
        base.pointee.client = nil
        if python.destroy(client, waitingAtMost: -1) {
            pending.restore(python)
            return true
        }
        if pending.isEmpty { return false }
        // The call raises what it was raising.
        python.reportUnraisable(Types.producer)
        pending.restore(python)
        return true
    }

    private func purgeAndReport(_ python: inout Python, _ producer: Unmanaged<Producer>) {
        pointee.discardsReports = Interpreter.isFinalizing
        pointee.purged = 0
        base.enter()
        CallFrame.with(context: UnsafeMutableRawPointer(self)) { frame in
            let deadline = Deadline(milliseconds: 2000)
            producer.use { producer in
                if producer.undelivered > 0 { try? producer.purge(waiting: false) }
                // In the child of a fork nothing is served any more.
                while base.pointee.state != .forked && producer.undelivered > 0 && !deadline.hasPassed {
                    while producer.hasRejected { _ = producer.serveRejected() }
                    do throws(PythonError) {
                        _ = try python.wait(frame, until: OneSlice(10), unless: { false }) { slice in
                            producer.poll(milliseconds: slice, leftAt: frame.place) > 0
                        }
                    } catch {
                        return python.reportUnraisable(Types.producer)
                    }
                    frame.takeException(python)?.report(python, nil)
                }
            }
        }
        base.pointee.users &-= 1
    }
}

func makeProducerType(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    prepareProduce()
    let layout = ObjectLayout(of: ProducerFields.self, isWeaklyReferenceable: true)
    var type = TypeBuilder("mapr_streams_python.Producer", layout)
    type.owns(ProducerFields.self) { address(of: &$0.pointee.base.callbacks) }
    type.owns(ProducerFields.self) { address(of: &$0.pointee.base.timeout) }
    type.owns(ProducerFields.self) { address(of: &$0.pointee.owned) }
    type.beforeClearing { producerFields($0).base.emptyTokenBox() }
    type.ending { producerFields($0).end() }
    type.finishing { object in
        producerFields(object).base.dropTopicNames()
        producerFields(object).deinitialize(count: 1)
    }
    type.documentation(
        """
        Producer(config={}, /, **properties)
        --

        An asynchronous Kafka producer.

        produce() puts a message into the queue and returns; librdkafka's threads send it. Call poll() regularly, so that
        delivery callbacks run, and flush() before the program ends.

        :param Mapping config: librdkafka's configuration properties, as a dict or another mapping, as keywords
            (``Producer(**config)``), or both; and these of ours, which are called from poll() and flush():

            * ``on_delivery(err, msg)``: for every message that was produced without a callback of its own
            * ``dr_msg_cb``, ``dr_cb``: other names of ``on_delivery``
            * ``error_cb(err)``: a KafkaError that is not tied to a message
            * ``stats_cb(json_str)``: every ``statistics.interval.ms``
            * ``throttle_cb(event)``: a ThrottleEvent, when a broker slows the client down
            * ``logger``: a logging.Logger that gets librdkafka's log lines, instead of stderr
            * ``oauth_cb(config_str)``: returns (token, expiry in seconds since the epoch[, principal[, extensions]]);
              called on a thread of its own
            * ``streams.compatibility``: ``mapr`` (default) or ``kafka``: whose rules hold where they differ

        In the MapR dialect ``message.max.bytes`` is 10551296 (10 MB, and what comes around them) unless it is set. A message that
        fails without a callback is told of in the log, once for each topic and error.

        A value is a str, int, float, bool, bytes, path, or None, which empties the property; where librdkafka's property is
        a list, it may be a list or tuple of str too. The order of the properties does not matter.

        :raises TypeError: config is no mapping, or a value has another type
        :raises ValueError: a name or value has a null character
        :raises KafkaException: a property is unknown, or its value not allowed

        ``rd_kafka_new``.
        """)
    type.initializer(producerInitialize)
    type.length(producerLength)
    type.truth { object in
        let fields = producerFields(object)
        return !fields.pointee.base.isMaprDialect || producerLength(object) > 0 ? 1 : 0
    }
    type.methods(producerProduceMethods + producerServeMethods + producerCloseMethods)
    Types.producer = try type.build(python, module: module)
}

// MARK: Life

@_cdecl("mapr_Producer_init")
func producerInitialize(_ object: Object?, _ arguments: Object?, _ keywords: Object?) -> Int32 {
    initializeClient(object, arguments, keywords, as: ProducerFields.self)
}

extension ProducerFields: KindOfFields {
    static var kind: ClientKind { .producer }

    var handle: Unmanaged<Producer>? {
        get { producer }
        set { producer = newValue }
    }

    init(_ base: ClientFields, _ parsed: ParsedConfiguration) {
        self.base = base
        owned = Owned()
        handles = []
        shortestLent = Producer.readsValuesInPlace ? DeliveryContext.shortestLent : .max
        reportsErrorsOnly = parsed.reportsErrorsOnly
        discardsReports = false
        purged = 0
        hasLeftMessages = false
    }

    static func check(_ python: borrowing Python, _ parsed: ParsedConfiguration) throws(PythonError) {}

    static func addEvents(_ events: inout ClientEvents, _ fields: UnsafeMutablePointer<ProducerFields>) {
        events.delivery = deliveryCallback
    }

    static func makeHandle(
        _ configuration: Configuration, _ events: ClientEvents, owner: UnsafeMutableRawPointer
    ) throws(StreamsError) -> Producer {
        try Producer(configuration: configuration, events: events, owner: owner)
    }

    static func abandon(_ fields: UnsafeMutablePointer<ProducerFields>) { fields.pointee.producer = nil }
}

extension UnsafeMutablePointer where Pointee == ProducerFields {
    /// Called when the producer's object goes.
    fileprivate func end() {
        if base.pointee.client != nil {
            Python.attached { python in
                let pending = PendingException(fetching: python)
                giveUp(&python)
                pending.restore(python)
            }
        }
        base.unlist()
    }

    /// Ends a producer that the program has dropped: tells of messages that are lost, and lets their callbacks know.
    @inline(never)
    func giveUp(_ python: inout Python) {
        pointee.producer = nil
        base.pointee.state = .closed
        // Events that are not about a message have nobody to hear them any more.
        base.clearCallbacks(keepingReport: true)
        if !destroy(&python) { python.reportUnraisable(Types.producer) }
        UndeliveredMessages.noteDropped(pointee.purged)
        if pointee.purged > 0 && !Interpreter.isFinalizing {
            let words =
                "a Producer was dropped with \(pointee.purged) message\(pointee.purged == 1 ? "" : "s") undelivered:"
                + " call flush() before"
            if PyErr_WarnEx(cpy_exc_ResourceWarning(), words, 1) != 0 { python.reportUnraisable(nil) }
        }
    }
}

@_cdecl("mapr_Producer_len")
func producerLength(_ object: Object?) -> Int {
    producerFields(object).pointee.producer?.use { $0.outstanding } ?? 0
}
