import CPython
import PythonBridge
import Streams

extension UnsafeMutablePointer where Pointee == ConsumerFields {
    /// Tells the application of a rebalance, inside the call that serves the consumer.
    func tell(_ kind: ClientEvents.Rebalance, _ partitions: [TopicPartition]) {
        func callable() -> Object? {
            switch kind {
            case .assigned: pointee.owned.onAssign
            case .revoked: pointee.owned.onRevoke
            case .lost: pointee.owned.onLost ?? pointee.owned.onRevoke
            }
        }
        Python.callback(callable()) { python throws(PythonError) in
            try python.tuple(OwnedObject(retaining: object), python.list(partitions))
        }
    }

    /// Tells the application of a commit that nobody waited for.
    func tellCommitted(_ code: ErrorCode, _ partitions: [TopicPartition]) {
        Python.callback(pointee.base.callbacks.report) { python throws(PythonError) in
            try python.tuple(python.kafkaErrorOrNone(code), python.list(partitions))
        }
    }
}
