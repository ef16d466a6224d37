import PythonBridge
import Streams

/// A call without a time-out, inside of a callback, that waits until the callbacks of a client on other threads have returned.
///
/// One of those may wait in turn for the callback that this call is in: then neither comes to its end. What waits so is in a
/// list, so that a call can look whether it closes such a circle. The first that finds one gives up, as it does inside of a
/// callback of the client itself, which is the smallest circle.
struct CallbackWait {
    /// The fields of the client.
    private let awaited: UnsafeMutableRawPointer
    /// The innermost of the calls that the thread was in before.
    private let outer: UnsafeMutablePointer<CallFrame>
    fileprivate var next: UnsafeMutablePointer<CallbackWait>?

    /// Notes a wait for as long as `body` runs; it gets a question whether the wait is part of a circle.
    ///
    /// - Parameters:
    ///   - isEndless: a call that has a time-out comes to its end by itself.
    ///   - outer: the innermost of the calls that the thread was in before this one.
    static func noting<Result, Failure: Error>(
        for client: UnsafeMutableRawPointer, isEndless: Bool, inside outer: UnsafeMutablePointer<CallFrame>?,
        _ body: (_ isInCircle: () -> Bool) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard isEndless, let outer else { return try body { false } }
        let wait = UnsafeMutablePointer<CallbackWait>.allocate(capacity: 1)
        wait.initialize(to: CallbackWait(awaited: client, outer: outer, next: ProcessState.callbackWaits))
        ProcessState.callbackWaits = wait
        defer { wait.end() }
        return try body { wait.isInCircle }
    }

    /// Whether the thread of another wait is inside of a callback that this one waits for.
    fileprivate func waits(for other: CallbackWait) -> Bool {
        CallFrame.isInsideCallback(of: awaited, from: other.outer)
    }
}

extension UnsafeMutablePointer where Pointee == CallbackWait {
    /// Whether a callback that is waited for waits, by itself or by way of others, for one that this thread is in.
    fileprivate var isInCircle: Bool {
        // The waits that have to end before this one can.
        var before = [self]
        var index = 0
        while index < before.count {
            let here = before[index]
            index += 1
            var other = ProcessState.callbackWaits
            while let wait = other {
                other = wait.pointee.next
                if !here.pointee.waits(for: wait.pointee) { continue }
                if wait == self { return true }
                if !before.contains(wait) { before.append(wait) }
            }
        }
        return false
    }

    /// In the child of a fork the list is another one.
    fileprivate func end() {
        var place = address(of: &ProcessState.callbackWaits)
        while let wait = place.pointee {
            if wait == self {
                place.pointee = wait.pointee.next
                break
            }
            place = address(of: &wait.pointee.next)
        }
        deinitialize(count: 1)
        deallocate()
    }
}

/// A wait for messages that is part of a circle, and gets nowhere: reports may be served in spite of it, by other threads.
struct Standstill {
    /// How many were left when the circle was seen first, or fewer since.
    private var stuck: (left: Int, until: Deadline)?

    /// Whether none was served for a while, and the circle has lasted as long.
    mutating func lasts(left: Int, isInCircle: Bool) -> Bool {
        if !isInCircle {
            stuck = nil
        } else if left < stuck?.left ?? .max {
            stuck = (left, Deadline(milliseconds: 1000))
        } else {
            return stuck?.until.hasPassed == true
        }
        return false
    }
}
