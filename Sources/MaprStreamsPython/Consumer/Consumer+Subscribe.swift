import CPython
import CSystem
import PythonBridge
import Streams

/// Subscribing, what a member of a group is called, and how its group gives partitions.
let consumerSubscribeMethods: [Method] = [
    .fast(
        "subscribe", consumerSubscribe,
        """
        subscribe($self, /, topics, on_assign=None, on_revoke=None, on_lost=None, listener=None)
        --

        Subscribes to topics; replaces the subscription before.

        :param topics: a list, or another sequence, of topic names (str); one that begins with ``^`` is a regular expression
        :param callable on_assign: called as ``on_assign(consumer, partitions)`` after a rebalance has given partitions; it
            may call assign() with other offsets, and where it does not, the partitions are assigned as they are
        :param callable on_revoke: called as ``on_revoke(consumer, partitions)`` before partitions are taken away
        :param callable on_lost: called in place of on_revoke where they are gone already
        :param listener: an object with these as methods, instead of them; it may stand in the place of on_assign
        :raises KafkaException: _INVALID_ARG for a bad list or expression; _UNKNOWN_GROUP without ``group.id``; _CONFLICT, in
            the MapR dialect, where the application has assigned partitions itself; _STATE while the consumer is being closed
        :raises TypeError: an argument has the wrong type
        :raises RuntimeError: the consumer is closed

        The callbacks run inside poll(), consume() and close(). ``rd_kafka_subscribe``.
        """),
    .none(
        "unsubscribe", consumerUnsubscribe,
        """
        unsubscribe($self, /)
        --

        Ends the subscription.

        :raises KafkaException: librdkafka refuses; _STATE while the consumer is being closed
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_unsubscribe``.
        """),
    .none(
        "memberid", consumerMemberID,
        """
        memberid($self, /)
        --

        The group's name for this consumer, or None before it has joined and while it is being closed.

        :rtype: str or None
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_memberid``.
        """),
    .none(
        "rebalance_protocol", consumerRebalanceProtocol,
        """
        rebalance_protocol($self, /)
        --

        How the group gives partitions: ``EAGER``, all of them anew in each rebalance; ``COOPERATIVE``, one by one; ``NONE``
        before the consumer has joined it.

        :returns: one of these; None without ``group.id`` and while the consumer is being closed
        :rtype: str or None
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_rebalance_protocol``.
        """),
]

nonisolated(unsafe) private let subscribeSignature = Signature(
    "subscribe", ["topics", "on_assign", "on_revoke", "on_lost", "listener"], required: 1)

@_cdecl("mapr_Consumer_subscribe")
func consumerSubscribe(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        let callbacks = RebalanceCallbacks()
        let topics = try fields.open(&python) { python throws(PythonError) in
            try withSlots(5) { slots throws(PythonError) in
                try subscribeSignature.parse(python, arguments, count, keywords, into: slots)
                let topics = try topicNames(python, slots[0].unsafelyUnwrapped)
                try callbacks.fill(
                    python, onAssign: slots[1], onRevoke: slots[2], onLost: slots[3], listener: slots[4])
                return topics
            }
        }.arguments
        try fields.subscribe(&python, topics, callbacks)
        return python.none.take()
    }
}

@_cdecl("mapr_Consumer_unsubscribe")
func consumerUnsubscribe(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try consumerFields(object).withOpenConsumer(&python, prefix: "Failed to remove subscription") {
            consumer throws(StreamsError) in try consumer.unsubscribe()
        }
        return python.none.take()
    }
}

@_cdecl("mapr_Consumer_memberid")
func consumerMemberID(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let id = try consumerFields(object).withOpenConsumer(&python) { consumer throws(StreamsError) in
            consumer.memberID
        }
        guard let id else { return python.none.take() }
        return try python.string(id).take()
    }
}

@_cdecl("mapr_Consumer_rebalance_protocol")
func consumerRebalanceProtocol(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let name = try consumerFields(object).withOpenConsumer(&python) { consumer throws(StreamsError) in
            consumer.rebalanceProtocol
        }
        guard let name else { return python.none.take() }
        return try python.string(name).take()
    }
}

extension UnsafeMutablePointer where Pointee == ConsumerFields {
    /// Subscribes, and sets the callables of the consumer's rebalances where librdkafka has taken the subscription: one that it
    /// refuses changes nothing.
    ///
    /// Another thread that polls may be told of a rebalance before this one goes on: it waits, see `tell`.
    fileprivate func subscribe(
        _ python: inout Python, _ topics: [String], _ callbacks: RebalanceCallbacks
    ) throws(PythonError) {
        base.enter()
        defer { leave(&python) }
        // One at a time: the callables that stay are those of the subscription that stays.
        if pointee.isSubscribing {
            _ = try python.wait(until: Deadline(milliseconds: -1), unless: { !pointee.isSubscribing }) { _ in
                usleep(500)
                return false
            }
        }
        let consumer = try open(python)
        pointee.isSubscribing = true
        defer { pointee.isSubscribing = false }
        try python.raisingDetached(prefix: "Failed to set subscription") { () throws(StreamsError) in
            try consumer.use { consumer throws(StreamsError) in try consumer.subscribe(topics) }
        }
        // A close has let go of them all.
        if pointee.consumer != nil || pointee.isClosing { callbacks.exchange(with: self) }
    }
}

/// The callables of a subscription, however they were given.
private final class RebalanceCallbacks {
    private(set) var onAssign: Object?
    private(set) var onRevoke: Object?
    private(set) var onLost: Object?

    /// Sets the callables of a consumer's rebalances, and takes those that it had, to let go of them later. Runs no Python.
    func exchange(with fields: UnsafeMutablePointer<ConsumerFields>) {
        swap(&onAssign, &fields.pointee.owned.onAssign)
        swap(&onRevoke, &fields.pointee.owned.onRevoke)
        swap(&onLost, &fields.pointee.owned.onLost)
    }

    func fill(
        _ python: borrowing Python, onAssign: Object?, onRevoke: Object?, onLost: Object?, listener: Object?
    ) throws(PythonError) {
        func given(_ object: Object?) -> Object? { object.flatMap { $0.isNone ? nil : $0 } }
        var assign = given(onAssign)
        var listener = given(listener)
        // subscribe(topics, X): an X that cannot be called and has a listener's methods is one.
        if let object = assign, PyCallable_Check(object) == 0, try Self.isListener(python, object) {
            guard listener == nil else {
                throw python.error(.typeError, "subscribe() got two listeners")
            }
            listener = object
            assign = nil
        }
        let revoke = given(onRevoke)
        let lost = given(onLost)
        for (name, object) in [("on_assign", assign), ("on_revoke", revoke), ("on_lost", lost)] {
            guard let object else { continue }
            if PyCallable_Check(object) == 0 {
                throw python.error(.typeError, "\(name) expects a callable, not \(object.typeName)")
            }
            try python.refuseCoroutineFunction(object, name)
        }
        if let listener {
            guard assign == nil, revoke == nil, lost == nil else {
                throw python.error(
                    .typeError, "give either a listener or on_assign, on_revoke and on_lost, not both")
            }
            guard try Self.isListener(python, listener) else {
                throw python.error(
                    .typeError, "listener must have on_assign or on_revoke methods; \(listener.typeName) has neither")
            }
            self.onAssign = try Self.method(python, listener, "on_assign")
            self.onRevoke = try Self.method(python, listener, "on_revoke")
            self.onLost = try Self.method(python, listener, "on_lost")
        } else {
            self.onAssign = assign?.retained
            self.onRevoke = revoke?.retained
            self.onLost = lost?.retained
        }
    }

    deinit {
        onAssign?.release()
        onRevoke?.release()
        onLost?.release()
    }

    private static func isListener(_ python: borrowing Python, _ object: Object) throws(PythonError) -> Bool {
        if try python.hasAttribute(object, "on_assign") { return true }
        return try python.hasAttribute(object, "on_revoke")
    }

    /// A listener's method, or nil. The caller owns the result.
    private static func method(
        _ python: borrowing Python, _ listener: Object, _ name: StaticString
    ) throws(PythonError) -> Object? {
        let method: Object
        do throws(PythonError) {
            method = try listener.attribute(name).take()
        } catch {
            guard python.errorIs(.attributeError) else { throw error }
            PyErr_Clear()
            return nil
        }
        if method.isNone {
            method.release()
            return nil
        }
        guard PyCallable_Check(method) != 0 else {
            method.release()
            throw python.error(.typeError, "listener: \(name) expects a callable")
        }
        do throws(PythonError) {
            try python.refuseCoroutineFunction(method, "listener: \(name)")
        } catch {
            method.release()
            throw error
        }
        return method
    }
}

/// The names of a list of topics, or of any other sequence.
private func topicNames(_ python: borrowing Python, _ object: Object) throws(PythonError) -> [String] {
    guard let elements = try python.elements(of: object) else {
        throw python.error(
            .typeError,
            "expected list of topic unicode strings, not \(object.typeName)"
                + (cpy_is_str(object) != 0 ? ": put it into a list" : ""))
    }
    var names: [String] = []
    for index in 0..<elements.count {
        let element = elements[index]
        guard cpy_is_str(element) != 0 else { throw noTopicName(python, element, index) }
        _ = try python.cString(element, "topic")
        names.append(try python.text(element, "topic"))
    }
    return names
}

private func noTopicName(_ python: borrowing Python, _ element: Object, _ index: Int) -> PythonError {
    var advice = ""
    if cpy_is_bytes(element) != 0 { advice = ": decode it first" }
    if element.typeName == "Pattern" {
        advice = ": give its pattern as a str that begins with \"^\""
    }
    return python.error(.typeError, "topics[\(index)] must be str, not \(element.typeName)\(advice)")
}
