import CPython
import CSystem
import PythonBridge
import Streams

// How librdkafka's log becomes Python's.
//
// A logger of the `logging` module may be called on any thread, and gets librdkafka's lines on a helper thread, whether or
// not anybody polls. Another object with a method `log` is called inside the application's own calls, as callbacks are.
// What this package itself has to say is logged in the call that it is said in.

/// Adds what the logger is to be told, where there is one.
func addLog(to events: inout ClientEvents, of client: UnsafeMutablePointer<ClientFields>) {
    if client.pointee.callbacks.logger == nil { return }
    events.log = { line in
        Python.callback({ client.pointee.callbacks.logger }) { python, logger throws(PythonError) in
            try log(python, line, to: logger)
        }
    }
    if let box = client.pointee.logBox?.takeUnretainedValue() {
        events.backgroundLog = { lines in log(lines, to: box) }
    }
}

/// Calls `logger.log(level, '%s [%s] %s', facility, client name, text)`.
private func log(
    _ python: borrowing Python, _ line: ClientEvents.LogLine, to logger: Object
) throws(PythonError) -> OwnedObject {
    let method = try logger.attribute("log")
    // From syslog's levels to those of Python's logging module.
    let levels = [50, 50, 50, 40, 30, 20, 20, 10]
    let level = try python.integer(levels[Int(min(7, max(0, line.level)))])
    let format = try python.string("%s [%s] %s")
    let facility = try python.string(line.facility)
    let name = try python.string(line.clientName)
    let text = try python.string(line.text)
    return try python.call(method.object, [level.object, format.object, facility.object, name.object, text.object])
}

/// Logs lines on a helper thread. What is raised goes to `sys.unraisablehook`, and the next line is logged.
///
/// - Returns: how many of them: not all where the program ends, or the client has gone, and the logger with it.
private func log(_ lines: [ClientEvents.LogLine], to box: CallableBox) -> Int {
    // Around all of it: a close inside of the logger must not wait for the end of the log.
    CallFrame.outcome(of: nil) { frame in
        frame.pointee.isOnLibrarysThread = true
        return Python.attachingForeignThread { python in
            if ProcessState.logHasEnded { return 0 }
            for (count, line) in lines.enumerated() {
                guard let logger = box.callable else { return count }
                let held = OwnedObject(retaining: logger)
                let process = ProcessState.forks
                do throws(PythonError) {
                    _ = try log(python, line, to: held.object)
                    python.endChild(of: held.object, ifForkedSince: process)
                } catch {
                    python.endChild(of: held.object, ifForkedSince: process)
                    python.reportUnraisable(held.object)
                }
            }
            return lines.count
        } ?? 0
    }.value
}

extension Python {
    /// How long a client's end waits for its last lines, in milliseconds: whoever ends it may have what the logger waits for.
    private static var patience: Int32 { 1000 }

    /// Waits until the lines of a client that has ended are logged.
    mutating func settle(_ lines: LogLines) throws(PythonError) {
        try settle { lines.isBusy }
    }

    /// Before the interpreter goes: what waits is logged, and what comes from now on is printed.
    mutating func endLogging() throws(PythonError) {
        defer { ProcessState.logHasEnded = true }
        try settle {
            var isBusy = false
            var client = ProcessState.clients
            while let here = client {
                client = here.pointee.next
                if here.pointee.client?.use({ $0.context.lines?.isBusy }) == true { isBusy = true }
            }
            return isBusy
        }
    }

    private mutating func settle(while isBusy: () -> Bool) throws(PythonError) {
        if !isBusy() { return }
        _ = try wait(until: Deadline(milliseconds: Self.patience), unless: { !isBusy() }) { _ in
            usleep(1000)
            return false
        }
    }
}

extension UnsafeMutablePointer where Pointee == ClientFields {
    /// Gives the logger what a new client warns of. Called before the client is open: the logger cannot use it yet.
    ///
    /// What the logger raises goes to `sys.unraisablehook`: it is no reason not to have the client.
    /// - Returns: what is no `Exception`, or says that this is the child of a fork, for the constructor to raise once all
    ///   is set up.
    func logWarnings(_ python: borrowing Python) -> PendingException {
        if pointee.callbacks.logger == nil { return PendingException() }
        let outcome = CallFrame.outcome(of: nil) { _ in pointee.client?.use { $0.logWarnings() } }
        guard outcome.hasRaised, pointee.state != .forked,
            outcome.exception.isInstance(of: cpy_exc_Exception())
        else { return outcome.exception }
        outcome.exception.report(python, pointee.callbacks.logger)
        return PendingException()
    }
}
