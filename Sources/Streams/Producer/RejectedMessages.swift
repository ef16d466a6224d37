import CRdkafka
import CSystem
import Synchronization

/// Messages that a producer took and will not send, waiting for their delivery reports.
public final class RejectedMessages: @unchecked Sendable {
    // Unchecked: the mutex guards the messages, whose pointers belong to no thread.
    private struct Waiting: @unchecked Sendable {
        let topic: OpaquePointer
        let partition: Int32
        let key: UnsafeMutableRawPointer?
        let keyCount: Int
        let headers: OpaquePointer?
        let opaque: UnsafeMutableRawPointer?

        func free() {
            CSystem.free(key)
            if let headers { rd_kafka_headers_destroy(headers) }
        }
    }

    /// What a report shows: a message as librdkafka's are, of which it knows the public fields alone, and what those do not
    /// have behind it.
    struct Report {
        var message: rd_kafka_message_t
        let headers: OpaquePointer?
    }

    /// The oldest first, from `head` on.
    private struct Queue {
        var messages: [Waiting] = []
        var head = 0
    }

    private let queue = Guarded(Queue())
    /// Written under the lock; read without it, where a stale answer only means that the next serving finds it.
    @usableFromInline let length = Atomic<Int>(0)

    @usableFromInline init() {}

    deinit {
        queue.withLock { for message in $0.messages[$0.head...] { message.free() } }
    }

    @usableFromInline var count: Int { length.load(ordering: .relaxed) }

    @inlinable @inline(__always)
    var isWaiting: Bool { length.load(ordering: .relaxed) != 0 }

    /// - Parameter headers: are the queue's from now on.
    func append(
        _ topic: OpaquePointer, _ partition: Int32, _ key: UnsafeRawPointer?, _ keyCount: Int,
        _ headers: OpaquePointer?, _ opaque: UnsafeMutableRawPointer?
    ) {
        var copy: UnsafeMutableRawPointer?
        if let key {
            copy = malloc(max(keyCount, 1))
            copy?.copyMemory(from: key, byteCount: keyCount)
        }
        let message = Waiting(
            topic: topic, partition: partition, key: copy, keyCount: keyCount, headers: headers, opaque: opaque)
        queue.withLock { $0.messages.append(message) }
        length.add(1, ordering: .relaxed)
    }

    /// Reports the oldest, as the message of a `Report`: nothing of librdkafka's may look behind its public fields.
    func serveOne(_ report: (UnsafePointer<rd_kafka_message_t>) -> Void) -> Bool {
        let next = queue.withLock { queue -> Waiting? in
            guard queue.head < queue.messages.count else { return nil }
            let oldest = queue.messages[queue.head]
            queue.head += 1
            if queue.head > 64 && queue.head > queue.messages.count / 2 {
                queue.messages.removeFirst(queue.head)
                queue.head = 0
            }
            return oldest
        }
        guard let next else { return false }
        length.subtract(1, ordering: .relaxed)
        defer { next.free() }
        var message = rd_kafka_message_t()
        message.err = RD_KAFKA_RESP_ERR__INVALID_ARG
        message.rkt = next.topic
        message.partition = next.partition
        message.key = next.key
        message.key_len = next.keyCount
        message.offset = TopicPartition.invalidOffset
        message._private = next.opaque
        withUnsafePointer(to: Report(message: message, headers: next.headers)) {
            report(UnsafeRawPointer($0).assumingMemoryBound(to: rd_kafka_message_t.self))
        }
        return true
    }
}
