import CSystem

/// A moment on the monotonic clock by which a call is to return.
public struct Deadline: Sendable {
    /// The longest that a blocking call waits without looking for signals.
    public static let slice: Int32 = 100

    private let moment: Int64

    /// - Parameter milliseconds: from now; negative for never.
    public init(milliseconds: Int32) {
        moment = milliseconds < 0 ? .max : Self.now + Int64(milliseconds)
    }

    /// Milliseconds that remain, 0 when it has passed, `Int32.max` for one that never comes.
    public var remaining: Int32 {
        if moment == .max { return .max }
        return Int32(clamping: max(0, moment - Self.now))
    }

    /// The same as librdkafka takes it: -1 for one that never comes.
    public var milliseconds: Int32 { moment == .max ? -1 : remaining }

    /// How long to wait before looking around again.
    public var nextSlice: Int32 { min(remaining, Self.slice) }

    public var hasPassed: Bool { remaining == 0 }

    /// Milliseconds on the monotonic clock.
    public static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// Whole seconds on the monotonic clock.
func monotonicSeconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec
}
