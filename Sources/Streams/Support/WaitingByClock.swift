import CSystem

// Waiting at a condition for a time that no change of the machine's clock makes longer or shorter. Darwin's conditions
// know the clock of the day alone.

extension UnsafeMutablePointer where Pointee == pthread_cond_t {
    func initializeWaitingByClock() {
        initialize(to: pthread_cond_t())
        #if !canImport(Darwin)
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(self, &attributes)
            pthread_condattr_destroy(&attributes)
        #else
            pthread_cond_init(self, nil)
        #endif
    }
}

extension timespec {
    /// The time in so many milliseconds, now where there are none, for `pthread_cond_timedwait`.
    init(after milliseconds: Int32) {
        self.init()
        #if !canImport(Darwin)
            clock_gettime(CLOCK_MONOTONIC, &self)
        #else
            clock_gettime(CLOCK_REALTIME, &self)
        #endif
        let milliseconds = Int(max(milliseconds, 0))
        let nanoseconds = Int(tv_nsec) + milliseconds % 1000 * 1_000_000
        tv_sec += time_t(milliseconds / 1000 + nanoseconds / 1_000_000_000)
        tv_nsec = nanoseconds % 1_000_000_000
    }
}
