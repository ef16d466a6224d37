import CPython

/// What tells of a callable whether its calls give coroutines: of a function its code, of others their type. Bound methods and
/// `functools.partial` objects are looked through.
///
/// The callbacks of messages come by thousands, often made anew for each, and have few natures. So natures that were looked
/// at and may be callbacks are remembered, by their addresses alone: holding them would keep what the program has let go of.
/// Where one is gone and another object has come to its place, that one counts as seen. It does no harm: the call that serves
/// a callback looks at what it returns (`refuseCoroutine`).
enum CallableNature {
    static let capacity = 64

    /// A field that the limited API hides, in all objects of a type: found in one of them, by the value that it has there.
    struct Field {
        /// Nil where it was not found.
        private(set) var type: Object?
        private var offset = 0

        init() {}

        init(of object: Object, holding value: Object) throws(PythonError) {
            let type = cpy_type_of(object).unsafelyUnwrapped
            let word = MemoryLayout<Object?>.size
            let size = try OwnedObject(PyObject_GetAttrString(type, "__basicsize__"))
            // Behind the head, which has the type last.
            var offset = 2 * word
            while offset + word <= PyLong_AsLong(size.object) {
                if (UnsafeRawPointer(object) + offset).load(as: Object?.self) == value {
                    self.offset = offset
                    self.type = type.retained
                    return
                }
                offset += word
            }
        }

        @inline(__always)
        func isIn(_ object: Object) -> Bool { cpy_type_of(object) == type }

        /// Borrowed from the object, which has the field.
        @inline(__always)
        subscript(object: Object) -> Object? { (UnsafeRawPointer(object) + offset).load(as: Object?.self) }
    }

    /// Called once, at the import.
    static func learn(_ python: borrowing Python) throws(PythonError) {
        ProcessState.natures.initialize(repeating: nil, count: capacity)
        let functools = try OwnedObject(PyImport_ImportModule("functools"))
        let types = try OwnedObject(PyImport_ImportModule("types"))
        // A function, as good as any other.
        let function = try functools.object.attribute("update_wrapper")
        guard try python.hasAttribute(function.object, "__code__") else { return }
        let code = try function.object.attribute("__code__")
        ProcessState.functionCode = try Field(of: function.object, holding: code.object)
        let bind = try types.object.attribute("MethodType")
        let method = try python.call(bind.object, [function.object, code.object])
        ProcessState.methodFunction = try Field(of: method.object, holding: function.object)
        let apply = try functools.object.attribute("partial")
        let partial = try python.call(apply.object, [function.object])
        ProcessState.partialFunction = try Field(of: partial.object, holding: function.object)
    }

    /// Borrowed; nil where there are too many wrappers.
    static func of(_ callable: Object) -> Object? {
        var callable = callable
        for _ in 0..<16 {
            if ProcessState.functionCode.isIn(callable) { return ProcessState.functionCode[callable] }
            var inner: Object?
            if ProcessState.methodFunction.isIn(callable) {
                inner = ProcessState.methodFunction[callable]
            } else if ProcessState.partialFunction.isIn(callable) {
                inner = ProcessState.partialFunction[callable]
            } else {
                return cpy_type_of(callable)
            }
            guard let inner else { return nil }
            callable = inner
        }
        return nil
    }

    /// The place of a nature among those that are remembered.
    static func place(of nature: Object) -> UnsafeMutablePointer<Object?> {
        let address = Int(bitPattern: nature)
        return ProcessState.natures + ((address >> 4 ^ address >> 10) & (capacity - 1))
    }
}

extension Python {
    /// Whether an object is a function whose code is that of the callback that was seen last: then it may be a callback.
    @inline(__always)
    public static func isLastSeenCallback(_ object: Object) -> Bool {
        ProcessState.functionCode.isIn(object) && ProcessState.functionCode[object] == ProcessState.lastCode
    }

    /// Whether an object may be a callback, as is known of its nature. It runs no code of the application's, and cannot fail.
    @inline(never)
    public static func isSeenCallback(_ object: Object) -> Bool {
        guard PyCallable_Check(object) != 0, let nature = CallableNature.of(object),
            CallableNature.place(of: nature).pointee == nature
        else { return false }
        ProcessState.lastCode = nature
        return true
    }

    /// Refuses what cannot be a callback, and remembers the nature of what can. - Parameter name: of the argument.
    public func checkCallback(_ object: Object, _ name: @autoclosure () -> String) throws(PythonError) {
        if Self.isSeenCallback(object) { return }
        guard PyCallable_Check(object) != 0 else {
            throw error(.typeError, "\(name()) must be callable, not \(object.typeName)")
        }
        // Held: what is asked of the callable may be code of the application's.
        let held = OwnedObject(retaining: object)
        try refuseCoroutineFunction(held.object, name())
        guard let nature = CallableNature.of(held.object) else { return }
        // What says of itself that it has code may be another thing than the next one of its type.
        if nature == cpy_type_of(held.object) {
            for name in ["__code__", "__func__"] as [StaticString] {
                if try optionalAttribute(held.object, name) != nil { return }
            }
        }
        CallableNature.place(of: nature).pointee = nature
        ProcessState.lastCode = nature
    }
}
