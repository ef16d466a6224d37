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

    /// Whether the pending exception is of this kind.
    public func errorIs(_ kind: ExceptionKind) -> Bool {
        PyErr_ExceptionMatches(kind.type) != 0
    }
}

/// An exception that was taken off the error indicator, to be raised later or reported; or none.
///
/// It owns its references. `restore`, `restored` or `report` ends it; what is dropped is forgotten.
@frozen
public struct PendingException: ~Copyable {
    @usableFromInline var type: Object?
    @usableFromInline var value: Object?
    @usableFromInline var traceback: Object?

    /// Takes the exception off the error indicator. - Note: `PyErr_Fetch`.
    public init(fetching python: borrowing Python) {
        PyErr_Fetch(&type, &value, &traceback)
    }

    /// The exception that `instance` gave.
    public init(_ instance: consuming OwnedObject, _ python: borrowing Python) {
        type = cpy_type_of(instance.object)?.retained
        traceback = PyException_GetTraceback(instance.object)
        value = instance.take()
    }

    deinit {
        type?.release()
        value?.release()
        traceback?.release()
    }

    /// Raises it again. - Note: `PyErr_Restore`.
    public consuming func restore(_ python: borrowing Python) {
        let (type, value, traceback) = (type, value, traceback)
        discard self
        PyErr_Restore(type, value, traceback)
    }

    /// Raises it again, and gives what to throw.
    public consuming func restored(_ python: borrowing Python) -> PythonError {
        restore(python)
        return PythonError()
    }

    /// The one object that has all of it, for a field that keeps an exception. There must be one.
    ///
    /// - Note: `PyErr_NormalizeException`.
    public consuming func instance(_ python: borrowing Python) -> OwnedObject {
        var (type, value, traceback) = (type, value, traceback)
        discard self
        PyErr_NormalizeException(&type, &value, &traceback)
        if let value, let traceback { PyException_SetTraceback(value, traceback) }
        type?.release()
        traceback?.release()
        return OwnedObject(owning: value.unsafelyUnwrapped)
    }

    /// Its type and text, for a message that must not keep it alive.
    public var description: String {
        let kind =
            type.map { type in
                guard let name = PyObject_GetAttrString(type, "__name__") else {
                    PyErr_Clear()
                    return "an exception"
                }
                defer { name.release() }
                return name.text ?? "an exception"
            } ?? "an exception"
        guard let value, let text = PyObject_Str(value) else {
            PyErr_Clear()
            return kind
        }
        defer { text.release() }
        let words = text.text ?? ""
        return words.isEmpty ? kind : "\(kind): \(words)"
    }

    /// Whether there was no exception to take.
    public var isEmpty: Bool { type == nil }

    /// Hands it to `sys.unraisablehook`; the pending exception, if any, stays.
    public consuming func report(_ python: borrowing Python, _ context: Object?) {
        let pending = PendingException(fetching: python)
        restore(python)
        python.reportUnraisable(context)
        pending.restore(python)
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
