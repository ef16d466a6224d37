import PythonBridge

typealias Types = ProcessState.Types

/// What the extension has once in the process; see PythonBridge's file of this name.
extension ProcessState {
    // MARK: The import

    /// All that an import makes is there: it did not fail half-way.
    nonisolated(unsafe) static var isImported = false

    /// The module's types. They are the process's, and never released.
    enum Types {
        nonisolated(unsafe) static var kafkaError: Object?
        nonisolated(unsafe) static var kafkaException: Object?
        /// That and its subclasses: a row for each way of going on, a column for each cause. The first of both is for errors that
        /// have none.
        nonisolated(unsafe) static var kafkaExceptions: [Object?] = []
        nonisolated(unsafe) static var topicPartition: Object?
        nonisolated(unsafe) static var message: Object?
        nonisolated(unsafe) static var producer: Object?
        nonisolated(unsafe) static var consumer: Object?
        nonisolated(unsafe) static var admin: Object?
        nonisolated(unsafe) static var mockCluster: Object?
        nonisolated(unsafe) static var topicNames: Object?
    }

    /// The fields lie behind those of `Exception`, whose size is known at run time alone.
    nonisolated(unsafe) static var kafkaErrorLayout = ObjectLayout(of: KafkaErrorFields.self)

    /// Made at the import, unlike other signatures, which are made at their first call: to look whether it is there costs.
    nonisolated(unsafe) static var produceSignature: Signature?

    /// What the calls raise that a child was forked in; made before, since a child of many threads makes as little as it can.
    nonisolated(unsafe) static var forkNote: Object?

    // MARK: The GIL

    /// The head of the list of all clients. In the child of a fork, which has the GIL with its one thread, all of them are
    /// abandoned.
    nonisolated(unsafe) static var clients: UnsafeMutablePointer<ClientFields>?

    /// The calls that wait for callbacks, inside of one; see `CallbackWait`. The child of a fork has none.
    nonisolated(unsafe) static var callbackWaits: UnsafeMutablePointer<CallbackWait>?

    /// The room for Messages that were freed, which is made at the import, and how many are there; see `MessagePool`.
    nonisolated(unsafe) static var freeMessages: UnsafeMutablePointer<Object>?
    nonisolated(unsafe) static var freeMessageCount = 0

    /// The names of headers that were seen; see `HeaderName`. The table is made at the import.
    nonisolated(unsafe) static var headerNames: UnsafeMutablePointer<HeaderName>?

    /// The names of a message's fields in `produce_batch`, made at its first call; see `MessageBatch`.
    nonisolated(unsafe) static var messageFields: UnsafeMutablePointer<Object?>?

    /// What `Producer.send` calls, kept from its first call on.
    nonisolated(unsafe) static var sendFunction: Object?

    /// Messages of producers that were dropped; see `UndeliveredMessages`. The child of a fork has none.
    nonisolated(unsafe) static var droppedMessages = 0

    /// The program ends, and what a logger would be told on a thread of ours is printed; see `Python.endLogging`.
    nonisolated(unsafe) static var logHasEnded = false

    /// Where the end of the process tells of messages that were not delivered; written when the interpreter exits.
    nonisolated(unsafe) static var exitFile: Int32 = -1
}
