import CPython
import CSystem
import PythonBridge
import Streams

/// Messages that a program leaves behind when it ends: it is told how many, once, on stderr.
///
/// Not before all of it has ended: functions of `atexit`, and finalizers that run while the interpreter goes, may flush and
/// produce still. There is no Python any more then, and so what is needed of it is looked up before.
enum UndeliveredMessages {
    /// Notes those of a producer that was dropped, which nobody may have been told of: a ResourceWarning is not shown unless
    /// asked for.
    static func noteDropped(_ count: Int) { ProcessState.droppedMessages += count }

    /// The child of a fork has none: they are its parent's.
    static func forget() { ProcessState.droppedMessages = 0 }

    /// Has the interpreter call `_tell_undelivered` when it exits: after the functions that the program registers with
    /// `atexit` once this module is imported.
    static func prepare(_ python: borrowing Python, _ module: Object) throws(PythonError) {
        let exit = try OwnedObject(PyImport_ImportModule("atexit"))
        let register = try exit.object.attribute("register")
        let tell = try module.attribute("_tell_undelivered")
        _ = try python.call(register.object, [tell.object])
    }

    /// Has the program told at its very end, on the file behind `sys.stderr`; at once, where that has none.
    fileprivate static func tellAtEnd(_ python: inout Python) {
        // Nobody hears.
        guard let stderr = PySys_GetObject("stderr"), !stderr.isNone else { return }
        if let number = fileNumber(stderr) {
            // Its own: the program may close the other.
            ProcessState.exitFile = sys_duplicate(number)
            if ProcessState.exitFile >= 0 && Py_AtExit({ UndeliveredMessages.tell() }) == 0 { return }
        }
        let count = ProcessState.droppedMessages + served(&python)
        guard count > 0, let words = try? python.string(text(count)) else { return }
        // It may be closed.
        if PyFile_WriteObject(words.object, stderr, Py_PRINT_RAW) != 0 { PyErr_Clear() }
    }

    private static func fileNumber(_ file: Object) -> Int32? {
        let number = PyObject_AsFileDescriptor(file)
        if number >= 0 { return number }
        PyErr_Clear()
        return nil
    }

    private static func text(_ count: Int) -> String {
        "mapr_streams_python: the program ends with \(count) message\(count == 1 ? "" : "s") undelivered: call flush() before\n"
    }

    // MARK: At the end

    /// Called when the interpreter has gone. There may be other threads still, which wait for it in vain.
    private static func tell() {
        var count = ProcessState.droppedMessages
        var client = ProcessState.clients
        while let here = client {
            client = here.pointee.next
            guard here.pointee.kind == .producer, let producer = here.pointee.client else { continue }
            // Inside of a call nothing is served: its callbacks would run.
            count += Unmanaged<Producer>.fromOpaque(producer.toOpaque()).use {
                CallFrame.current == nil ? $0.undeliveredAtLast : $0.undelivered
            }
        }
        if count == 0 { return }
        var words = text(count)
        words.withUTF8 { _ = write(ProcessState.exitFile, $0.baseAddress, $0.count) }
    }

    // MARK: Before it

    /// How many there are now. Reports that wait are taken, so that what was delivered does not count; nothing of the
    /// program's is called any more.
    ///
    /// A callback that is let go of here may hold the last reference to a producer: to this one, where a method of the
    /// program's object was its callback, or to another. So all of them are held until the last is counted.
    private static func served(_ python: inout Python) -> Int {
        var count = 0
        let producers = retainedProducers()
        for object in producers { count += messages(&python, producerFields(object)) }
        // What that notes of producers which are dropped with it is counted already.
        for object in producers { object.release() }
        return count
    }

    /// The producers of the process. The caller owns the references.
    private static func retainedProducers() -> [Object] {
        var producers: [Object] = []
        var client = ProcessState.clients
        while let here = client {
            client = here.pointee.next
            guard here.pointee.kind == .producer else { continue }
            let object = here.whole(ProducerFields.self).object
            // One that another thread is freeing counts its messages itself.
            if cpy_refcount(object) > 0 { producers.append(object.retained) }
        }
        return producers
    }

    /// Those of one producer, whose object the caller holds.
    private static func messages(
        _ python: inout Python, _ fields: UnsafeMutablePointer<ProducerFields>
    ) -> Int {
        guard let producer = fields.pointee.producer, producer.use({ $0.undelivered }) > 0 else { return 0 }
        let discarded = fields.pointee.discardsReports
        fields.pointee.discardsReports = true
        // A finalizer that is run may close the producer; then its handle stays until this is over.
        fields.base.enter()
        fields.base.clearCallbacks(keepingReport: true)
        while fields.pointee.producer != nil {
            let outcome = fields.serve(&python, producer, 0)
            if outcome.hasRaised || outcome.value == 0 { break }
        }
        let count = fields.pointee.producer == nil ? 0 : producer.use { $0.undelivered }
        fields.pointee.discardsReports = discarded
        fields.leave(&python)
        return count
    }
}

/// `_tell_undelivered()`, which `atexit` calls.
func moduleTellUndelivered(_ module: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        UndeliveredMessages.tellAtEnd(&python)
        try python.endLogging()
        return python.none.take()
    }
}
