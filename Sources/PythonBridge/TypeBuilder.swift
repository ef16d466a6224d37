import CPython

/// A method of a type, or a function of a module.
public struct Method: Sendable {
    public typealias Fast = @convention(c) (Object?, UnsafePointer<Object?>?, Int, Object?) -> Object?
    public typealias Plain = @convention(c) (Object?, Object?) -> Object?

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

    private let name: StaticString
    private let layout: ObjectLayout
    private let base: Object?
    private let flags: UInt32
    private var slots: [PyType_Slot] = []
    private var rows: [Int] = []
    private var linkOffset: Int?
    private var beforeClearing: FieldTable.Step?
    private var ending: FieldTable.Step?
    private var finishing: FieldTable.Step?
    private var freeing: FieldTable.Step?

    /// - Parameters:
    ///   - name: with the module that users import it from, as in `mapr_streams_python.Message`.
    ///   - layout: of the instances.
    ///   - base: the type that it derives from; `object` where it is nil.
    public init(_ name: StaticString, _ layout: ObjectLayout, base: Object? = nil, subclassable: Bool = true) {
        self.name = name
        self.layout = layout
        self.base = base
        linkOffset = layout.weakReferencesOffset
        // Py_TPFLAGS_DEFAULT, _BASETYPE and _HAVE_GC, whose definitions are casts that Swift does not import.
        flags = (1 << 18) | (subclassable ? 1 << 10 : 0) | (1 << 14)
        slots.append(PyType_Slot(slot: Py_tp_traverse, pfunc: unsafeBitCast(FieldTable.traverse, to: Pointer.self)))
        slots.append(PyType_Slot(slot: Py_tp_clear, pfunc: unsafeBitCast(FieldTable.clear, to: Pointer.self)))
    }

    private typealias Pointer = UnsafeMutableRawPointer

    private static let weakReferencesName: StaticString = "__weaklistoffset__"

    /// The one row of `Py_tp_members`, and its end.
    private static func weakReferencesMembers(_ offset: Int) -> [PyMemberDef] {
        let member = PyMemberDef(
            name: weakReferencesName.cString, type: T_PYSSIZET, offset: offset, flags: READONLY, doc: nil)
        return [member, PyMemberDef()]
    }

    // MARK: What instances own

    /// Adds references of the fields to the type's table: all of them are visited, cleared and released.
    ///
    /// - Parameter place: where they are; it is asked once, of memory that is not initialised, and only for the address.
    public mutating func owns<Fields: ~Copyable, References: OwnedReferences>(
        _: Fields.Type, _ place: (UnsafeMutablePointer<Fields>) -> UnsafeMutablePointer<References>
    ) {
        precondition(MemoryLayout<References>.size == References.referenceCount * MemoryLayout<Object?>.stride)
        let start = offset(Fields.self) { UnsafeMutableRawPointer(place($0)) }
        for index in 0..<References.referenceCount { rows.append(start + index * MemoryLayout<Object?>.stride) }
    }

    /// Where a pointer to another instance may be kept while this one, dead, waits to be freed; without it, the word for
    /// weak references is used.
    public mutating func links<Fields: ~Copyable, Link>(
        _: Fields.Type, _ place: (UnsafeMutablePointer<Fields>) -> UnsafeMutablePointer<Link>
    ) {
        precondition(MemoryLayout<Link>.size == MemoryLayout<Object?>.size)
        linkOffset = offset(Fields.self) { UnsafeMutableRawPointer(place($0)) }
    }

    private func offset<Fields: ~Copyable>(
        _: Fields.Type, _ place: (UnsafeMutablePointer<Fields>) -> UnsafeMutableRawPointer
    ) -> Int {
        let probe = UnsafeMutablePointer<Fields>.allocate(capacity: 1)
        defer { probe.deallocate() }
        return layout.fieldsOffset + (place(probe) - UnsafeMutableRawPointer(probe))
    }

    /// What is to be done before an instance's references are cleared, by the garbage collector or because the instance
    /// goes. May run more than once.
    public mutating func beforeClearing(_ step: @escaping (Object) -> Void) { beforeClearing = step }

    /// What is to be done when an instance goes, while it is still whole.
    public mutating func ending(_ step: @escaping (Object) -> Void) { ending = step }

    /// What is to be done when an instance goes, with what is no reference, after all of them are cleared.
    public mutating func finishing(_ step: @escaping (Object) -> Void) { finishing = step }

    /// Lets go of an instance's references and frees it, in the place of what the table does.
    public mutating func freeing(_ step: @escaping (Object) -> Void) { freeing = step }

    /// Takes the place of the dealloc that is made from the table, which is `deallocate(_:)`.
    public mutating func deallocate(_ function: @escaping Destructor) {
        add(Py_tp_dealloc, unsafeBitCast(function, to: Pointer.self))
    }

    /// Untracks an instance, clears its weak references, ends it, and frees it.
    public static func deallocate(_ object: Object) { FieldTable.deallocate(object) }

    // MARK: Slots

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
    public mutating func attributes(_ attributes: [Attribute]) {
        add(Py_tp_getset, Attribute.table(attributes))
    }

    /// Makes the type and puts it into the module under the last part of its name.
    ///
    /// - Returns: the type, with a reference that is never released: it is the process's.
    /// - Note: `PyType_FromModuleAndSpec`. CPython 3.9 to 3.13 keep the name and the tables of methods and attributes,
    ///   which live for ever; they copy the members and the documentation, and read specification and slots but here.
    public func build(_ python: borrowing Python, module: Object) throws(PythonError) -> Object {
        var slots = slots
        if !slots.contains(where: { $0.slot == Py_tp_dealloc }) {
            slots.append(
                PyType_Slot(slot: Py_tp_dealloc, pfunc: unsafeBitCast(FieldTable.deallocate, to: Pointer.self)))
        }
        var members = layout.weakReferencesOffset.map { Self.weakReferencesMembers($0) } ?? []
        let offsets = UnsafeMutableBufferPointer<Int>.allocate(capacity: rows.count)
        _ = offsets.initialize(from: rows)
        let base: BaseFunctions? = try self.base.map { base throws(PythonError) in
            try BaseFunctions(of: base, python, module: module)
        }
        let type = try members.withUnsafeMutableBufferPointer { members throws(PythonError) in
            if !members.isEmpty { slots.append(PyType_Slot(slot: Py_tp_members, pfunc: members.baseAddress)) }
            slots.append(PyType_Slot())
            return try slots.withUnsafeMutableBufferPointer { slots throws(PythonError) in
                try make(python, module, slots.baseAddress.unsafelyUnwrapped)
            }
        }
        // It may fail, and then no instance will ever be: there is no room for a table of each type that an import in want of
        // memory made.
        try python.add(type, to: module, as: shortName)
        FieldTable.register(
            FieldTable(
                layout: layout, rows: offsets, beforeClearing: beforeClearing, ending: ending, finishing: finishing,
                freeing: freeing, base: base, linkOffset: linkOffset), of: type)
        return type
    }

    private func make(
        _ python: borrowing Python, _ module: Object, _ slots: UnsafeMutablePointer<PyType_Slot>
    ) throws(PythonError) -> Object {
        var specification = PyType_Spec(
            name: name.cString, basicsize: Int32(layout.basicSize), itemsize: 0, flags: flags, slots: slots)
        let makeType = ProcessState.makeType.unsafelyUnwrapped
        var bases: Object?
        if let base {
            bases = try OwnedObject(PyTuple_New(1)).take()
            PyTuple_SetItem(bases, 0, base.retained)
        }
        defer { bases?.release() }
        if let type = makeType(module, &specification, bases) { return type }
        throw PythonError()
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
