import Dispatch
import Glibc
import Synchronization
import Testing

@testable import Streams

@Suite struct HelperCallTests {
    @Test func theResultIsThereOnceTheCallHasEnded() throws {
        let call = try HelperCall { () throws(StreamsError) in 6 * 7 }
        #expect(eventually { call.wait(milliseconds: 100) })
        #expect(try call.result() == 42)
        // Asking again gives the same.
        #expect(call.wait(milliseconds: 0))
        #expect(try call.result() == 42)
    }

    @Test func anErrorOfTheBodyIsTheErrorOfTheCall() throws {
        let call = try HelperCall { () throws(StreamsError) -> Int in
            throw StreamsError(.unknownGroup, reason: "no such group")
        }
        #expect(eventually { call.wait(milliseconds: 100) })
        let error = thrown { () throws(StreamsError) in _ = try call.result() }
        #expect(error?.code == .unknownGroup)
        #expect(error?.text == "no such group")
    }

    @Test func theBodyRunsOnAThreadOfItsOwn() throws {
        let here = pthread_self()
        let call = try HelperCall { () throws(StreamsError) in pthread_equal(pthread_self(), here) == 0 }
        #expect(eventually { call.wait(milliseconds: 100) })
        #expect(try call.result())
    }

    @Test func signalsAreLeftToTheApplicationsThreads() throws {
        func blocked() -> sigset_t {
            var set = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &set)
            return set
        }
        func blocks(_ set: sigset_t, _ signal: Int32) -> Bool {
            var set = set
            return sigismember(&set, signal) == 1
        }
        let before = blocked()
        let call = try HelperCall { () throws(StreamsError) in
            let set = blocked()
            return [SIGINT, SIGTERM, SIGCHLD].allSatisfy { blocks(set, $0) }
        }
        #expect(eventually { call.wait(milliseconds: 100) })
        #expect(try call.result())
        let after = blocked()
        for signal in [SIGINT, SIGTERM, SIGCHLD] { #expect(blocks(after, signal) == blocks(before, signal)) }
    }

    @Test func waitSaysThatTheCallIsStillRunning() throws {
        let gate = DispatchSemaphore(value: 0)
        let call = try HelperCall { () throws(StreamsError) in gate.wait() }
        #expect(!call.wait(milliseconds: 0))
        #expect(!call.wait(milliseconds: 20))
        #expect(thrown { () throws(StreamsError) in try call.result() }?.code == .timedOut)
        gate.signal()
        #expect(eventually { call.wait(milliseconds: 100) })
    }

    @Test func waitReturnsAsSoonAsTheCallEnds() throws {
        let gate = DispatchSemaphore(value: 0)
        let call = try HelperCall { () throws(StreamsError) in gate.wait() }
        DispatchQueue.global().async { gate.signal() }
        let deadline = Deadline(milliseconds: 600_000)
        #expect(call.wait(milliseconds: 600_000))
        #expect(deadline.remaining > 300_000)
    }

    @Test func aCallerMayGiveUpAndTheCallEndsByItself() throws {
        final class Needed: Sendable {}
        let gate = DispatchSemaphore(value: 0)
        let hasEnded = Mutex(false)
        weak var needed: Needed?
        do {
            let object = Needed()
            needed = object
            let call = try HelperCall { () throws(StreamsError) in
                gate.wait()
                withExtendedLifetime(object) { hasEnded.withLock { $0 = true } }
            }
            #expect(!call.wait(milliseconds: 0))
        }
        // Nobody holds the call any more, and what the body needs is still there.
        #expect(needed != nil)
        #expect(hasEnded.withLock { !$0 })
        gate.signal()
        #expect(eventually { hasEnded.withLock { $0 } })
        #expect(eventually { needed == nil })
    }

    @Test func manyCallsAtOnceEachKeepTheirOwnResult() throws {
        let calls = try (0..<50).map { number in try HelperCall { () throws(StreamsError) in number } }
        for (number, call) in calls.enumerated() {
            #expect(eventually { call.wait(milliseconds: 100) })
            #expect(try call.result() == number)
        }
    }

    @Test func aThreadThatIsDoneMakesTheNextRequest() throws {
        var key = pthread_key_t()
        #expect(pthread_key_create(&key, nil) == 0)
        // A thread's address may be another one's later; what is noted for a thread goes with it.
        let mark = UnsafeRawPointer(bitPattern: 1)
        let hasServedBefore = try eventually {
            let call = try HelperCall { [key] () throws(StreamsError) in
                let isMarked = pthread_getspecific(key) != nil
                pthread_setspecific(key, mark)
                return isMarked
            }
            #expect(eventually { call.wait(milliseconds: 100) })
            return try call.result()
        }
        #expect(hasServedBefore)
    }

    @Test func noRequestWaitsForAnother() throws {
        let gate = DispatchSemaphore(value: 0)
        let stuck = try (0..<20).map { _ in try HelperCall { () throws(StreamsError) in gate.wait() } }
        let other = try HelperCall { () throws(StreamsError) in 1 }
        #expect(eventually { other.wait(milliseconds: 100) })
        for call in stuck { #expect(!call.wait(milliseconds: 0)) }
        for _ in stuck { gate.signal() }
        for call in stuck { #expect(eventually { call.wait(milliseconds: 100) }) }
    }

    @Test func noMoreThanAFewThreadsAreKept() throws {
        let gate = DispatchSemaphore(value: 0)
        let many = 5 * HelperThreads.mostIdle
        let calls = try (0..<many).map { _ in try HelperCall { () throws(StreamsError) in gate.wait() } }
        for _ in calls { gate.signal() }
        for call in calls { #expect(eventually { call.wait(milliseconds: 100) }) }
        #expect(HelperThreads.idleCount <= HelperThreads.mostIdle)
    }
}
