import CPython

extension Python {
    /// The elements of a list, a tuple, or any other sequence, as a list or tuple that nothing changes meanwhile.
    ///
    /// - Returns: nil where the object is no sequence: a generator, a set or a dict, and text or bytes, which are
    ///   sequences of something else.
    public func elements(of object: Object) throws(PythonError) -> Elements? {
        if cpy_is_tuple(object) != 0 { return Elements(tuple: OwnedObject(retaining: object)) }
        guard PySequence_Check(object) != 0, cpy_is_str(object) == 0, cpy_is_bytes(object) == 0 else { return nil }
        // A mapping has items too.
        if cpy_is_list(object) == 0, try hasAttribute(object, "keys") { return nil }
        return Elements(tuple: try OwnedObject(PySequence_Tuple(object)))
    }

    public struct Elements: ~Copyable {
        private let tuple: OwnedObject
        private let items: UnsafePointer<Object?>
        /// Where the items are not found inside of the tuple.
        private let copied: UnsafeMutablePointer<Object?>?
        public let count: Int

        fileprivate init(tuple: consuming OwnedObject) {
            count = cpy_size(tuple.object)
            if ProcessState.tupleItemsOffset != 0 {
                copied = nil
                items = tuple.object.itemsOfTuple
            } else {
                let made = UnsafeMutablePointer<Object?>.allocate(capacity: max(count, 1))
                for index in 0..<count { (made + index).initialize(to: PyTuple_GetItem(tuple.object, index)) }
                copied = made
                items = UnsafePointer(made)
            }
            self.tuple = tuple
        }

        deinit { copied?.deallocate() }

        /// Borrowed: it lives while this does.
        @inline(__always)
        public subscript(index: Int) -> Object { items[index].unsafelyUnwrapped }
    }
}

extension Object {
    /// The items of a tuple, where `ProcessState.tupleItemsOffset` is known; they live as long as it does.
    @inline(__always)
    public var itemsOfTuple: UnsafePointer<Object?> {
        (UnsafeRawPointer(self) + ProcessState.tupleItemsOffset).assumingMemoryBound(to: Object?.self)
    }

    /// Puts the items into a tuple of two that was just made, and owns them from then on. It is what the macro
    /// `PyTuple_SET_ITEM` does, which the limited API hides.
    @inline(__always)
    public func fillNewPair(_ first: Object, _ second: Object) {
        guard ProcessState.tupleItemsOffset != 0 else {
            PyTuple_SetItem(self, 0, first)
            PyTuple_SetItem(self, 1, second)
            return
        }
        let items = UnsafeMutablePointer<Object?>(mutating: itemsOfTuple)
        items[0] = first
        items[1] = second
    }
}
