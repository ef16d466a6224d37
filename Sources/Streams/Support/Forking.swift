import CSystem

/// What keeps the child of a fork from finding what other threads were in the middle of.
///
/// The child has the forking thread alone: a lock that another one held nobody would ever let go of there, and what it was
/// changing would stay half-changed. So a fork waits until nobody holds a lock of the process (`Guarded`'s `acrossForks`, and
/// that of `HelperThreads`), nor does what takes those of others (`Work`). The locks of one client are not among them: the
/// child touches no client that it has inherited.
public enum Forking {
    /// What a fork waits for, if not for ever.
    enum Work: Int, CaseIterable {
        /// Of a client: librdkafka has locks of the process of its own then, and what is made once is made.
        case making
        /// Of an address: glibc has such locks then, for a moment of what may take long.
        case resolving
        /// With a port, which a mock broker lets go of and takes again.
        case listening

        /// In milliseconds.
        var patience: Int32 {
            switch self {
            // It may look for files, on slow disks.
            case .making: 1000
            case .resolving: 100
            // The mock cluster's thread looks at what it is asked once a second at the latest.
            case .listening: 3000
            }
        }
    }

    private struct State {
        /// How many threads do such work.
        var making = 0
        var resolving = 0
        var listening = 0
        /// How many threads are about to fork.
        var forks = 0
        /// Ports that mock clusters listen at.
        var ports: [UInt16] = []
        /// The ends of a pipe that tells when the child has closed its part of these. -1: there is none.
        var childHasClosed: (read: Int32, write: Int32) = (-1, -1)

        subscript(_ work: Work) -> Int {
            get {
                switch work {
                case .making: making
                case .resolving: resolving
                case .listening: listening
                }
            }
            set {
                switch work {
                case .making: making = newValue
                case .resolving: resolving = newValue
                case .listening: listening = newValue
                }
            }
        }
    }

    /// The one lock of all that is guarded across forks, this state too. What is under it is a few stores, and takes no other
    /// lock of ours.
    nonisolated(unsafe) static let mutex: UnsafeMutablePointer<pthread_mutex_t> = {
        // Registered before: its lock is taken after this one.
        HelperThreads.prepareForFork()
        state.initialize(to: State())
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition.initializeWaitingByClock()
        pthread_atfork({ Forking.hold() }, { Forking.goOn() }, { Forking.beginAnew() })
        return mutex
    }()
    nonisolated(unsafe) private static let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    nonisolated(unsafe) private static let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// To be called before there are threads; else the first client does.
    public static func prepare() { _ = mutex }

    /// A fork waits from now on, until `end`; and this waits for a fork.
    static func begin(_ work: Work) {
        pthread_mutex_lock(mutex)
        while state.pointee.forks > 0 { pthread_cond_wait(condition, mutex) }
        state.pointee[work] += 1
        pthread_mutex_unlock(mutex)
    }

    static func end(_ work: Work) {
        pthread_mutex_lock(mutex)
        // None in the child that was forked meanwhile, by a plug-in of librdkafka's say.
        if state.pointee[work] > 0 { state.pointee[work] -= 1 }
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// A child of a fork closes its part of what listens at these ports, and its parent waits for that.
    ///
    /// A mock broker that is taken down lets go of its port and takes it again, which ends the process where a child still
    /// listens there.
    static func add(ports: [UInt16]) {
        pthread_mutex_lock(mutex)
        state.pointee.ports += ports
        pthread_mutex_unlock(mutex)
    }

    static func remove(ports: [UInt16]) {
        pthread_mutex_lock(mutex)
        state.pointee.ports.removeAll { ports.contains($0) }
        pthread_mutex_unlock(mutex)
    }

    // MARK: Around a fork

    private static func hold() {
        pthread_mutex_lock(mutex)
        state.pointee.forks += 1
        for work in Work.allCases {
            var time = timespec(after: work.patience)
            while state.pointee[work] > 0 {
                if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { break }
            }
        }
        if state.pointee.ports.isEmpty { return }
        var ends: [Int32] = [-1, -1]
        _ = sys_open_pipe(&ends)
        state.pointee.childHasClosed = (ends[0], ends[1])
    }

    private static func goOn() {
        let (read, write) = state.pointee.childHasClosed
        state.pointee.childHasClosed = (-1, -1)
        // Before another thread forks: its child would keep this end.
        if write >= 0 { close(write) }
        if read >= 0 {
            // Others may fork meanwhile, and do no such work as a fork waits for.
            pthread_mutex_unlock(mutex)
            sys_await_end(read, Work.making.patience)
            close(read)
            pthread_mutex_lock(mutex)
        }
        state.pointee.forks -= 1
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    private static func beginAnew() {
        let ports = state.pointee.ports
        if !ports.isEmpty { sys_close_listeners(ports, ports.count) }
        let (read, write) = state.pointee.childHasClosed
        if read >= 0 {
            close(read)
            close(write)
        }
        state.pointee = State()
        condition.initializeWaitingByClock()
        pthread_mutex_unlock(mutex)
    }
}
