import CPython

/// Thrown where a Python exception is pending: the error indicator says which.
public struct PythonError: Error {
    @inlinable @inline(__always)
    public init() {}
}

/// The built-in exceptions that we raise.
public enum ExceptionKind {
    case attributeError, bufferError, importError, memoryError, overflowError, runtimeError, systemExit, typeError
    case valueError

    var type: Object {
        switch self {
        case .attributeError: cpy_exc_AttributeError()
        case .bufferError: cpy_exc_BufferError()
        case .importError: cpy_exc_ImportError()
        case .memoryError: cpy_exc_MemoryError()
        case .overflowError: cpy_exc_OverflowError()
        case .runtimeError: cpy_exc_RuntimeError()
        case .systemExit: cpy_exc_SystemExit()
        case .typeError: cpy_exc_TypeError()
        case .valueError: cpy_exc_ValueError()
        }
    }
}

extension Python {
    /// Sets the error indicator and gives what to throw: `throw python.error(.typeError, "…")`.
    @inline(never)
    public func error(_ kind: ExceptionKind, _ message: String) -> PythonError {
        PyErr_SetString(kind.type, message)
        return PythonError()
    }

    /// Puts words before the text of the pending exception, where it is a plain TypeError, ValueError or OverflowError, and gives
    /// what to throw. Of an error of encoding a ValueError is made; all others stay as they are.
    @inline(never)
    public func prefixError(_ words: String) -> PythonError {
        let pending = PendingException(fetching: self)
        guard let object = pending.object, let type = cpy_type_of(object) else { return PythonError() }
        var kind: ExceptionKind?
        for plain in [ExceptionKind.typeError, .valueError, .overflowError] where plain.type == type { kind = plain }
        if kind == nil && object.typeName == "UnicodeEncodeError" { kind = .valueError }
        guard let kind, let text = PyObject_Str(object) else {
            pending.restore(self)
            return PythonError()
        }
        defer { text.release() }
        return error(kind, words + (text.text ?? ""))
    }

    /// Whether the pending exception is of this kind.
    public func errorIs(_ kind: ExceptionKind) -> Bool {
        PyErr_ExceptionMatches(kind.type) != 0
    }
}

/// An exception that was raised and is off the error indicator, to be raised later or reported; or none.
///
/// It owns the one object that has all of it. `restore`, `raise` or `report` ends it; what is dropped is forgotten.
@frozen
public struct PendingException: ~Copyable {
    @usableFromInline var object: Object?

    /// None.
    @inlinable @inline(__always)
    public init() { object = nil }

    /// The exception that `instance` gave, or none.
    @inlinable @inline(__always)
    public init(owning instance: Object?) { object = instance }

    /// Takes the exception off the error indicator. - Note: `PyErr_Fetch`, `PyErr_NormalizeException`.
    @inline(never)
    public init(fetching python: borrowing Python) {
        var type: Object?
        var value: Object?
        var traceback: Object?
        PyErr_Fetch(&type, &value, &traceback)
        if type != nil {
            PyErr_NormalizeException(&type, &value, &traceback)
            if let value, let traceback { PyException_SetTraceback(value, traceback) }
            type?.release()
            traceback?.release()
        }
        object = value
    }

    @inlinable @inline(__always)
    deinit { object?.release() }

    /// Whether there is none.
    @inlinable @inline(__always)
    public var isEmpty: Bool { object == nil }

    /// The object, for a field that keeps it, which owns it then; nil for none.
    @inlinable @inline(__always)
    public consuming func take() -> Object? {
        let object = self.object
        discard self
        return object
    }

    /// Makes the error indicator what it was when this was taken off it. - Note: `PyErr_Restore`.
    @inline(never)
    public consuming func restore(_ python: borrowing Python) {
        guard let object = take() else { return PyErr_Restore(nil, nil, nil) }
        PyErr_Restore(cpy_type_of(object)?.retained, object, PyException_GetTraceback(object))
    }

    /// Raises it, where there is one.
    @inlinable @inline(__always)
    public consuming func raise(_ python: borrowing Python) throws(PythonError) {
        if isEmpty { return }
        restore(python)
        throw PythonError()
    }

    /// Whether it is of a type of exceptions.
    public func isInstance(of type: Object) -> Bool {
        PyErr_GivenExceptionMatches(object, type) != 0
    }

    /// Its type and text, for a message that must not keep it alive.
    public var description: String {
        guard let object else { return "" }
        guard let text = PyObject_Str(object) else {
            PyErr_Clear()
            return object.typeName
        }
        defer { text.release() }
        let words = text.text ?? ""
        return words.isEmpty ? object.typeName : "\(object.typeName): \(words)"
    }

    /// Hands it to `sys.unraisablehook`, where there is one; the pending exception, if any, stays.
    @inline(never)
    public consuming func report(_ python: borrowing Python, _ context: Object?) {
        if isEmpty { return }
        let pending = PendingException(fetching: python)
        restore(python)
        python.reportUnraisable(context)
        pending.restore(python)
    }

    /// Puts what was raised later behind it: the first is what a call raises, and the others are reported.
    public mutating func add(_ later: consuming PendingException, _ python: borrowing Python, _ context: Object?) {
        if isEmpty {
            self = later
        } else {
            later.report(python, context)
        }
    }
}

extension Python {
    /// Hands the pending exception, which nobody can catch any more, to `sys.unraisablehook`.
    ///
    /// - Parameter context: what was being called.
    /// - Note: `PyErr_WriteUnraisable`.
    public func reportUnraisable(_ context: Object?) {
        PyErr_WriteUnraisable(context)
    }
}
