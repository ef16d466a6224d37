import CPython

/// What comes of a call that a library is served in: what the library gave, and the exception that was raised meanwhile, by
/// one of the callbacks or, between two slices of a wait, by a signal's handler.
///
/// This is the one way of an exception from there to the Python call. Inside it is noted in the call's frame; here it is
/// raised (`get`), or kept for the next call or reported by one that has something to return.
@frozen
public struct Outcome<Value>: ~Copyable {
    public let value: Value
    public var exception: PendingException

    @inlinable @inline(__always)
    init(_ value: Value, owning exception: Object?) {
        self.value = value
        self.exception = PendingException(owning: exception)
    }

    @inlinable @inline(__always)
    public var hasRaised: Bool { !exception.isEmpty }

    /// The value, where nothing was raised.
    @inlinable @inline(__always)
    public consuming func get(_ python: borrowing Python) throws(PythonError) -> Value {
        let value = self.value
        try exception.raise(python)
        return value
    }
}

extension CallFrame {
    /// Runs `body` inside a frame of its own, and gives what comes of it.
    @inlinable @inline(__always)
    public static func outcome<Value>(
        of context: UnsafeMutableRawPointer?, _ body: (UnsafeMutablePointer<CallFrame>) -> Value
    ) -> Outcome<Value> {
        var exception: Object?
        let value = with(context: context) { frame in
            let value = body(frame)
            exception = frame.pointee.exception
            return value
        }
        return Outcome(value, owning: exception)
    }
}
