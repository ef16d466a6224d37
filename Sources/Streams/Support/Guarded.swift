import CSystem

/// A value that one thread at a time may look at.
///
/// `Synchronization.Mutex` would do, if Embedded Swift had it.
final class Guarded<Value>: @unchecked Sendable {
    // Unchecked: `mutex` guards the value.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let isAcrossForks: Bool
    private var value: Value

    /// - Parameter acrossForks: for a value of the process, which the child of a fork uses too: no other thread is at it when the
    ///   process forks. All such values have one lock, `Forking.mutex`.
    init(_ value: Value, acrossForks: Bool = false) {
        self.value = value
        isAcrossForks = acrossForks
        if acrossForks {
            mutex = Forking.mutex
        } else {
            mutex = .allocate(capacity: 1)
            mutex.initialize(to: pthread_mutex_t())
            pthread_mutex_init(mutex, nil)
        }
    }

    deinit {
        if isAcrossForks { return }
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// - Returns: nil where another thread looks at it just now.
    func tryLock<Result>(_ body: (inout Value) -> Result) -> Result? {
        guard pthread_mutex_trylock(mutex) == 0 else { return nil }
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }

    func withLock<Result, Failure>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
