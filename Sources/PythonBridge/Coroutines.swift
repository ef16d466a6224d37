import CPython

extension Python {
    /// Whether a call of this callable gives a coroutine or an asynchronous generator, of which nothing runs unless it is
    /// awaited.
    ///
    /// It looks through bound methods, `functools.partial` objects and objects with a `__call__`, and runs no code of
    /// the application's but their attributes'.
    public func isCoroutineFunction(_ callable: Object) throws(PythonError) -> Bool {
        var callable = OwnedObject(retaining: callable)
        // Wrappers may be wrapped, but not without end.
        for _ in 0..<16 {
            if let code = try optionalAttribute(callable.object, "__code__") {
                guard let flags = try optionalAttribute(code.object, "co_flags"), cpy_is_int(flags.object) != 0 else {
                    return false
                }
                // CO_COROUTINE and CO_ASYNC_GENERATOR.
                return try int64(flags.object, "co_flags") & 0x280 != 0
            }
            if let function = try optionalAttribute(callable.object, "__func__") {
                callable = function
            } else if try isPartial(callable.object), let function = try optionalAttribute(callable.object, "func") {
                callable = function
            } else if let method = try optionalAttribute(cpy_type_of(callable.object).unsafelyUnwrapped, "__call__") {
                callable = method
            } else {
                return false
            }
        }
        return false
    }

    private func isPartial(_ object: Object) throws(PythonError) -> Bool {
        let module = try OwnedObject(PyImport_ImportModule("functools"))
        let type = try module.object.attribute("partial")
        return cpy_is_subtype(cpy_type_of(object), type.object) != 0
    }

    /// An attribute, or nil where there is none or reading it fails.
    func optionalAttribute(_ object: Object, _ name: StaticString) throws(PythonError) -> OwnedObject? {
        do throws(PythonError) {
            return try object.attribute(name)
        } catch {
            if errorIs(.memoryError) { throw error }
            PyErr_Clear()
            return nil
        }
    }

    /// What to raise where a callback is a coroutine function.
    public func refuseCoroutineFunction(_ callable: Object, _ name: @autoclosure () -> String) throws(PythonError) {
        guard try isCoroutineFunction(callable) else { return }
        throw error(
            .typeError,
            "\(name()) must be a plain function, not a coroutine function: nothing would await it, so none of it would run"
        )
    }

    /// Ends a coroutine that a callback has returned, and raises what is wrong with that.
    @inline(never)
    public func refuseCoroutine(_ result: Object, from callable: Object) throws(PythonError) {
        // Of the type: a mock has any attribute that it is asked for.
        guard try hasAttribute(cpy_type_of(result).unsafelyUnwrapped, "cr_frame") else { return }
        // Without it Python would warn as well, once the coroutine is gone.
        let closed = try result.attribute("close")
        _ = try OwnedObject(PyObject_CallObject(closed.object, nil)).object
        throw error(
            .typeError,
            "the callback \(callable.representation) returned a coroutine, which nothing awaits: callbacks must be plain"
                + " functions")
    }
}
