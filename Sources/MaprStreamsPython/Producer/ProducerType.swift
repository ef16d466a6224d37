import CPython
import CSystem
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
    /// The thread that closes the producer, or has closed it.
    var closer: pthread_t?
}

@inline(__always)
func producerFields(_ object: Object?) -> UnsafeMutablePointer<ProducerFields> {
    object.unsafelyUnwrapped.fields(ProducerFields.self)
}

func makeProducerType(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    prepareProduce()
    let layout = ObjectLayout(of: ProducerFields.self, isWeaklyReferenceable: true)
    var type = TypeBuilder("mapr_streams_python.Producer", layout)
    type.owns(ProducerFields.self) { address(of: &$0.pointee.base.callbacks) }
    type.owns(ProducerFields.self) { address(of: &$0.pointee.base.timeout) }
    type.owns(ProducerFields.self) { address(of: &$0.pointee.owned) }
    type.beforeClearing { producerFields($0).base.emptyBoxes() }
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
            * ``logger``: a logging.Logger, or the name of one, that gets librdkafka's log lines, instead of stderr; in the
              kafka dialect the logger mapr_streams_python does by default
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
    type.methods(
        producerProduceMethods + producerBatchMethods + producerSendMethods + producerServeMethods
            + producerTransactionMethods + producerTopicMethods
            + producerCredentialMethods + producerMetricsMethods + producerCloseMethods)
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
        closer = nil
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

    @inline(__always)
    static func notOpen(
        _ fields: UnsafeMutablePointer<ProducerFields>, _ python: borrowing Python
    ) throws(PythonError) -> Unmanaged<Producer> { throw fields.base.notOpen(python, .producer) }

    static func destroy(
        _ fields: UnsafeMutablePointer<ProducerFields>, _ python: inout Python
    ) -> PendingException { fields.destroy(&python) }

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
}

@_cdecl("mapr_Producer_len")
func producerLength(_ object: Object?) -> Int {
    producerFields(object).pointee.producer?.use { $0.outstanding } ?? 0
}
