import CPython
import PythonBridge
import Streams

/// Producing with a future. The future itself is Python's: `_send.py`.
let producerSendMethods: [Method] = [
    .fast(
        "send", producerSend,
        """
        send($self, /, topic, value=None, key=None, partition=-1, callback=None, on_delivery=None, timestamp=0, headers=None, *,
             block=None)
        --

        Puts a message into the queue as produce() does, and returns a future of its delivery.

        The arguments are those of produce(), and so is what is raised where the message does not get into the queue.

        :returns: a concurrent.futures.Future, whose result is the Message that was delivered. Where it has failed for good,
            ``result()`` raises the KafkaException, and ``exception()`` returns it
        :rtype: concurrent.futures.Future
        :raises BufferError: the queue is full, and was so for all of ``block``
        :raises KafkaException: ``_INVALID_ARG`` where ``delivery.report.only.error`` is set, without which there are reports of
            what was delivered

        ``result()``, ``exception()`` and ``done()`` of the future serve the producer while they wait, as poll() does: callbacks run
        there, and what another message's callback raises comes out of there. What else waits for it, as
        ``concurrent.futures.wait`` and ``asyncio.wrap_future`` do, needs somebody who calls poll() or flush(). A message that is
        queued cannot be taken back: ``cancel()`` returns False.

        ``on_delivery`` is called before the future is done.
        """),
    .fast(
        "_check_callback", producerCheckCallback,
        """
        _check_callback($self, callback, name, /)
        --

        Refuses what cannot be a delivery callback, as produce() does.

        :raises TypeError: it is not callable, or is a coroutine function; the message has ``name``
        """),
    .fast(
        "_serve", producerServeFuture,
        """
        _serve($self, timeout, is_done, /)
        --

        Serves events for a future that waits for its report, and waits for a moment where there are none.

        :param float timeout: how many seconds the future will wait yet, or None
        :param callable is_done: tells whether the future is done; inside of a callback a wait without a timeout lasts until it is
        :returns: whether there is anybody to wait for: False where the producer is closed
        :rtype: bool
        """),
]

@_cdecl("mapr_Producer_send")
func producerSend(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        _ = try fields.open(python)
        if fields.pointee.reportsErrorsOnly {
            throw python.raise(
                StreamsError(
                    .invalidArgument,
                    reason: "send() needs the reports of what was delivered, and delivery.report.only.error is set"))
        }
        let send = try sendFunction()
        let positional = try python.tuple(count: count + 1) { index throws(PythonError) in
            let argument = index == 0 ? object : arguments.unsafelyUnwrapped[index - 1]
            return OwnedObject(retaining: argument.unsafelyUnwrapped)
        }
        let named = try OwnedObject(PyDict_New())
        if let keywords, let arguments {
            for index in 0..<cpy_size(keywords) {
                let name = PyTuple_GetItem(keywords, index)
                if PyDict_SetItem(named.object, name, arguments[count + index]) != 0 { throw PythonError() }
            }
        }
        return try OwnedObject(PyObject_Call(send, positional.object, named.object)).take()
    }
}

/// `_send.send`, imported at the first call.
private func sendFunction() throws(PythonError) -> Object {
    if let function = ProcessState.sendFunction { return function }
    let module = try OwnedObject(PyImport_ImportModule("mapr_streams_python._send"))
    let function = try module.object.attribute("send").take()
    ProcessState.sendFunction = function
    return function
}

nonisolated(unsafe) private let checkSignature = Signature("_check_callback", ["callback", "name"], required: 2)

@_cdecl("mapr_Producer_check_callback")
func producerCheckCallback(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try withSlots(2) { slots throws(PythonError) in
            try checkSignature.parse(python, arguments, count, keywords, into: slots)
            let name = try python.text(slots[1].unsafelyUnwrapped, "name")
            try python.checkCallback(slots[0].unsafelyUnwrapped, name)
            return python.none.take()
        }
    }
}

nonisolated(unsafe) private let serveSignature = Signature("_serve", ["timeout", "is_done"], required: 2)

@_cdecl("mapr_Producer_serve_future")
func producerServeFuture(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try withSlots(2) { slots throws(PythonError) in
            try serveSignature.parse(python, arguments, count, keywords, into: slots)
            let milliseconds = try python.milliseconds(slots[0])
            let fields = producerFields(object)
            let isOpen = try fields.serveFuture(&python, milliseconds, slots[1].unsafelyUnwrapped)
            return python.boolean(isOpen).take()
        }
    }
}

extension UnsafeMutablePointer where Pointee == ProducerFields {
    /// - Returns: whether there is anybody to wait for.
    fileprivate func serveFuture(
        _ python: inout Python, _ milliseconds: Int32, _ isDone: Object
    ) throws(PythonError) -> Bool {
        let client = UnsafeMutableRawPointer(self)
        if milliseconds < 0 && CallFrame.isInsideCallback(of: client) {
            throw python.error(
                .runtimeError,
                "result() and exception() without a timeout may never end inside a callback of the same Producer: the reports"
                    + " behind this one come after it; give a timeout")
        }
        // Another thread may be served the report: the future is looked at again soon.
        let slice: Int32 = milliseconds < 0 ? 10 : Swift.min(milliseconds, 10)
        guard milliseconds < 0, CallFrame.current != nil else { return try serveFutureOnce(&python, slice) }
        return try CallbackWait.noting(for: client, isEndless: true, inside: CallFrame.current) {
            isInCircle throws(PythonError) in
            // Not left in between, so that others see that it waits.
            var standstill = Standstill()
            while try serveFutureOnce(&python, slice) {
                if try python.truth(python.call(isDone, []).object, default: false) { return true }
                let left = pointee.producer?.use { $0.undelivered } ?? 0
                if standstill.lasts(left: left, isInCircle: isInCircle()) {
                    throw python.error(
                        .runtimeError,
                        "result() and exception() without a timeout cannot end here: a callback of the Producer, on another"
                            + " thread, waits for the callback that they are called in; give a timeout")
                }
            }
            return false
        }
    }

    /// Serves what is there, or waits for a moment.
    private func serveFutureOnce(_ python: inout Python, _ slice: Int32) throws(PythonError) -> Bool {
        guard let producer = pointee.producer else {
            guard pointee.base.state == .closed, pointee.base.client != nil else { return false }
            // Another thread closes it, and serves what comes.
            _ = try python.wait(until: OneSlice(slice), unless: { false }) { slice in
                usleep(UInt32(slice) * 1000)
                return false
            }
            return true
        }
        base.enter()
        let outcome = serve(&python, producer, slice)
        leave(&python)
        _ = try outcome.get(python)
        try python.checkSignals()
        return true
    }
}
