import CPython

/// What differs between the interpreters that load the one binary, found at import.
public enum Interpreter {
    typealias Vectorcall = @convention(c) (Object?, UnsafePointer<Object?>?, Int, Object?) -> Object?
    typealias Predicate = @convention(c) () -> Int32

    /// `PyObject_Vectorcall` (3.11 and later) or `PyObject_VectorcallDict` (3.9 and 3.10), which agree where no
    /// keywords are passed; neither is in the 3.9 limited API.
    nonisolated(unsafe) static var vectorcall: Vectorcall?
    nonisolated(unsafe) static var finalizing: Predicate?

    /// From a bytes object to its data: the same for all of them, learnt from one. 0 until `prepare`.
    nonisolated(unsafe) public private(set) static var bytesDataOffset = 0

    /// Looks up what the limited API hides. Called once, when the module is executed.
    public static func prepare(_ python: borrowing Python) throws(PythonError) {
        let process = dlopen(nil, RTLD_LAZY)
        func symbol(_ name: String) -> UnsafeMutableRawPointer? { dlsym(process, name) }
        if let address = symbol("PyObject_Vectorcall") ?? symbol("PyObject_VectorcallDict") {
            vectorcall = unsafeBitCast(address, to: Vectorcall.self)
        }
        if let address = symbol("Py_IsFinalizing") ?? symbol("_Py_IsFinalizing") {
            finalizing = unsafeBitCast(address, to: Predicate.self)
        }
        let probe = try OwnedObject(PyBytes_FromStringAndSize("probe", 5))
        bytesDataOffset = UnsafeRawPointer(PyBytes_AsString(probe.object)) - UnsafeRawPointer(probe.object)
    }

    /// Whether the interpreter is going away. May be asked without the GIL.
    public static var isFinalizing: Bool {
        (finalizing?() ?? 0) != 0
    }

    /// Takes the GIL for a thread that had released it.
    ///
    /// A daemon thread that comes back while the interpreter is finalizing must not go on: CPython before 3.14 would
    /// unwind it through our frames. It stays here until the process ends, as 3.14 does by itself.
    static func reattach(_ state: OpaquePointer?) {
        // The thread that finalizes is, in every program that does not embed Python, the process's first.
        if isFinalizing && cpy_is_first_thread() == 0 {
            while true { pause() }
        }
        PyEval_RestoreThread(state)
    }
}

extension Python {
    /// Calls `callable` with two arguments.
    ///
    /// - Parameter arguments: three slots; the arguments are in the last two, the first is the callee's to use.
    /// - Returns: the result, which the caller owns, or nil with the error indicator set.
    @inline(__always)
    public func call(_ callable: Object, two arguments: UnsafeMutablePointer<Object?>) -> Object? {
        if let vectorcall = Interpreter.vectorcall {
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
