import Testing

@testable import Streams

@Suite struct DeadlineTests {
    @Test func zeroMillisecondsHavePassedAtOnce() {
        let deadline = Deadline(milliseconds: 0)
        #expect(deadline.hasPassed)
        #expect(deadline.remaining == 0)
        #expect(deadline.nextSlice == 0)
    }

    @Test(arguments: [Int32(-1), -1000, .min]) func aNegativeTimeNeverPasses(_ milliseconds: Int32) {
        let deadline = Deadline(milliseconds: milliseconds)
        #expect(!deadline.hasPassed)
        #expect(deadline.remaining == .max)
    }

    @Test func theLongestTimeNeitherOverflowsNorCountsAsNever() {
        let deadline = Deadline(milliseconds: .max)
        #expect(!deadline.hasPassed)
        #expect(deadline.remaining > Int32.max - 60_000)
    }

    @Test func remainingNeverExceedsWhatWasGivenAndShrinks() {
        let deadline = Deadline(milliseconds: 30_000)
        let first = deadline.remaining
        #expect(first <= 30_000)
        #expect(eventually { deadline.remaining < first })
    }

    @Test func aDeadlineThatIsReachedHasPassedForGood() {
        let deadline = Deadline(milliseconds: 20)
        #expect(eventually { deadline.hasPassed })
        #expect(deadline.remaining == 0)
        #expect(deadline.nextSlice == 0)
    }

    @Test func slicesAreNoLongerThanWhatKeepsSignalsPrompt() {
        #expect(Deadline(milliseconds: -1).nextSlice == Deadline.slice)
        #expect(Deadline(milliseconds: 60_000).nextSlice == Deadline.slice)
        #expect(Deadline(milliseconds: Deadline.slice / 2).nextSlice <= Deadline.slice / 2)
        // Ctrl-C has to work within 200 ms.
        #expect(Deadline.slice <= 200)
    }
}
