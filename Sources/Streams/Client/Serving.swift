import CServing

/// Calls of librdkafka's that run callbacks, and how a callback leaves them in the child of a fork (`serving.h`).
public enum Serving {
    /// Set by such a call while librdkafka's function runs: where in it the callback can jump to.
    public typealias Place = UnsafeMutablePointer<UnsafeMutableRawPointer?>

    /// Finds the place of the innermost call of this thread; set by who makes calls with a place.
    nonisolated(unsafe) public static var innermost: (@convention(c) () -> Place?)?

    /// How many forks there are between this process and the first.
    nonisolated(unsafe) private(set) static var forks = 0

    /// To be called in the child of a fork.
    public static func noteFork() { forks &+= 1 }

    /// A callback's last act: returns in the process that the callback began in, and not in a child that was forked
    /// meanwhile.
    ///
    /// No frame between this one and librdkafka's may have anything to release: so a callback's work is in a function of
    /// its own, which is not inlined.
    @inline(__always)
    static func leave(ifForkedSince process: Int) {
        if forks != process { leaveInnermost() }
    }

    @inline(never)
    private static func leaveInnermost() {
        if let place = innermost?() { rdk_leave(place) }
    }

    /// The same for an owner's callback, which knows the place of its call. Returns where the callback was not called by
    /// librdkafka.
    @inline(never)
    public static func leave(_ place: Place) { rdk_leave(place) }
}
