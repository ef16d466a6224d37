import Dispatch
import Testing

/// Runs each test of a suite on a thread of its own.
///
/// Swift's own pool has a thread per core. A test that waits for a group to form, which takes the mock cluster three
/// seconds, would keep one of them from the other tests meanwhile.
struct OwnThread: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    private final class Executor: TaskExecutor {
        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            let queue = DispatchQueue(label: "test")
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    private static let executor = Executor()

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(Self.executor) { try await function() }
    }
}

extension Trait where Self == OwnThread {
    static var onOwnThread: Self { OwnThread() }
}
