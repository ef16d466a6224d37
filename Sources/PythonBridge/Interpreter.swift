import CPython

/// What differs between the interpreters that load the one binary, found at import.
public enum Interpreter {
    typealias Vectorcall = @convention(c) (Object?, UnsafePointer<Object?>?, Int, Object?) -> Object?
    typealias Predicate = @convention(c) () -> Int32
    public typealias UTF8 = @convention(c) (Object?, UnsafeMutablePointer<Int>?) -> UnsafePointer<CChar>?
    public typealias GetBuffer = @convention(c) (Object?, UnsafeMutablePointer<Py_buffer>?, Int32) -> Int32
    public typealias ReleaseBuffer = @convention(c) (UnsafeMutablePointer<Py_buffer>?) -> Void
    typealias MakeType = @convention(c) (Object?, UnsafeMutablePointer<PyType_Spec>?, Object?) -> Object?

    /// Looks up what the limited API hides. Called once, when the module is executed.
    public static func prepare(_ python: borrowing Python) throws(PythonError) {
        let process = dlopen(nil, RTLD_LAZY)
        func symbol(_ name: String) -> UnsafeMutableRawPointer? { dlsym(process, name) }
        func needed(_ name: String) throws(PythonError) -> UnsafeMutableRawPointer {
            if let address = symbol(name) { return address }
            throw python.error(.importError, "this interpreter has no \(name), which CPython has from 3.9 on")
        }
        ProcessState.utf8 = unsafeBitCast(try needed("PyUnicode_AsUTF8AndSize"), to: UTF8.self)
        ProcessState.getBuffer = unsafeBitCast(try needed("PyObject_GetBuffer"), to: GetBuffer.self)
        ProcessState.releaseBuffer = unsafeBitCast(try needed("PyBuffer_Release"), to: ReleaseBuffer.self)
        ProcessState.makeType = unsafeBitCast(try needed("PyType_FromModuleAndSpec"), to: MakeType.self)
        if let address = symbol("PyObject_Vectorcall") ?? symbol("PyObject_VectorcallDict") {
            ProcessState.vectorcall = unsafeBitCast(address, to: Vectorcall.self)
        }
        if let address = symbol("Py_IsFinalizing") ?? symbol("_Py_IsFinalizing") {
            ProcessState.finalizing = unsafeBitCast(address, to: Predicate.self)
        }
        let probe = try OwnedObject(PyBytes_FromStringAndSize("probe", 5))
        ProcessState.bytesDataOffset =
            UnsafeRawPointer(PyBytes_AsString(probe.object)) - UnsafeRawPointer(probe.object)
        try learnOfTuples(python, probe.object)
        try CallableNature.learn(python)
    }

    /// Learns where tuples have their items: behind their head, in which the number of them stands last.
    private static func learnOfTuples(_ python: borrowing Python, _ item: Object) throws(PythonError) {
        let other = cpy_none().unsafelyUnwrapped
        let tuple = try OwnedObject(cpy_tuple2(item, other))
        let word = MemoryLayout<Object?>.size
        // The first word is there whatever it is: the second is looked at where the first is the item.
        for offset in [3 * word, 4 * word] where ProcessState.tupleItemsOffset == 0 {
            let found = (UnsafeRawPointer(tuple.object) + offset).assumingMemoryBound(to: Object?.self)
            if found[0] == item && found[1] == other { ProcessState.tupleItemsOffset = offset }
        }
    }

    /// Whether the interpreter is going away. May be asked without the GIL.
    public static var isFinalizing: Bool {
        (ProcessState.finalizing?() ?? 0) != 0
    }

    /// Takes the GIL for a thread that had released it.
    ///
    /// A daemon thread that comes back while the interpreter is finalizing, or waits for the GIL when that begins, must not
    /// go on: it stays here until the process ends (`cpy_stay`).
    static func reattach(_ state: OpaquePointer?) {
        // The thread that finalizes is, in every program that does not embed Python, the process's first.
        if isFinalizing && cpy_is_first_thread() == 0 {
            while true { pause() }
        }
        cpy_restore_thread(state)
    }
}

extension Object {
    /// The UTF-8 of a `str`, which lives as long as it does, and how many bytes it has; nil with an exception pending.
    ///
    /// - Note: `PyUnicode_AsUTF8AndSize`.
    @inlinable @inline(__always)
    public func utf8(_ count: UnsafeMutablePointer<Int>?) -> UnsafePointer<CChar>? {
        ProcessState.utf8.unsafelyUnwrapped(self, count)
    }
}

extension Python {
    /// Calls `callable` with two arguments.
    ///
    /// - Parameter arguments: three slots; the arguments are in the last two, the first is the callee's to use.
    /// - Returns: the result, which the caller owns, or nil with the error indicator set.
    @inline(__always)
    public func call(_ callable: Object, two arguments: UnsafeMutablePointer<Object?>) -> Object? {
        if let vectorcall = ProcessState.vectorcall {
            // The top bit says that the slot before the first argument may be overwritten during the call.
            return vectorcall(callable, UnsafePointer(arguments + 1), 2 | Int.min, nil)
        }
        guard let tuple = cpy_tuple2(arguments[1], arguments[2]) else { return nil }
        defer { tuple.release() }
        return PyObject_CallObject(callable, tuple)
    }

    /// Calls `callable`, which is no hot path.
    ///
    /// - Parameter arguments: borrowed.
    public func call(_ callable: Object, _ arguments: [Object]) throws(PythonError) -> OwnedObject {
        let tuple = try OwnedObject(PyTuple_New(arguments.count))
        for (index, argument) in arguments.enumerated() {
            PyTuple_SetItem(tuple.object, index, argument.retained)
        }
        return try OwnedObject(PyObject_CallObject(callable, tuple.object))
    }
}
