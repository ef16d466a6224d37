import CPython

/// The parameters of a function, and the one parser of its arguments.
///
/// Made once per function and kept for ever. Names are interned and compared by identity first; the tuple of keyword
/// names, a constant of the calling code, is recognised by identity too, so that a call by keyword that was seen before
/// costs no more than one by position.
public struct Signature {
    private static let cacheSize = 8

    /// A tuple of keyword names that was seen, and where each of its values goes: a byte per keyword.
    @usableFromInline struct KnownNames {
        @usableFromInline var names: Object?
        @usableFromInline var count: Int
        @usableFromInline var lowestSlot: Int
        @usableFromInline var slots: UInt64
    }

    @usableFromInline struct Parameters {
        let function: StaticString
        @usableFromInline let required: Int
        /// How many parameters may be given by position.
        @usableFromInline let positional: Int
        @usableFromInline let count: Int
        let names: UnsafeMutablePointer<StaticString>
        /// The same as interned strs; nil until they are needed. See `name(_:)`.
        let interned: UnsafeMutablePointer<Object?>
        @usableFromInline let known: UnsafeMutablePointer<KnownNames>
    }

    /// Behind a pointer: as fields of its own they would be copied at every call, for the rare ways that need them all.
    @usableFromInline let parameters: UnsafeMutablePointer<Parameters>

    private var function: StaticString { parameters.pointee.function }
    @inlinable @inline(__always) var required: Int { parameters.pointee.required }
    @inlinable @inline(__always) var positional: Int { parameters.pointee.positional }
    @inlinable public var count: Int { parameters.pointee.count }
    private var names: UnsafeMutablePointer<StaticString> { parameters.pointee.names }
    @inlinable @inline(__always) var known: UnsafeMutablePointer<KnownNames> { parameters.pointee.known }

    /// - Parameters:
    ///   - function: for error messages, without parentheses.
    ///   - names: of all parameters, in their order by position.
    ///   - required: how many of them must be given.
    ///   - positional: how many may be given by position; all where it is nil.
    public init(_ function: StaticString, _ names: [StaticString], required: Int = 0, positional: Int? = nil) {
        let kept = UnsafeMutablePointer<StaticString>.allocate(capacity: max(names.count, 1))
        for (index, name) in names.enumerated() { (kept + index).initialize(to: name) }
        let interned = UnsafeMutablePointer<Object?>.allocate(capacity: max(names.count, 1))
        interned.initialize(repeating: nil, count: names.count)
        let known = UnsafeMutablePointer<KnownNames>.allocate(capacity: Self.cacheSize)
        known.initialize(
            repeating: KnownNames(names: nil, count: 0, lowestSlot: .max, slots: 0), count: Self.cacheSize)
        parameters = .allocate(capacity: 1)
        parameters.initialize(
            to: Parameters(
                function: function, required: required, positional: positional ?? names.count, count: names.count,
                names: kept, interned: interned, known: known))
    }

    /// The name of a parameter, for the error of a value that it does not take.
    public subscript(index: Int) -> StaticString { names[index] }

    /// Distributes the arguments of a FASTCALL over `slots`, which holds `count` of them, all nil.
    @inlinable @inline(__always)
    public func parse(
        _ python: borrowing Python, _ arguments: UnsafePointer<Object?>?, _ argumentCount: Int, _ keywords: Object?,
        into slots: UnsafeMutablePointer<Object?>
    ) throws(PythonError) {
        if argumentCount > positional { throw tooMany(python, argumentCount) }
        cpy_copy(slots, arguments, argumentCount)
        if let keywords {
            let values = arguments.unsafelyUnwrapped + argumentCount
            let hash = Int(bitPattern: keywords) >> 4 ^ Int(bitPattern: keywords) >> 7
            let entry = known + (hash & 7)
            if entry.pointee.names != keywords {
                guard try learn(python, keywords, entry) else {
                    return try distribute(python, keywords, values, argumentCount, slots)
                }
            }
            if argumentCount > entry.pointee.lowestSlot { throw givenTwice(python, keywords, argumentCount) }
            cpy_distribute(slots, values, entry.pointee.count, entry.pointee.slots)
        }
        if required > 1 || (required == 1 && slots[0] == nil) { try checkRequired(python, slots) }
    }

    /// The same for `tp_new` and `tp_init`, which get a tuple and a dictionary.
    public func parse(
        _ python: borrowing Python, tuple: Object?, dictionary: Object?, into slots: UnsafeMutablePointer<Object?>
    ) throws(PythonError) {
        let argumentCount = tuple.map { cpy_size($0) } ?? 0
        if argumentCount > positional { throw tooMany(python, argumentCount) }
        for index in 0..<argumentCount {
            slots[index] = PyTuple_GetItem(tuple, index)
        }
        if let dictionary {
            var position = 0
            var name: Object?
            var value: Object?
            while PyDict_Next(dictionary, &position, &name, &value) != 0 {
                let slot = try self.slot(python, name.unsafelyUnwrapped)
                if slots[slot] != nil { throw givenTwice(python, name.unsafelyUnwrapped) }
                slots[slot] = value
            }
        }
        try checkRequired(python, slots)
    }

    // MARK: The rare ways

    /// Remembers a tuple of names. - Returns: false where it has more names than an entry holds.
    @usableFromInline @inline(never)
    func learn(
        _ python: borrowing Python, _ keywords: Object, _ entry: UnsafeMutablePointer<KnownNames>
    ) throws(PythonError) -> Bool {
        let count = cpy_size(keywords)
        if count > 8 { return false }
        var learnt = KnownNames(names: keywords, count: count, lowestSlot: .max, slots: 0)
        for index in 0..<count {
            let name = PyTuple_GetItem(keywords, index)!
            // A subclass of str may run code when it goes, in the middle of a later call.
            if cpy_is_exactly_str(name) == 0 { return false }
            let slot = try self.slot(python, name)
            learnt.slots |= UInt64(slot) << (8 * UInt64(index))
            learnt.lowestSlot = min(learnt.lowestSlot, slot)
        }
        cpy_incref(keywords)
        let old = entry.pointee.names
        entry.pointee = learnt
        old?.release()
        return true
    }

    @usableFromInline @inline(never)
    func distribute(
        _ python: borrowing Python, _ keywords: Object, _ values: UnsafePointer<Object?>, _ argumentCount: Int,
        _ slots: UnsafeMutablePointer<Object?>
    ) throws(PythonError) {
        for index in 0..<cpy_size(keywords) {
            let name = PyTuple_GetItem(keywords, index)!
            let slot = try self.slot(python, name)
            if slots[slot] != nil { throw givenTwice(python, name) }
            slots[slot] = values[index]
        }
        try checkRequired(python, slots)
    }

    /// The name of a parameter as an interned str. It is not made with the signature, where nobody could be told that
    /// there is no memory for it.
    private func name(_ index: Int) throws(PythonError) -> Object {
        let place = parameters.pointee.interned + index
        if let name = place.pointee { return name }
        let name = try OwnedObject(PyUnicode_InternFromString(names[index].cString)).take()
        place.pointee = name
        return name
    }

    private func slot(_ python: borrowing Python, _ name: Object) throws(PythonError) -> Int {
        for index in 0..<count where try self.name(index) == name { return index }
        // Names that came by `**keywords` need not be interned.
        for index in 0..<count where PyUnicode_Compare(try self.name(index), name) == 0 { return index }
        throw python.error(
            .typeError, "\(function)() got an unexpected keyword argument \(name.representation)")
    }

    @usableFromInline @inline(never)
    func checkRequired(_ python: borrowing Python, _ slots: UnsafeMutablePointer<Object?>) throws(PythonError) {
        for index in 0..<required where slots[index] == nil {
            throw python.error(
                .typeError,
                "\(function)() missing required argument '\(names[index])' (pos \(index + 1))")
        }
    }

    @usableFromInline @inline(never)
    func tooMany(_ python: borrowing Python, _ given: Int) -> PythonError {
        python.error(
            .typeError,
            "\(function)() takes at most \(positional) positional argument\(positional == 1 ? "" : "s") (\(given) given)"
        )
    }

    @usableFromInline @inline(never)
    func givenTwice(_ python: borrowing Python, _ keywords: Object, _ argumentCount: Int) -> PythonError {
        for index in 0..<cpy_size(keywords) {
            let name = PyTuple_GetItem(keywords, index)!
            if let slot = try? slot(python, name), slot < argumentCount { return givenTwice(python, name) }
        }
        return PythonError()
    }

    @inline(never)
    func givenTwice(_ python: borrowing Python, _ name: Object) -> PythonError {
        python.error(.typeError, "\(function)() got multiple values for argument \(name.representation)")
    }
}

/// Runs `body` with `count` empty slots for arguments, ten at the most, in the caller's stack frame.
@inlinable @inline(__always)
public func withSlots<Result: ~Copyable>(
    _ count: Int, _ body: (UnsafeMutablePointer<Object?>) throws(PythonError) -> Result
) throws(PythonError) -> Result {
    precondition(count <= 10)
    // An even number: two are cleared by one instruction.
    var slots: (Object?, Object?, Object?, Object?, Object?, Object?, Object?, Object?, Object?, Object?) =
        (nil, nil, nil, nil, nil, nil, nil, nil, nil, nil)
    return try withUnsafeMutablePointer(to: &slots) { pointer throws(PythonError) in
        try body(UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Object?.self))
    }
}

/// The same for more arguments than a call that has to be quick takes.
public func withManySlots<Result: ~Copyable>(
    _ count: Int, _ body: (UnsafeMutablePointer<Object?>) throws(PythonError) -> Result
) throws(PythonError) -> Result {
    let slots = UnsafeMutablePointer<Object?>.allocate(capacity: count)
    slots.initialize(repeating: nil, count: count)
    defer { slots.deallocate() }
    return try body(slots)
}
