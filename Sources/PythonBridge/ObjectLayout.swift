import CPython

/// Where the parts of an instance lie. Nothing else counts its bytes.
///
/// First comes the head that every object has, or a whole instance of the base type; then the fields of the type's own;
/// then, where the type wants one, the word in which CPython keeps the weak references.
public struct ObjectLayout: Sendable {
    /// Of the fields of the type's own, from the start of the instance.
    public let fieldsOffset: Int
    /// Of the word for weak references; nil where instances have none.
    let weakReferencesOffset: Int?
    let basicSize: Int

    /// Every object's head: its count of references, and its type.
    @inlinable @inline(__always)
    static var headSize: Int { MemoryLayout<PyObject>.size }

    /// - Parameters:
    ///   - fields: the Swift type of the fields.
    ///   - baseSize: of the base type's instances; that of `object` where it is nil.
    public init<Fields: ~Copyable>(
        of fields: Fields.Type, baseSize: Int? = nil, isWeaklyReferenceable: Bool = false
    ) {
        fieldsOffset = Self.aligned(baseSize ?? Self.headSize, to: MemoryLayout<Fields>.alignment)
        let end = Self.aligned(fieldsOffset + MemoryLayout<Fields>.size, to: MemoryLayout<Object?>.alignment)
        weakReferencesOffset = isWeaklyReferenceable ? end : nil
        basicSize = isWeaklyReferenceable ? end + MemoryLayout<Object?>.size : end
    }

    private static func aligned(_ size: Int, to alignment: Int) -> Int {
        (size + alignment - 1) / alignment * alignment
    }

    /// The size of a type's instances, which the limited headers hide: `type.__basicsize__`.
    public static func basicSize(_ python: borrowing Python, of type: Object) throws(PythonError) -> Int {
        let size = try type.attribute("__basicsize__")
        return Int(try python.int64(size.object, "__basicsize__"))
    }

    /// An instance's fields, where the base type is not `object`; see `Object.fields` for the others.
    @inlinable @inline(__always)
    public func fields<Fields: ~Copyable>(of object: Object, _: Fields.Type) -> UnsafeMutablePointer<Fields> {
        (UnsafeMutableRawPointer(object) + fieldsOffset).assumingMemoryBound(to: Fields.self)
    }
}

extension UnsafeMutablePointer where Pointee == PyObject {
    /// The object's own fields, which lie behind the head that every object has.
    ///
    /// - Parameter Fields: the Swift type of the fields of the object's type; the caller has checked that type.
    @inlinable @inline(__always)
    public func fields<Fields: ~Copyable>(_: Fields.Type) -> UnsafeMutablePointer<Fields> {
        (UnsafeMutableRawPointer(self) + ObjectLayout.headSize).assumingMemoryBound(to: Fields.self)
    }

    /// The object whose fields these are: the way back from `fields`.
    @inlinable @inline(__always)
    public static func owner<Fields: ~Copyable>(of fields: UnsafeMutablePointer<Fields>) -> Object {
        (UnsafeMutableRawPointer(fields) - ObjectLayout.headSize).assumingMemoryBound(to: PyObject.self)
    }

    /// A word of the instance.
    @inline(__always)
    func word(at offset: Int) -> UnsafeMutablePointer<Object?> {
        (UnsafeMutableRawPointer(self) + offset).assumingMemoryBound(to: Object?.self)
    }
}
