/// What a client that is being closed still tells its owner of that only informs him.
///
/// librdkafka puts statistics, throttling and log lines before reports, rebalances and commits in its queue, and makes more of
/// them while the owner is told: who told of all of them might never come to what a close is for.
struct LastInformation {
    /// A close has begun.
    var isClosing = false
    /// How long the owner may yet be told, in milliseconds.
    var left: Int64 = 0
}

extension Client {
    /// How long a close tells of what only informs, in milliseconds.
    private static var patience: Int32 { 1000 }

    /// Says that a close has begun, in the call that serves the client to its end.
    ///
    /// From now on statistics and throttling are dropped untold. Of errors and log lines the owner is told until that has taken a
    /// second in all; what comes then is dropped. Deliveries, rebalances and commits are told as ever.
    /// - Parameter milliseconds: how long the close may take, which may be less than a second; negative for ever.
    public func beginEnding(milliseconds: Int32) {
        let most = milliseconds < 0 ? Self.patience : min(milliseconds, Self.patience)
        context.lastInformation.withLock { last in
            if !last.isClosing { last = LastInformation(isClosing: true, left: Int64(most)) }
        }
    }

    /// Says that the close was broken off, and the client goes on.
    public func endNotYet() { context.lastInformation.withLock { $0 = LastInformation() } }
}

extension CallbackContext {
    /// Whether the owner is told of statistics and throttling.
    var tellsOfMeasurements: Bool { lastInformation.withLock { !$0.isClosing } }

    /// Tells the owner of what only informs him, unless a close has no time for it any more.
    func inform(_ tell: () -> Void) {
        guard lastInformation.withLock({ !$0.isClosing || $0.left > 0 }) else { return }
        let process = Serving.forks
        let begun = Deadline.now
        tell()
        // In the child of a fork another thread may hold the lock for ever.
        if Serving.forks != process { return }
        let taken = Deadline.now - begun
        if taken > 0 { lastInformation.withLock { $0.left -= taken } }
    }
}
