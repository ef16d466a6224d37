import CPython

/// A method of a type, or a function of a module.
public struct Method: Sendable {
    public typealias Fast = @convention(c) (Object?, UnsafePointer<Object?>?, Int, Object?) -> Object?
    public typealias Plain = @convention(c) (Object?, Object?) -> Object?
    public typealias Variadic = @convention(c) (Object?, Object?, Object?) -> Object?

    let name: StaticString
    let documentation: StaticString
    let function: PyCFunction
    let flags: Int32

    /// Takes arguments by position and by keyword, without a tuple or a dictionary (`METH_FASTCALL | METH_KEYWORDS`).
    public static func fast(_ name: StaticString, _ function: @escaping Fast, _ documentation: StaticString) -> Method {
        Method(
            name: name, documentation: documentation, function: unsafeBitCast(function, to: PyCFunction.self),
            flags: METH_FASTCALL | METH_KEYWORDS)
    }

    /// Takes a tuple and a dictionary, for the methods that every subclass calls with `super()` (`METH_VARARGS |
    /// METH_KEYWORDS`).
    public static func variadic(
        _ name: StaticString, _ function: @escaping Variadic, _ documentation: StaticString
    ) -> Method {
        Method(
            name: name, documentation: documentation, function: unsafeBitCast(function, to: PyCFunction.self),
            flags: METH_VARARGS | METH_KEYWORDS)
    }

    /// Takes no arguments (`METH_NOARGS`).
    public static func none(_ name: StaticString, _ function: @escaping Plain, _ documentation: StaticString) -> Method
    {
        Method(name: name, documentation: documentation, function: function, flags: METH_NOARGS)
    }

    /// Takes one argument by position (`METH_O`).
    public static func one(_ name: StaticString, _ function: @escaping Plain, _ documentation: StaticString) -> Method {
        Method(name: name, documentation: documentation, function: function, flags: METH_O)
    }

    /// The C table that a type or module keeps for ever.
    static func table(_ methods: [Method]) -> UnsafeMutablePointer<PyMethodDef> {
        let table = UnsafeMutablePointer<PyMethodDef>.allocate(capacity: methods.count + 1)
        for (index, method) in methods.enumerated() {
            (table + index).initialize(
                to: PyMethodDef(
                    ml_name: method.name.cString, ml_meth: method.function, ml_flags: method.flags,
                    ml_doc: method.documentation.cString))
        }
        (table + methods.count).initialize(to: PyMethodDef())
        return table
    }
}

/// An attribute that is computed.
public struct Attribute {
    public typealias Getter = @convention(c) (Object?, UnsafeMutableRawPointer?) -> Object?
    public typealias Setter = @convention(c) (Object?, Object?, UnsafeMutableRawPointer?) -> Int32

    let name: StaticString
    let documentation: StaticString
    let getter: Getter
    let setter: Setter?

    public init(_ name: StaticString, _ documentation: StaticString, get: @escaping Getter, set: Setter? = nil) {
        self.name = name
        self.documentation = documentation
        self.getter = get
        self.setter = set
    }

    static func table(_ attributes: [Attribute]) -> UnsafeMutablePointer<PyGetSetDef> {
        let table = UnsafeMutablePointer<PyGetSetDef>.allocate(capacity: attributes.count + 1)
        for (index, attribute) in attributes.enumerated() {
            (table + index).initialize(
                to: PyGetSetDef(
                    name: attribute.name.cString, get: attribute.getter, set: attribute.setter,
                    doc: attribute.documentation.cString, closure: nil))
        }
        (table + attributes.count).initialize(to: PyGetSetDef())
        return table
    }
}

/// A field that holds an object: CPython visits nothing in it, and lets go of what it holds when the instance goes.
///
/// It is what is left to a type that cannot have a dealloc of its own, because its base's is hidden and a subclass with a
/// `__del__` replaces its finalizer. The price is an attribute that a program can see and set.
public struct Member {
    let name: StaticString
    let offset: Int

    /// - Parameter offset: from the start of the instance, in bytes.
    public init(_ name: StaticString, offset: Int) {
        self.name = name
        self.offset = offset
    }

    static func table(_ members: [Member]) -> UnsafeMutablePointer<PyMemberDef> {
        let table = UnsafeMutablePointer<PyMemberDef>.allocate(capacity: members.count + 1)
        for (index, member) in members.enumerated() {
            (table + index).initialize(
                to: PyMemberDef(
                    name: member.name.cString, type: T_OBJECT_EX, offset: member.offset, flags: 0, doc: nil))
        }
        (table + members.count).initialize(to: PyMemberDef())
        return table
    }
}

extension StaticString {
    var cString: UnsafePointer<CChar> {
        UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

/// What a heap type is made of; `build` makes it.
public struct TypeBuilder {
    public typealias Inquiry = @convention(c) (Object?) -> Int32
    public typealias Length = @convention(c) (Object?) -> Int
    public typealias Destructor = @convention(c) (Object?) -> Void
    public typealias Unary = @convention(c) (Object?) -> Object?
    public typealias New = @convention(c) (OpaquePointer?, Object?, Object?) -> Object?
    public typealias Initializer = @convention(c) (Object?, Object?, Object?) -> Int32
    public typealias Compare = @convention(c) (Object?, Object?, Int32) -> Object?
    public typealias Traverse = @convention(c) (Object?, visitproc?, UnsafeMutableRawPointer?) -> Int32

    let name: StaticString
    let basicSize: Int
    let flags: UInt32
    var slots: [PyType_Slot] = []

    /// - Parameters:
    ///   - name: with the module that users import it from, as in `mapr_streams_python.Message`.
    ///   - fields: the Swift type of the instances' own fields.
    ///   - baseSize: of the base type's instances; that of `object` where it is nil.
    public init<Fields>(
        _ name: StaticString, fields: Fields.Type, baseSize: Int? = nil, subclassable: Bool = true,
        garbageCollected: Bool
    ) {
        self.name = name
        basicSize = (baseSize ?? MemoryLayout<PyObject>.size) + MemoryLayout<Fields>.stride
        // Py_TPFLAGS_DEFAULT, _BASETYPE and _HAVE_GC, whose definitions are casts that Swift does not import.
        flags = (1 << 18) | (subclassable ? 1 << 10 : 0) | (garbageCollected ? 1 << 14 : 0)
    }

    private mutating func add(_ slot: Int32, _ pointer: UnsafeMutableRawPointer) {
        slots.append(PyType_Slot(slot: slot, pfunc: pointer))
    }

    public mutating func documentation(_ text: StaticString) {
        add(Py_tp_doc, UnsafeMutableRawPointer(mutating: text.utf8Start))
    }
    public mutating func new(_ function: @escaping New) {
        add(Py_tp_new, unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
    }
    public mutating func initializer(_ function: @escaping Initializer) {
        add(Py_tp_init, unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
    }
    public mutating func deallocate(_ function: @escaping Destructor) {
        add(Py_tp_dealloc, unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
    }
    public mutating func traverse(_ function: @escaping Traverse) {
        add(Py_tp_traverse, unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
    }
    public mutating func clear(_ function: @escaping Inquiry) {
        add(Py_tp_clear, unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
    }
    public mutating func compare(_ function: @escaping Compare) {
        add(Py_tp_richcompare, unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
    }
    public mutating func hash(_ function: @escaping Length) {
        add(Py_tp_hash, unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
    }
    public mutating func length(_ function: @escaping Length) {
        add(Py_sq_length, unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
    }
    public mutating func truth(_ function: @escaping Inquiry) {
        add(Py_nb_bool, unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
    }
    public mutating func representation(_ function: @escaping Unary) {
        add(Py_tp_repr, unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
    }
    public mutating func string(_ function: @escaping Unary) {
        add(Py_tp_str, unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
    }
    public mutating func iterator(_ iterate: @escaping Unary, next: @escaping Unary) {
        add(Py_tp_iter, unsafeBitCast(iterate, to: UnsafeMutableRawPointer.self))
        add(Py_tp_iternext, unsafeBitCast(next, to: UnsafeMutableRawPointer.self))
    }
    public mutating func methods(_ methods: [Method]) {
        add(Py_tp_methods, Method.table(methods))
    }
    public mutating func members(_ members: [Member]) {
        add(Py_tp_members, Member.table(members))
    }
    public mutating func attributes(_ attributes: [Attribute]) {
        add(Py_tp_getset, Attribute.table(attributes))
    }

    /// Makes the type and puts it into the module under the last part of its name.
    ///
    /// - Returns: the type, with a reference that is never released: it is the process's.
    /// - Note: `PyType_FromModuleAndSpec`. The tables live for ever, as CPython asks of them.
    public func build(
        _ python: borrowing Python, module: Object, base: Object? = nil
    ) throws(PythonError) -> Object {
        let table = UnsafeMutablePointer<PyType_Slot>.allocate(capacity: slots.count + 1)
        for (index, slot) in slots.enumerated() { (table + index).initialize(to: slot) }
        (table + slots.count).initialize(to: PyType_Slot())
        let specification = UnsafeMutablePointer<PyType_Spec>.allocate(capacity: 1)
        specification.initialize(
            to: PyType_Spec(
                name: name.cString, basicsize: Int32(basicSize), itemsize: 0, flags: flags, slots: table))
        var bases: Object?
        if let base {
            bases = PyTuple_New(1)
            PyTuple_SetItem(bases, 0, base.retained)
        }
        defer { bases?.release() }
        let type = try OwnedObject(cpy_type_from_spec(module, specification, bases)).take()
        try python.add(type, to: module, as: shortName)
        return type
    }

    private var shortName: String {
        let full = "\(name)"
        return full.lastIndex(of: ".").map { String(full[full.index(after: $0)...]) } ?? full
    }
}

extension Python {
    /// Gives a module or a type an attribute.
    public func add(_ object: Object, to owner: Object, as name: String) throws(PythonError) {
        if PyObject_SetAttrString(owner, name, object) != 0 { throw PythonError() }
    }
}
