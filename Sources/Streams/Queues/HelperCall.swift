import CSystem

/// A request that must not be sent twice, made once on a helper thread while the caller waits and looks around.
///
/// The caller may give up waiting; the request then ends by itself, and its result is dropped.
public final class HelperCall<Value>: @unchecked Sendable {
    // Unchecked: what the request has come to is guarded by `mutex`, and the rest never changes.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let body: () throws(StreamsError) -> Value
    private var hasEnded = false
    private var value: Value?
    private var failure: StreamsError?

    /// Begins the request.
    ///
    /// - Parameter body: keeps alive what it needs, the client above all.
    /// - Throws: where no helper thread is free, and none can be started.
    public init(_ body: @escaping () throws(StreamsError) -> Value) throws(StreamsError) {
        self.body = body
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition.initializeWaitingByClock()

        try HelperThreads.run(HelperThreads.Job { self.run() })
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Waits for the request to end.
    ///
    /// - Parameter milliseconds: how long at most; 0 or less does not wait.
    /// - Returns: whether it has ended.
    public func wait(milliseconds: Int32) -> Bool {
        var time = timespec(after: milliseconds)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !hasEnded {
            if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { break }
        }
        return hasEnded
    }

    /// The result, once `wait` has said that it is there.
    public func result() throws(StreamsError) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if let failure { throw failure }
        guard let value else { throw StreamsError(.timedOut) }
        return value
    }
}

extension HelperCall {
    private func run() {
        do throws(StreamsError) {
            let value = try body()
            end { self.value = value }
        } catch {
            end { self.failure = error }
        }
    }

    private func end(_ note: () -> Void) {
        pthread_mutex_lock(mutex)
        note()
        hasEnded = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }
}
