import CPython

/// A struct of nothing but references, each of them nil or owned: stored properties of the type `Object?`, and other
/// such structs.
///
/// Fields of this kind make the rows of a type's `FieldTable`. One more property is one more row, with nothing to be
/// written anywhere else.
public protocol OwnedReferences {}

extension Optional: OwnedReferences where Wrapped == Object {}

extension OwnedReferences {
    @inlinable @inline(__always)
    static var referenceCount: Int { MemoryLayout<Self>.size / MemoryLayout<Object?>.stride }
}

extension UnsafeMutablePointer where Pointee: OwnedReferences {
    /// The references as what they are in memory.
    @inlinable @inline(__always)
    var references: UnsafeMutableBufferPointer<Object?> {
        UnsafeMutableBufferPointer(
            start: UnsafeMutableRawPointer(self).assumingMemoryBound(to: Object?.self), count: Pointee.referenceCount)
    }

    /// Lets go of all of them. Each is nil before what it held is released.
    public func clearAll() {
        for index in 0..<Pointee.referenceCount { (references.baseAddress.unsafelyUnwrapped + index).clear() }
    }
}

/// Every reference that the instances of a type own, and the functions that CPython asks a type with references for:
/// traverse, clear and dealloc, made from it.
///
/// The functions find the table of an object by its type. Tables are made when the module is executed, and live for
/// ever; they are read with the GIL held.
struct FieldTable {
    /// One step in the life of an instance, which is borrowed.
    typealias Step = (Object) -> Void

    let layout: ObjectLayout
    /// From the start of an instance to each reference.
    let rows: UnsafeMutableBufferPointer<Int>
    /// See `TypeBuilder.beforeClearing`, `ending`, `finishing`, `freeing`.
    let beforeClearing: Step?
    let ending: Step?
    let finishing: Step?
    let freeing: Step?
    /// The base type's, where it has references of its own.
    let base: BaseFunctions?
    /// A word of the instance that is of no use when the instance is dead; see `deallocate`.
    let linkOffset: Int?

    // MARK: Of which type

    struct Entry {
        let type: Object
        let table: UnsafeMutablePointer<FieldTable>
    }

    static let capacity = 64

    static func register(_ table: FieldTable, of type: Object) {
        let count = ProcessState.fieldTableCount
        precondition(count < capacity)
        let kept = UnsafeMutablePointer<FieldTable>.allocate(capacity: 1)
        kept.initialize(to: table)
        (ProcessState.fieldTables + count).initialize(to: Entry(type: type, table: kept))
        ProcessState.fieldTableCount = count + 1
    }

    /// The table of an object's type, or of the base of it that has one.
    private static func of(_ object: Object) -> UnsafeMutablePointer<FieldTable> {
        var type = cpy_type_of(object).unsafelyUnwrapped
        while true {
            for index in 0..<ProcessState.fieldTableCount where ProcessState.fieldTables[index].type == type {
                return ProcessState.fieldTables[index].table
            }
            type = cpy_base_of(type)
        }
    }

    // MARK: What CPython calls

    static let traverse: TypeBuilder.Traverse = { object, visit, argument in
        let object = object.unsafelyUnwrapped
        let table = of(object)
        // An instance holds its type, which may hold the instance: a class attribute, say.
        var result = cpy_visit(cpy_type_of(object), visit, argument)
        for offset in table.pointee.rows where result == 0 {
            result = cpy_visit(object.word(at: offset).pointee, visit, argument)
        }
        if result == 0, let base = table.pointee.base?.traverse { result = base(object, visit, argument) }
        return result
    }

    static let clear: TypeBuilder.Inquiry = { object in
        let object = object.unsafelyUnwrapped
        let table = of(object)
        table.pointee.beforeClearing?(object)
        for offset in table.pointee.rows { object.word(at: offset).clear() }
        return table.pointee.base?.clear?(object) ?? 0
    }

    static let deallocate: TypeBuilder.Destructor = { object in
        let object = object.unsafelyUnwrapped
        // Nobody may find a half-dead object: neither the garbage collector, nor who has a weak reference.
        PyObject_GC_UnTrack(object)
        let table = of(object)
        if let offset = table.pointee.layout.weakReferencesOffset, object.word(at: offset).pointee != nil {
            PyObject_ClearWeakRefs(object)
        }
        table.pointee.ending?(object)
        guard let offset = table.pointee.linkOffset else { return free(object, table) }
        if ProcessState.freeingDepth >= deepest {
            object.word(at: offset).pointee = ProcessState.waitingToBeFreed
            ProcessState.waitingToBeFreed = object
            return
        }
        ProcessState.freeingDepth += 1
        free(object, table)
        ProcessState.freeingDepth -= 1
        while ProcessState.freeingDepth <= 0, let next = ProcessState.waitingToBeFreed {
            let table = of(next)
            ProcessState.waitingToBeFreed = next.word(at: table.pointee.linkOffset.unsafelyUnwrapped).pointee
            ProcessState.freeingDepth += 1
            free(next, table)
            ProcessState.freeingDepth -= 1
        }
    }

    /// In the child of a fork: the threads that were freeing something, and had released the GIL in a finalizer, are not there
    /// to count themselves out again.
    ///
    /// This thread may be in a finalizer too. Then the count falls below zero when it comes back, by 50 at the most: so much
    /// deeper may objects be freed from then on.
    static func forgetOtherThreads() { ProcessState.freeingDepth = 0 }

    private static func free(_ object: Object, _ table: UnsafeMutablePointer<FieldTable>) {
        if let freeing = table.pointee.freeing { return freeing(object) }
        _ = clear(object)
        table.pointee.finishing?(object)
        cpy_free(object)
    }

    // Objects that hold one another are freed one inside the other, and a long chain of them would overflow the stack.
    // Beyond some depth an object waits until the outermost one is freed, in a list through a word of the instances.
    // CPython's own types do the same; what they use for it is not in the limited API.
    private static let deepest = 50
}

/// The traverse and clear of a base type, which may be one of the interpreter's own.
struct BaseFunctions {
    let traverse: TypeBuilder.Traverse?
    let clear: TypeBuilder.Inquiry?

    /// - Note: CPython 3.9 does not tell the slots of a type that is not made at run time (`PyType_GetSlot`). A type
    ///   that is, and has nothing of its own, inherits them. Its dealloc is no use: it is CPython's general one, which
    ///   calls ours. That of an exception clears and frees, no more, and so does ours.
    init(of base: Object, _ python: borrowing Python, module: Object) throws(PythonError) {
        var slots = PyType_Slot()
        let probe = try withUnsafeMutablePointer(to: &slots) { slots throws(PythonError) in
            var specification = PyType_Spec(
                name: ("bridge.Probe" as StaticString).cString, basicsize: 0, itemsize: 0, flags: 1 << 18, slots: slots)
            let bases = try OwnedObject(PyTuple_New(1))
            PyTuple_SetItem(bases.object, 0, base.retained)
            return try OwnedObject(ProcessState.makeType.unsafelyUnwrapped(module, &specification, bases.object))
        }
        let type = OpaquePointer(probe.object)
        traverse = PyType_GetSlot(type, Py_tp_traverse).map { unsafeBitCast($0, to: TypeBuilder.Traverse.self) }
        clear = PyType_GetSlot(type, Py_tp_clear).map { unsafeBitCast($0, to: TypeBuilder.Inquiry.self) }
    }
}
