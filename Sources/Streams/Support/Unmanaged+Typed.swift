extension Unmanaged {
    /// Uses the object without counting a reference; the caller knows that somebody else keeps it alive.
    @inlinable @inline(__always)
    public func use<Result, Failure: Error>(
        _ body: (Instance) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var failure: Failure?
        let result: Result? = _withUnsafeGuaranteedRef { instance in
            do throws(Failure) {
                return try body(instance)
            } catch {
                failure = error
                return nil
            }
        }
        if let failure { throw failure }
        return result.unsafelyUnwrapped
    }
}
