import CPython
import PythonBridge
import Streams

// MARK: Assignment

@_cdecl("mapr_Consumer_assign")
func consumerAssign(_ object: Object?, _ partitions: Object?) -> Object? {
    withPartitions(object, partitions, prefix: "Failed to set assignment") {
        consumer, partitions throws(StreamsError) in
        try consumer.assign(partitions)
    }
}

@_cdecl("mapr_Consumer_incremental_assign")
func consumerIncrementalAssign(_ object: Object?, _ partitions: Object?) -> Object? {
    withPartitions(object, partitions, prefix: "Failed to incremental assign") {
        consumer, partitions throws(StreamsError) in try consumer.incrementalAssign(partitions)
    }
}

@_cdecl("mapr_Consumer_incremental_unassign")
func consumerIncrementalUnassign(_ object: Object?, _ partitions: Object?) -> Object? {
    withPartitions(object, partitions, prefix: "Failed to incremental unassign") {
        consumer, partitions throws(StreamsError) in try consumer.incrementalUnassign(partitions)
    }
}

private func withPartitions(
    _ object: Object?, _ partitions: Object?, prefix: String,
    _ body: (Consumer, [TopicPartition]) throws(StreamsError) -> Void
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        _ = try fields.open(python)
        let list = try python.topicPartitions(partitions.unsafelyUnwrapped)
        try fields.calling(&python, prefix: prefix) { consumer throws(StreamsError) in try body(consumer, list) }
        return python.none.take()
    }
}

@_cdecl("mapr_Consumer_unassign")
func consumerUnassign(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try consumerFields(object).calling(&python, prefix: "Failed to remove assignment") {
            consumer throws(StreamsError) in try consumer.unassign()
        }
        return python.none.take()
    }
}

@_cdecl("mapr_Consumer_unsubscribe")
func consumerUnsubscribe(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try consumerFields(object).calling(&python, prefix: "Failed to remove subscription") {
            consumer throws(StreamsError) in try consumer.unsubscribe()
        }
        return python.none.take()
    }
}

/// Takes any arguments and ignores them, as it does in the clients that programs come from.
@_cdecl("mapr_Consumer_assignment")
func consumerAssignment(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let partitions = try consumerFields(object).calling(&python, prefix: "Failed to get assignment") {
            consumer throws(StreamsError) in try consumer.assignment()
        }
        return try python.list(partitions).take()
    }
}

@_cdecl("mapr_Consumer_memberid")
func consumerMemberID(_ object: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let id = try consumerFields(object).calling(&python) { consumer throws(StreamsError) in consumer.memberID }
        guard let id else { return python.none.take() }
        return try python.string(id).take()
    }
}

// MARK: Offsets

nonisolated(unsafe) private let commitSignature = Signature(
    "commit", ["message", "offsets", "async", "asynchronous"])

@_cdecl("mapr_Consumer_commit")
func consumerCommit(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        _ = try fields.open(python)
        return try withSlots(4) { slots throws(PythonError) in
            try commitSignature.parse(python, arguments, count, keywords, into: slots)
            let offsets = try offsetsToStore(python, message: slots[0], offsets: slots[1])
            let isAsynchronous = try python.truth(slots[3] ?? slots[2], default: true)
            let consumer = try fields.open(python)
            fields.base.enter()
            defer { fields.leave(&python) }
            if isAsynchronous {
                do throws(StreamsError) {
                    try python.detached(nil) { () throws(StreamsError) in
                        try consumer.use { consumer throws(StreamsError) in
                            try consumer.commit(offsets)
                        }
                    }
                } catch {
                    // Nobody waits for the result, and there is nothing to commit: as good as done.
                    if error.code.rawValue != -168 { throw python.raise(error, prefix: "Commit failed") }
                }
                return python.none.take()
            }
            let committed = try fields.commit(&python, consumer, offsets)
            return try python.list(committed).take()
        }
    }
}

extension UnsafeMutablePointer where Pointee == ConsumerFields {
    /// Commits, and waits for the result in slices.
    fileprivate func commit(
        _ python: inout Python, _ consumer: Unmanaged<Consumer>, _ offsets: [TopicPartition]?
    ) throws(PythonError) -> [TopicPartition] {
        let request = try python.callingDetached(prefix: "Commit failed") { () throws(StreamsError) in
            try consumer.use { consumer throws(StreamsError) in try consumer.beginCommit(offsets) }
        }
        while true {
            let committed = try python.callingDetached(prefix: "Commit failed") { () throws(StreamsError) in
                try request.wait(milliseconds: Deadline.slice)
            }
            if let committed { return committed }
            try python.checkSignals()
        }
    }
}

/// What `commit` and `store_offsets` are to take: nil for what is stored.
private func offsetsToStore(
    _ python: borrowing Python, message: Object?, offsets: Object?
) throws(PythonError) -> [TopicPartition]? {
    let message = message.flatMap { $0.isNone ? nil : $0 }
    let offsets = offsets.flatMap { $0.isNone ? nil : $0 }
    if message != nil && offsets != nil {
        throw python.error(.valueError, "message and offsets are mutually exclusive")
    }
    if let offsets { return try python.topicPartitions(offsets, "offsets") }
    guard let message else { return nil }
    guard Types.isInstance(message, of: Types.message) else {
        throw python.error(.typeError, "message: expected Message, not \(message.typeName)")
    }
    let error = try OwnedObject(messageError(message, nil))
    if !error.object.isNone {
        throw python.error(
            .valueError,
            "message: an error or event has no offset to commit: \(error.object.representation)")
    }
    let values = messageFields(message).pointee
    guard let topic = values.topic?.text, values.partition >= 0, values.offset >= 0 else {
        throw python.error(.valueError, "message: it has no topic, partition or offset to commit")
    }
    let epoch = messageFields(message).currentLeaderEpoch
    return [
        TopicPartition(topic, values.partition, offset: values.offset + 1, leaderEpoch: epoch < 0 ? nil : epoch)
    ]
}

nonisolated(unsafe) private let storeSignature = Signature("store_offsets", ["message", "offsets"])

@_cdecl("mapr_Consumer_store_offsets")
func consumerStoreOffsets(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        _ = try fields.open(python)
        return try withSlots(2) { slots throws(PythonError) in
            try storeSignature.parse(python, arguments, count, keywords, into: slots)
            guard let offsets = try offsetsToStore(python, message: slots[0], offsets: slots[1]) else {
                throw python.error(.valueError, "expected either message or offsets")
            }
            try fields.calling(&python, prefix: "StoreOffsets failed") { consumer throws(StreamsError) in
                try consumer.store(offsets)
            }
            return python.none.take()
        }
    }
}

nonisolated(unsafe) private let committedSignature = Signature("committed", ["partitions", "timeout"], required: 1)

@_cdecl("mapr_Consumer_committed")
func consumerCommitted(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        _ = try fields.open(python)
        return try withSlots(2) { slots throws(PythonError) in
            try committedSignature.parse(python, arguments, count, keywords, into: slots)
            let partitions = try python.topicPartitions(slots[0].unsafelyUnwrapped)
            let milliseconds = try python.milliseconds(slots[1])
            let consumer = try fields.open(python).takeUnretainedValue()
            let result = try python.request(prefix: "Failed to get committed offsets") { () throws(StreamsError) in
                try consumer.committed(partitions, milliseconds: milliseconds)
            }
            return try python.list(result).take()
        }
    }
}

nonisolated(unsafe) private let positionSignature = Signature("position", ["partitions", "timeout"], required: 1)

@_cdecl("mapr_Consumer_position")
func consumerPosition(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        _ = try fields.open(python)
        return try withSlots(2) { slots throws(PythonError) in
            try positionSignature.parse(python, arguments, count, keywords, into: slots)
            let partitions = try python.topicPartitions(slots[0].unsafelyUnwrapped)
            _ = try python.milliseconds(slots[1])
            let result = try fields.calling(&python, prefix: "Failed to get position") {
                consumer throws(StreamsError) in
                try consumer.position(partitions)
            }
            return try python.list(result).take()
        }
    }
}

nonisolated(unsafe) private let watermarksSignature = Signature(
    "get_watermark_offsets", ["partition", "timeout", "cached"], required: 1)

@_cdecl("mapr_Consumer_get_watermark_offsets")
func consumerWatermarks(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        _ = try fields.open(python)
        return try withSlots(3) { slots throws(PythonError) in
            try watermarksSignature.parse(python, arguments, count, keywords, into: slots)
            let partition = try python.topicPartition(slots[0].unsafelyUnwrapped, "partition")
            let milliseconds = try python.milliseconds(slots[1])
            let isCached = try python.truth(slots[2], default: false)
            let consumer = try fields.open(python).takeUnretainedValue()
            let prefix = "Failed to get watermark offsets"
            let offsets: (low: Int64, high: Int64)
            if isCached {
                offsets = try python.callingDetached(prefix: prefix) { () throws(StreamsError) in
                    try consumer.cachedWatermarks(partition)
                }
            } else {
                let answer = try python.request(prefix: prefix) {
                    () throws(StreamsError) -> (low: Int64, high: Int64)? in
                    do throws(StreamsError) {
                        return try consumer.queryWatermarks(partition, milliseconds: milliseconds)
                    } catch {
                        if error.code == .timedOut { return nil }
                        throw error
                    }
                }
                guard let answer else { return python.none.take() }
                offsets = answer
            }
            let low = try python.integer(Int(offsets.low))
            let high = try python.integer(Int(offsets.high))
            return try OwnedObject(cpy_tuple2(low.object, high.object)).take()
        }
    }
}

nonisolated(unsafe) private let timesSignature = Signature("offsets_for_times", ["partitions", "timeout"], required: 1)

@_cdecl("mapr_Consumer_offsets_for_times")
func consumerOffsetsForTimes(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        _ = try fields.open(python)
        return try withSlots(2) { slots throws(PythonError) in
            try timesSignature.parse(python, arguments, count, keywords, into: slots)
            let partitions = try python.topicPartitions(slots[0].unsafelyUnwrapped)
            let milliseconds = try python.milliseconds(slots[1])
            let consumer = try fields.open(python).takeUnretainedValue()
            let result = try python.request(prefix: "Failed to get offsets") { () throws(StreamsError) in
                try consumer.offsetsForTimes(partitions, milliseconds: milliseconds)
            }
            return try python.list(result).take()
        }
    }
}

nonisolated(unsafe) private let seekSignature = Signature("seek", ["partition"], required: 1)

@_cdecl("mapr_Consumer_seek")
func consumerSeek(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        _ = try fields.open(python)
        return try withSlots(1) { slots throws(PythonError) in
            try seekSignature.parse(python, arguments, count, keywords, into: slots)
            let partition = try python.topicPartition(slots[0].unsafelyUnwrapped, "partition")
            try fields.calling(&python, prefix: "Failed to seek to offset \(partition.offset)") {
                consumer throws(StreamsError) in try consumer.seek(partition)
            }
            return python.none.take()
        }
    }
}

nonisolated(unsafe) private let pauseSignature = Signature("pause", ["partitions"], required: 1)
nonisolated(unsafe) private let resumeSignature = Signature("resume", ["partitions"], required: 1)

@_cdecl("mapr_Consumer_pause")
func consumerPause(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try withSlots(1) { slots throws(PythonError) in
            _ = try consumerFields(object).open(python)
            try pauseSignature.parse(python, arguments, count, keywords, into: slots)
            return withPartitions(object, slots[0], prefix: "Failed to pause partitions") {
                consumer, partitions throws(StreamsError) in try consumer.pause(partitions)
            }
        }
    }
}

@_cdecl("mapr_Consumer_resume")
func consumerResume(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try withSlots(1) { slots throws(PythonError) in
            _ = try consumerFields(object).open(python)
            try resumeSignature.parse(python, arguments, count, keywords, into: slots)
            return withPartitions(object, slots[0], prefix: "Failed to resume partitions") {
                consumer, partitions throws(StreamsError) in try consumer.resume(partitions)
            }
        }
    }
}

@_cdecl("mapr_Consumer_list_topics")
func consumerListTopics(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = consumerFields(object)
        _ = try fields.open(python)
        return try listTopics(&python, arguments, count, keywords) { python throws(PythonError) in
            try fields.open(python).takeUnretainedValue()
        }.take()
    }
}
