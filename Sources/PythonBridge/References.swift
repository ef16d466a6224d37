import CPython

/// A borrowed reference: somebody else keeps the object alive while this one is used.
public typealias Object = UnsafeMutablePointer<PyObject>

/// A strong reference, released at the end of its life.
///
/// It never enters a detached body: its deinit would release the object without the GIL. Debug builds check.
@frozen
public struct OwnedObject: ~Copyable {
    /// The object, borrowed: valid while this reference lives.
    public let object: Object

    /// Takes over a reference that the caller owns.
    @inlinable @inline(__always)
    public init(owning object: Object) {
        self.object = object
    }

    /// Makes a reference of its own.
    @inlinable @inline(__always)
    public init(retaining object: Object) {
        cpy_incref(object)
        self.object = object
    }

    /// Takes over what a CPython function returned.
    ///
    /// - Throws: where the function returned NULL, with the error indicator set.
    @inlinable @inline(__always)
    public init(_ result: Object?) throws(PythonError) {
        guard let result else { throw PythonError() }
        self.object = result
    }

    /// Hands the reference over to the caller, who owns it from then on.
    @inlinable @inline(__always)
    public consuming func take() -> Object {
        let object = self.object
        discard self
        return object
    }

    @inlinable @inline(__always)
    deinit {
        assertAttached()
        cpy_decref(object)
    }
}

/// What a field holds, or nothing: held on to, so that code which sets the field meanwhile does not free it.
@frozen
public struct HeldObject: ~Copyable {
    /// Borrowed: valid while this lives.
    public let object: Object?

    @inlinable @inline(__always)
    public init(_ object: Object?) { self.object = object?.retained }

    @inlinable @inline(__always)
    deinit { object?.release() }
}

extension UnsafeMutablePointer where Pointee == PyObject {
    /// The same object with one reference more, which the caller owns.
    @inlinable @inline(__always)
    public var retained: Object {
        cpy_incref(self)
        return self
    }

    @inlinable @inline(__always)
    public func release() {
        assertAttached()
        cpy_decref(self)
    }

    @inlinable @inline(__always)
    public var isNone: Bool { self == cpy_none() }

    /// An attribute, borrowed from nobody: the caller owns the result.
    public func attribute(_ name: StaticString) throws(PythonError) -> OwnedObject {
        try OwnedObject(
            PyObject_GetAttrString(self, UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)))
    }

    /// The name of the object's type, for error messages.
    public var typeName: String {
        guard let name = PyObject_GetAttrString(cpy_type_of(self), "__name__") else {
            PyErr_Clear()
            return "object"
        }
        defer { name.release() }
        return name.text ?? "object"
    }

    /// The text of a `str`, or nil where the object is something else or has a lone surrogate.
    public var text: String? {
        guard cpy_is_str(self) != 0 else { return nil }
        var count = 0
        guard let bytes = utf8(&count) else {
            PyErr_Clear()
            return nil
        }
        let raw = UnsafeRawBufferPointer(start: bytes, count: count)
        return String(decoding: raw, as: UTF8.self)
    }

    /// `repr(object)`, for error messages.
    public var representation: String {
        guard let text = PyObject_Repr(self) else {
            PyErr_Clear()
            return "<\(typeName)>"
        }
        defer { text.release() }
        return text.text ?? "<\(typeName)>"
    }
}

/// A field that holds a reference. What is released may run code of the application's, which may come back and set the
/// same field: so these know the field by its address, and hold no access to it (`inout`) meanwhile.
extension UnsafeMutablePointer where Pointee == Object? {
    /// Drops the reference that the field holds, and leaves nil in it first: a finalizer that runs meanwhile finds no
    /// half-dead object.
    @inlinable @inline(__always)
    public func clear() {
        guard let old = pointee else { return }
        pointee = nil
        old.release()
    }

    /// Puts a reference of its own to an object into the field, or nil, then drops the old one.
    @inlinable @inline(__always)
    public func set(_ new: Object?) {
        let old = pointee
        pointee = new?.retained
        old?.release()
    }
}

/// The address of a field of something that does not move: of what a pointer leads to, and never of a variable.
@inlinable @inline(__always)
public func address<Field>(of field: inout Field) -> UnsafeMutablePointer<Field> {
    withUnsafeMutablePointer(to: &field) { $0 }
}
