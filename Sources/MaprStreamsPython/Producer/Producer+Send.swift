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
    .one(
        "_serve", producerServeFuture,
        """
        _serve($self, timeout, /)
        --

        Serves events for a future that waits for its report, and waits for a moment where there are none.

        :param float timeout: how many seconds the future will wait yet, or None
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

@_cdecl("mapr_Producer_serve_future")
func producerServeFuture(_ object: Object?, _ timeout: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = producerFields(object)
        let milliseconds = try python.milliseconds(timeout)
        if milliseconds < 0 && CallFrame.isInsideCallback(of: UnsafeMutableRawPointer(fields)) {
            throw python.error(
                .runtimeError,
                "result() and exception() without a timeout may never end inside a callback of the same Producer: the reports"
                    + " behind this one come after it; give a timeout")
        }
        // Another thread may be served the report: the future is looked at again soon.
        let slice: Int32 = milliseconds < 0 ? 10 : Swift.min(milliseconds, 10)
        guard let producer = fields.pointee.producer else {
            guard fields.pointee.base.state == .closed, fields.pointee.base.client != nil else {
                return python.boolean(false).take()
            }
            // Another thread closes it, and serves what comes.
            _ = try python.wait(until: OneSlice(slice), unless: { false }) { slice in
                usleep(UInt32(slice) * 1000)
                return false
            }
            return python.boolean(true).take()
        }
        fields.base.enter()
        let outcome = fields.serve(&python, producer, slice)
        fields.leave(&python)
        _ = try outcome.get(python)
        try python.checkSignals()
        return python.boolean(true).take()
    }
}
