import CRdkafka
import CSystem

/// Lines of librdkafka's that wait to be logged in the background.
///
/// librdkafka logs on any of its threads, with locks of its own held, where nothing of the application's may run. So a line
/// is put here, and a helper thread hands it on, which is there as long as lines wait: whether anybody polls is all the same.
public final class LogLines: @unchecked Sendable {
    // Unchecked: what waits is guarded, and the rest never changes.
    private struct Waiting {
        var lines: [ClientEvents.LogLine] = []
        /// How many found no room.
        var leftOut = 0
        /// A thread hands them on.
        var isServed = false
    }

    /// How many lines wait at most. A log that is slower than `debug` for long would take all of the memory.
    static let most = 10_000

    private let waiting = Guarded(Waiting())
    private let take: ([ClientEvents.LogLine]) -> Int

    /// - Parameter take: hands lines on, and returns how many: those that nobody takes any more are printed.
    init(_ take: @escaping ([ClientEvents.LogLine]) -> Int) { self.take = take }

    /// Called on any thread, by librdkafka, and so without any other lock of ours.
    func add(_ line: ClientEvents.LogLine) {
        waiting.withLock { waiting in
            if waiting.lines.count < Self.most { waiting.lines.append(line) } else { waiting.leftOut += 1 }
            if waiting.isServed { return }
            // Where there is no thread, the next line tries again.
            guard (try? HelperThreads.run(HelperThreads.Job { self.serve() })) != nil else { return }
            waiting.isServed = true
        }
    }

    private func serve() {
        while true {
            var lines: [ClientEvents.LogLine] = []
            let isDone = waiting.withLock { waiting in
                lines = waiting.lines
                waiting.lines = []
                if waiting.leftOut > 0, let last = lines.last {
                    lines.append(
                        .init(
                            level: 4, facility: "LOG",
                            text: "\(waiting.leftOut) lines were left out: the log is slower than they come",
                            clientName: last.clientName))
                    waiting.leftOut = 0
                }
                if !lines.isEmpty { return false }
                waiting.isServed = false
                return true
            }
            if isDone { return }
            lines.dropFirst(take(lines)).forEach { $0.print() }
        }
    }

    /// Whether lines wait, or are being handed on.
    public var isBusy: Bool { waiting.withLock { $0.isServed || !$0.lines.isEmpty } }
}

extension ClientEvents.LogLine {
    /// To stderr, as librdkafka does it. - Note: `rd_kafka_log_print`, which needs a client.
    fileprivate func print() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let milliseconds = now.tv_nsec / 1_000_000
        let fraction =
            milliseconds < 10 ? "00\(milliseconds)" : milliseconds < 100 ? "0\(milliseconds)" : "\(milliseconds)"
        var line = "%\(level)|\(now.tv_sec).\(fraction)|\(facility)|\(clientName)| \(text)\n"
        line.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
    }
}
