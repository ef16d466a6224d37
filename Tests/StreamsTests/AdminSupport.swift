import Testing

@testable import Streams

/// What becomes of a request, waited for.
final class Answer<Value>: @unchecked Sendable {
    // Unchecked: guarded.
    private let result = Guarded<Result<Value, StreamsError>?>(nil)

    var completion: AdminCompletion<Value> {
        { result in self.result.withLock { $0 = result } }
    }

    var isThere: Bool { result.withLock { $0 != nil } }

    func get() throws -> Value {
        #expect(eventually { isThere })
        return try #require(result.withLock { $0 }).get()
    }

    /// The error that it must be.
    func failure() throws -> StreamsError {
        #expect(eventually { isThere })
        switch try #require(result.withLock { $0 }) {
        case .failure(let error): return error
        case .success(let value): throw Unexpected(description: "\(value)")
        }
    }

    private struct Unexpected: Error { let description: String }
}

/// Throws what a call throws before anything is sent.
func refusal(of admin: Admin, _ body: () throws(StreamsError) -> Void) throws -> StreamsError {
    var refusal: StreamsError?
    do { try body() } catch { refusal = error }
    #expect(admin.outstanding == 0)
    return try #require(refusal)
}

/// An administrator that no broker answers.
func lonelyAdmin() throws -> Admin {
    let configuration = Configuration(dialect: .kafka)
    try configuration.set("bootstrap.servers", "127.0.0.1:1")
    try configuration.set("log_level", "0")
    return try Admin(configuration: configuration, events: ClientEvents())
}
