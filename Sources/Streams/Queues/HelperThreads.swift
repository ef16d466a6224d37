import CSystem

/// The threads that make the requests of `HelperCall`.
///
/// A request never waits for another one: where no thread is free, one is started. A thread that has nothing to do is
/// kept for a while, as the next request comes soon as a rule. The process ends without waiting for any of them, and the
/// child of a fork has none.
enum HelperThreads {
    /// What a thread does, whatever the type of its result.
    final class Job {
        fileprivate let body: () -> Void
        fileprivate var next: Unmanaged<Job>?

        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// How many threads are kept that have nothing to do: as many requests as a program commonly has under way.
    static let mostIdle = 4
    /// How long.
    static let idleMilliseconds: Int32 = 10_000

    /// One lock of the whole process: what is under it is a few stores.
    private struct Pool {
        /// Threads that wait for a job, those among them that a job has been found for but have not woken yet.
        var idle = 0
        /// The jobs that threads which wait are to take. Never more than `idle`.
        var jobs: Unmanaged<Job>?
        var jobCount = 0
    }

    // Both of them are guarded by the mutex, and live for ever.
    nonisolated(unsafe) private static let pool: UnsafeMutablePointer<Pool> = {
        let made = UnsafeMutablePointer<Pool>.allocate(capacity: 1)
        made.initialize(to: Pool())
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition.initializeWaitingByClock()
        pthread_atfork(
            { pthread_mutex_lock(HelperThreads.mutex) }, { pthread_mutex_unlock(HelperThreads.mutex) },
            {
                // The jobs are leaked: to let go of what they keep would call librdkafka.
                HelperThreads.pool.pointee = Pool()
                HelperThreads.condition.initializeWaitingByClock()
                pthread_mutex_unlock(HelperThreads.mutex)
            })
        return made
    }()
    nonisolated(unsafe) private static let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    nonisolated(unsafe) private static let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// Has a fork find nobody at the pool, and its child an empty one.
    static func prepareForFork() { _ = pool }

    /// How many threads wait for a job.
    static var idleCount: Int {
        let pool = pool
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return pool.pointee.idle
    }

    /// Has a thread do a job, which it lets go of when it is done.
    static func run(_ job: Job) throws(StreamsError) {
        let pool = pool
        let job = Unmanaged.passRetained(job)
        pthread_mutex_lock(mutex)
        let isTaken = pool.pointee.jobCount < pool.pointee.idle
        if isTaken {
            job.use { $0.next = pool.pointee.jobs }
            pool.pointee.jobs = job
            pool.pointee.jobCount += 1
            pthread_cond_signal(condition)
        }
        pthread_mutex_unlock(mutex)
        if isTaken { return }
        do throws(StreamsError) {
            try start(job)
        } catch {
            job.release()
            throw error
        }
    }

    private static func start(_ job: Unmanaged<Job>) throws(StreamsError) {
        // Signals are for the application's threads.
        var all = sigset_t()
        var old = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &old)
        defer { pthread_sigmask(SIG_SETMASK, &old, nil) }
        let result = sys_start_thread({ runHelperThread($0) }, job.toOpaque())
        guard result == 0 else {
            throw StreamsError(.fail, reason: "no thread could be started: \(String(cString: strerror(result)))")
        }
    }

    /// What a thread does from its first job on.
    fileprivate static func work(_ first: Unmanaged<Job>) {
        var job: Unmanaged<Job>? = first
        while let here = job {
            perform(here)
            job = next()
        }
    }

    /// In a function of its own: what the job keeps alive is gone when it returns.
    @inline(never)
    private static func perform(_ job: Unmanaged<Job>) { job.takeRetainedValue().body() }

    /// The next job; nil where the thread is to end.
    private static func next() -> Unmanaged<Job>? {
        let pool = pool
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard pool.pointee.idle < mostIdle else { return nil }
        pool.pointee.idle += 1
        defer { pool.pointee.idle -= 1 }
        var time = timespec(after: idleMilliseconds)
        while true {
            if let job = pool.pointee.jobs {
                job.use {
                    pool.pointee.jobs = $0.next
                    $0.next = nil
                }
                pool.pointee.jobCount -= 1
                return job
            }
            if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT && pool.pointee.jobs == nil { return nil }
        }
    }
}

private func runHelperThread(_ job: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    HelperThreads.work(Unmanaged.fromOpaque(job.unsafelyUnwrapped))
    return nil
}
