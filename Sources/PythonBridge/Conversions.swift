import CPython

extension Python {
    // MARK: To Python

    public func string(_ text: String) throws(PythonError) -> OwnedObject {
        var text = text
        let object = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                PyUnicode_DecodeUTF8($0.baseAddress, $0.count, "replace")
            }
        }
        return try OwnedObject(object)
    }

    /// A C library's text; what is not UTF-8 in it becomes U+FFFD.
    public func string(cString: UnsafePointer<CChar>) throws(PythonError) -> OwnedObject {
        var count = 0
        while cString[count] != 0 { count += 1 }
        return try OwnedObject(PyUnicode_DecodeUTF8(cString, count, "replace"))
    }

    public func bytes(_ start: UnsafeRawPointer?, _ count: Int) throws(PythonError) -> OwnedObject {
        try OwnedObject(PyBytes_FromStringAndSize(start?.assumingMemoryBound(to: CChar.self), count))
    }

    public func integer(_ value: Int) throws(PythonError) -> OwnedObject {
        try OwnedObject(PyLong_FromLongLong(Int64(value)))
    }

    public func boolean(_ value: Bool) -> OwnedObject {
        OwnedObject(retaining: value ? cpy_true() : cpy_false())
    }

    public var none: OwnedObject {
        OwnedObject(retaining: cpy_none())
    }

    /// A list of the given length, whose items `make` gives.
    public func list(
        count: Int, _ make: (Int) throws(PythonError) -> OwnedObject
    ) throws(PythonError) -> OwnedObject {
        let list = try OwnedObject(PyList_New(count))
        for index in 0..<count {
            PyList_SetItem(list.object, index, try make(index).take())
        }
        return list
    }

    /// A tuple of the given length, whose items `make` gives.
    public func tuple(
        count: Int, _ make: (Int) throws(PythonError) -> OwnedObject
    ) throws(PythonError) -> OwnedObject {
        let tuple = try OwnedObject(PyTuple_New(count))
        for index in 0..<count {
            PyTuple_SetItem(tuple.object, index, try make(index).take())
        }
        return tuple
    }

    // MARK: From Python

    /// What a dict has under a key, borrowed, or nil. (`PyDict_GetItemString` gives nil where memory is wanting, too.)
    public func item(_ dictionary: Object, _ key: String) throws(PythonError) -> Object? {
        let key = try string(key)
        let item = PyDict_GetItemWithError(dictionary, key.object)
        if item == nil && PyErr_Occurred() != nil { throw PythonError() }
        return item
    }

    /// Whether an object has an attribute. (`PyObject_HasAttrString` says no where anything goes wrong.)
    public func hasAttribute(_ object: Object, _ name: StaticString) throws(PythonError) -> Bool {
        do throws(PythonError) {
            _ = try object.attribute(name).object
            return true
        } catch {
            guard errorIs(.attributeError) else { throw error }
            PyErr_Clear()
            return false
        }
    }

    /// The text of a `str`; nil where it has a lone surrogate.
    public func textIfUTF8(_ object: Object) throws(PythonError) -> String? {
        if let text = object.text { return text }
        // Asked again for what `text` swallows.
        if object.utf8(nil) == nil {
            if errorIs(.memoryError) { throw PythonError() }
            PyErr_Clear()
        }
        return object.text
    }

    /// `repr(object)`, for that of an object that holds this one.
    public func representation(_ object: Object) throws(PythonError) -> String {
        let text = try OwnedObject(PyObject_Repr(object))
        return try textIfUTF8(text.object) ?? object.representation
    }

    /// An `int` that fits 16 bits. - Throws: see `int32`.
    public func int16(_ object: Object, _ name: StaticString) throws(PythonError) -> Int16 {
        let value = try int64(object, name)
        guard let narrow = Int16(exactly: value) else {
            throw error(.overflowError, "\(name) must be between \(Int16.min) and \(Int16.max), not \(value)")
        }
        return narrow
    }

    /// An `int` that fits 32 bits.
    ///
    /// - Throws: `TypeError` where it is no int, `OverflowError` where it does not fit; both name the argument.
    public func int32(_ object: Object, _ name: StaticString) throws(PythonError) -> Int32 {
        let value = try int64(object, name)
        guard let narrow = Int32(exactly: value) else {
            throw error(.overflowError, "\(name) must be between \(Int32.min) and \(Int32.max), not \(value)")
        }
        return narrow
    }

    public func int64(_ object: Object, _ name: StaticString) throws(PythonError) -> Int64 {
        if cpy_is_int(object) == 0 {
            // What has __index__ serves as an integer, as in CPython's own functions.
            guard let index = PyNumber_Index(object) else {
                // What __index__ itself raises is no matter of the type.
                guard errorIs(.typeError) else { throw PythonError() }
                PyErr_Clear()
                throw error(.typeError, "\(name) must be an int, not \(object.typeName)")
            }
            let converted = OwnedObject(owning: index)
            return try int64(converted.object, name)
        }
        var overflow: Int32 = 0
        let value = PyLong_AsLongLongAndOverflow(object, &overflow)
        if overflow != 0 {
            throw error(.overflowError, "\(name) does not fit 64 bits: \(object.representation)")
        }
        if value == -1 && PyErr_Occurred() != nil { throw PythonError() }
        return Int64(value)
    }

    /// The truth of an object; `None` and a missing argument give `fallback`.
    public func truth(_ object: Object?, default fallback: Bool) throws(PythonError) -> Bool {
        guard let object, !object.isNone else { return fallback }
        let truth = PyObject_IsTrue(object)
        if truth < 0 { throw PythonError() }
        return truth != 0
    }

    /// The text of a `str` argument.
    public func text(_ object: Object, _ name: StaticString) throws(PythonError) -> String {
        guard cpy_is_str(object) != 0 else {
            throw error(.typeError, "\(name) must be str, not \(object.typeName)")
        }
        var count = 0
        guard let start = object.utf8(&count) else { throw PythonError() }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// The text of a `str` argument for a C library: without a NUL inside.
    ///
    /// - Returns: a pointer that is valid while `object` lives.
    public func cString(
        _ object: Object, _ name: StaticString
    ) throws(PythonError) -> UnsafePointer<CChar> {
        guard cpy_is_str(object) != 0 else {
            throw error(.typeError, "\(name) must be str, not \(object.typeName)")
        }
        var count = 0
        guard let start = object.utf8(&count) else { throw PythonError() }
        for index in 0..<count where start[index] == 0 {
            throw error(.valueError, "\(name) must not contain a null character")
        }
        return start
    }

    /// A time-out in seconds as milliseconds; -1 for ever.
    ///
    /// `None`, a missing argument and a negative number wait for ever. A fraction of a millisecond is rounded up, so
    /// that a loop with a tiny time-out waits rather than spins.
    /// - Throws: `TypeError` where it is no number, `ValueError` where it is NaN.
    public func milliseconds(_ object: Object?) throws(PythonError) -> Int32 {
        guard let object, !object.isNone else { return -1 }
        if cpy_is_exactly_int(object) != 0 {
            var overflow: Int32 = 0
            let seconds = PyLong_AsLongAndOverflow(object, &overflow)
            if overflow != 0 { return overflow > 0 ? Int32.max : -1 }
            if seconds < 0 { return -1 }
            return seconds > Int(Int32.max) / 1000 ? Int32.max : Int32(truncatingIfNeeded: seconds * 1000)
        }
        let seconds = PyFloat_AsDouble(object)
        if seconds == -1 && PyErr_Occurred() != nil {
            if errorIs(.typeError) {
                PyErr_Clear()
                throw error(.typeError, "timeout must be a number of seconds or None, not \(object.typeName)")
            }
            throw PythonError()
        }
        if seconds.isNaN { throw error(.valueError, "timeout must not be NaN") }
        if seconds < 0 { return -1 }
        let milliseconds = (seconds * 1000).rounded(.up)
        return milliseconds > Double(Int32.max) ? Int32.max : Int32(milliseconds)
    }

    /// A callable argument, or nil for `None` and a missing one.
    public func callable(_ object: Object?, _ name: StaticString) throws(PythonError) -> Object? {
        guard let object, !object.isNone else { return nil }
        guard PyCallable_Check(object) != 0 else {
            throw error(.typeError, "\(name) must be callable, not \(object.typeName)")
        }
        return object
    }
}

/// The bytes of a `str`, `bytes` or any other contiguous buffer, lent by the Python object.
///
/// `release` gives a buffer back; bytes and strings need none.
public struct BorrowedBytes {
    public var start: UnsafeRawPointer?
    public var count: Int
    @usableFromInline var view: UnsafeMutablePointer<Py_buffer>?

    @inlinable @inline(__always)
    public init() {
        start = nil
        count = 0
        view = nil
    }

    /// Fills this in from an argument; nil and `None` leave it without bytes.
    ///
    /// - Throws: `TypeError` that names the argument where the object is none of these.
    @inlinable @inline(__always)
    public mutating func borrow(
        _ python: borrowing Python, _ object: Object?, _ name: StaticString
    ) throws(PythonError) {
        guard let object, object != cpy_none() else { return }
        if cpy_is_exactly_bytes(object) != 0 {
            start = UnsafeRawPointer(object) + ProcessState.bytesDataOffset
            count = cpy_size(object)
        } else if cpy_is_str(object) != 0 {
            guard let text = object.utf8(&count) else { throw PythonError() }
            start = UnsafeRawPointer(text)
        } else {
            try borrowBuffer(python, object, name)
        }
    }

    /// The same for what runs no code of the application's, and cannot fail: bytes and text. - Returns: whether it was that.
    @inlinable @inline(__always)
    public mutating func borrowPlain(_ object: Object?) -> Bool {
        guard let object, object != cpy_none() else { return true }
        if cpy_is_exactly_bytes(object) != 0 {
            start = UnsafeRawPointer(object) + ProcessState.bytesDataOffset
            count = cpy_size(object)
            return true
        }
        guard cpy_is_exactly_str(object) != 0 else { return false }
        guard let text = object.utf8(&count) else {
            PyErr_Clear()
            return false
        }
        start = UnsafeRawPointer(text)
        return true
    }

    @usableFromInline @inline(never)
    mutating func borrowBuffer(
        _ python: borrowing Python, _ object: Object, _ name: StaticString
    ) throws(PythonError) {
        let buffer = UnsafeMutablePointer<Py_buffer>.allocate(capacity: 1)
        buffer.initialize(to: Py_buffer())
        guard ProcessState.getBuffer.unsafelyUnwrapped(object, buffer, 0) == 0 else {
            buffer.deallocate()
            let isTypeError = python.errorIs(.typeError)
            if isTypeError {
                PyErr_Clear()
                throw python.error(
                    .typeError, "\(name) must be str, bytes, a bytes-like object or None, not \(object.typeName)")
            }
            throw PythonError()
        }
        view = buffer
        // An empty buffer may have no address; a missing value and an empty one are not the same to Kafka.
        start = UnsafeRawPointer(buffer.pointee.buf) ?? UnsafeRawPointer(object)
        count = buffer.pointee.len
    }

    /// Whether there is something to give back.
    @inlinable @inline(__always)
    public var isBuffer: Bool { view != nil }

    @inlinable @inline(__always)
    public mutating func release() {
        if view != nil { releaseView() }
    }

    @usableFromInline @inline(never)
    mutating func releaseView() {
        guard let view else { return }
        ProcessState.releaseBuffer.unsafelyUnwrapped(view)
        view.deallocate()
        self.view = nil
    }
}
