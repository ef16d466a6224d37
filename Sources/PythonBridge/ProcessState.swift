import CPython

/// All that the process has once and that changes, with what guards each.
///
/// Here stands the bridge's own; the extension adds what it has, in its file of this name. There is no other state of the
/// process in either: what a function keeps for ever and never changes (tables of methods, types and signatures) is none. A
/// `Signature` learns from its calls, with the GIL held. `Streams` guards its own state, and relies on no GIL.
public enum ProcessState {
    // MARK: The import
    // Written while the module is executed, by the one thread that holds the GIL; constant from then on, and read with or
    // without the GIL.

    /// The one interpreter that may use the module; see `ModuleBuilder.requireOneInterpreter`.
    nonisolated(unsafe) static var home: OpaquePointer?

    /// `PyObject_Vectorcall` (3.11 and later) or `PyObject_VectorcallDict` (3.9 and 3.10), which agree where no
    /// keywords are passed; neither is in the 3.9 limited API.
    nonisolated(unsafe) static var vectorcall: Interpreter.Vectorcall?
    nonisolated(unsafe) static var finalizing: Interpreter.Predicate?

    // What every interpreter from 3.9 on exports, and the limited API took in later: `PyUnicode_AsUTF8AndSize` and
    // `PyType_FromModuleAndSpec` with 3.10, `PyObject_GetBuffer` and `PyBuffer_Release` with 3.11. Named by the linker,
    // they would make the file one for those interpreters, by the rules of the stable ABI.
    @usableFromInline nonisolated(unsafe) static var utf8: Interpreter.UTF8?
    @usableFromInline nonisolated(unsafe) static var getBuffer: Interpreter.GetBuffer?
    @usableFromInline nonisolated(unsafe) static var releaseBuffer: Interpreter.ReleaseBuffer?
    nonisolated(unsafe) static var makeType: Interpreter.MakeType?

    /// From a bytes object to its data: the same for all of them, learnt from one.
    nonisolated(unsafe) public internal(set) static var bytesDataOffset = 0

    /// From a tuple to its items, the same way; 0 where they are elsewhere.
    nonisolated(unsafe) public internal(set) static var tupleItemsOffset = 0

    /// Where functions have their code, and bound methods and `functools.partial` objects what they call.
    nonisolated(unsafe) static var functionCode = CallableNature.Field()
    nonisolated(unsafe) static var methodFunction = CallableNature.Field()
    nonisolated(unsafe) static var partialFunction = CallableNature.Field()

    /// The tables of all types, and how many there are; see `FieldTable`.
    nonisolated(unsafe) static let fieldTables = UnsafeMutablePointer<FieldTable.Entry>.allocate(
        capacity: FieldTable.capacity)
    nonisolated(unsafe) static var fieldTableCount = 0

    // MARK: The GIL

    /// The natures of callables that may be callbacks, as they were seen, and the code that was seen last; see
    /// `CallableNature`. Addresses alone: what was there may be gone.
    nonisolated(unsafe) static let natures = UnsafeMutablePointer<Object?>.allocate(capacity: CallableNature.capacity)
    nonisolated(unsafe) static var lastCode: Object?

    /// How many objects are being freed one inside the other, and the list of those that wait; see `FieldTable.deallocate`.
    nonisolated(unsafe) static var freeingDepth = 0
    nonisolated(unsafe) static var waitingToBeFreed: Object?

    // MARK: The fork
    // Written in the child, which has the one thread then.

    /// How many forks there are between this process and the one that the module was imported in.
    nonisolated(unsafe) public internal(set) static var forks = 0

    // MARK: The thread
    // Each thread has its own: its innermost `CallFrame` (`CallFrame.slot`).
}
