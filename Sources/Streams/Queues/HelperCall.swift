import CSystem

/// A request that must not be sent twice, made once on a thread of its own while the caller waits and looks around.
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

    /// Starts the thread. - Parameter body: keeps alive what it needs, the client above all.
    public init(_ body: @escaping () throws(StreamsError) -> Value) throws(StreamsError) {
        self.body = body
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition.initialize(to: pthread_cond_t())
        #if !canImport(Darwin)
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
        #else
            pthread_cond_init(condition, nil)
        #endif

        let job = Unmanaged.passRetained(Job { self.run() })
        do throws(StreamsError) {
            try HelperThread.start(job.toOpaque()) { runHelperCall($0) }
        } catch {
            job.release()
            throw error
        }
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
        let milliseconds = max(milliseconds, 0)
        var time = timespec()
        #if !canImport(Darwin)
            clock_gettime(CLOCK_MONOTONIC, &time)
        #else
            clock_gettime(CLOCK_REALTIME, &time)
        #endif
        let nanoseconds = time.tv_nsec + Int(milliseconds % 1000) * 1_000_000
        time.tv_sec += Int(milliseconds / 1000) + nanoseconds / 1_000_000_000
        time.tv_nsec = nanoseconds % 1_000_000_000
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

/// A thread that nobody waits for.
enum HelperThread {
    #if !canImport(Darwin)
        typealias Body = @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
    #else
        typealias Body = @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer?
    #endif

    /// - Parameter argument: handed to `body`, which owns it from then on.
    static func start(_ argument: UnsafeMutableRawPointer, _ body: @escaping Body) throws(StreamsError) {
        // Signals are for the application's threads.
        var all = sigset_t()
        var old = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &old)
        defer { pthread_sigmask(SIG_SETMASK, &old, nil) }
        #if !canImport(Darwin)
            var thread = pthread_t()
            let result = pthread_create(&thread, nil, body, argument)
        #else
            var thread: pthread_t?
            let result = pthread_create(&thread, nil, body, argument)
        #endif
        guard result == 0 else {
            throw StreamsError(.fail, reason: "no thread could be started: \(String(cString: strerror(result)))")
        }
        #if !canImport(Darwin)
            pthread_detach(thread)
        #else
            if let thread { pthread_detach(thread) }
        #endif
    }
}

/// What the thread of a `HelperCall` does, whatever the type of its result.
private final class Job {
    let run: () -> Void

    init(_ run: @escaping () -> Void) { self.run = run }
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

private func runHelperCall(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    Unmanaged<Job>.fromOpaque(argument!).takeRetainedValue().run()
    return nil
}
