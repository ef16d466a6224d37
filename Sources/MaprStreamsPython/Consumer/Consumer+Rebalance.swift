import CPython
import CSystem
import PythonBridge
import Streams

extension UnsafeMutablePointer where Pointee == ConsumerFields {
    /// Tells the application of a rebalance, inside the call that serves the consumer.
    func tell(_ kind: ClientEvents.Rebalance, _ partitions: [TopicPartition]) {
        if pointee.isSubscribing { awaitSubscription() }
        func callable() -> Object? {
            switch kind {
            case .assigned: pointee.owned.onAssign
            case .revoked: pointee.owned.onRevoke
            case .lost: pointee.owned.onLost ?? pointee.owned.onRevoke
            }
        }
        let hasOwn = pointee.owned.onAssign != nil || pointee.owned.onRevoke != nil || pointee.owned.onLost != nil
        if !hasOwn && pointee.base.callbacks.rebalance != nil { return tellProperty(kind, partitions) }
        Python.callback(callable()) { python throws(PythonError) in
            try python.tuple(OwnedObject(retaining: object), python.list(partitions))
        }
    }

    /// Waits while another thread subscribes: until it has set its callables, or the subscription was refused, nobody knows whom
    /// to tell. That thread may wait for the GIL, which it never gets once the interpreter is finalizing.
    ///
    /// The one wait beside `Python.wait`: in a callback, inside of librdkafka, no handler of a signal may run.
    @inline(never)
    private func awaitSubscription() {
        guard let frame = CallFrame.current else { return }
        let wasDetached = frame.pointee.detachedState != nil
        if !wasDetached { frame.detachAgain() }
        while pointee.isSubscribing && !Interpreter.isFinalizing { usleep(500) }
        if !wasDetached { frame.attach() }
    }

    /// Calls `rebalance_cb(consumer, error, partitions)`, as librdkafka calls a C program's.
    private func tellProperty(_ kind: ClientEvents.Rebalance, _ partitions: [TopicPartition]) {
        Python.callback(pointee.base.callbacks.rebalance) { python throws(PythonError) in
            try python.tuple(count: 3) { index throws(PythonError) in
                switch index {
                case 0: OwnedObject(retaining: object)
                case 1:
                    try python.kafkaError(StreamsError(kind == .assigned ? .assignPartitions : .revokePartitions))
                default: try python.list(partitions)
                }
            }
        }
    }

    /// Tells the application of a commit that nobody waited for.
    func tellCommitted(_ error: StreamsError?, _ partitions: [TopicPartition]) {
        Python.callback(pointee.base.callbacks.report) { python throws(PythonError) in
            let committed = try python.list(partitions)
            guard let error else { return try python.tuple(python.none, committed) }
            return try python.tuple(python.kafkaError(error), committed)
        }
    }
}
