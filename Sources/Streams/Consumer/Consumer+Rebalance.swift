import CRdkafka
import CSystem

/// What the application is told of in a rebalance callback, and what it asks for in there.
///
/// librdkafka knows nothing of new partitions before they are assigned, and that is done at the end of the callback at the
/// latest: what is asked for them before is noted, and done when they are.
struct RebalanceInProgress {
    let thread: pthread_t
    let partitions: [TopicPartition]
    let isAssigning: Bool
    /// The application assigned or unassigned in the callback: from then on nothing waits for it. To assign does not answer
    /// that partitions are taken away: the group, and a close above all, would wait for ever (2.0.2).
    var hasAnswered = false
    /// The application assigned or unassigned as a whole where the group is cooperative.
    var hasWholeAnswer = false
    /// Those of new partitions that `pause` was called for.
    var paused: [TopicPartition] = []
    /// Those of new partitions that `seek` was called for, with the offset.
    var offsets: [TopicPartition] = []

    /// What may be noted for.
    func isNew(_ partition: TopicPartition) -> Bool {
        isAssigning && !hasAnswered && partitions.contains { $0.isSamePartition(as: partition) }
    }
}

extension Consumer {
    /// Tells the application of a rebalance, and answers librdkafka where the application has not.
    ///
    /// Called by librdkafka inside the call that serves the consumer.
    func rebalance(_ code: rd_kafka_resp_err_t, _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) {
        let isAssigned = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
        let isRevoked = code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS
        var partitions = TopicPartitionList.partitions(of: list, names: names)
        let here: pthread_t = pthread_self()
        group.withLock {
            if isAssigned {
                $0.hasBeenAssigned = true
                $0.cannotBeFreed = false
            }
            $0.rebalances.append(
                RebalanceInProgress(thread: here, partitions: partitions, isAssigning: isAssigned))
        }
        // Not before it is answered. A close that began in between would have the group revoke what it waits to have assigned;
        // it takes the one answer for the other and ends, and who is told of the revocation then asks it in vain, for ever.
        defer {
            if !isAbandoned {
                group.withLock { _ = $0.rebalances.remove(at: $0.rebalance(of: here).unsafelyUnwrapped) }
            }
        }
        guard isAssigned || isRevoked else {
            _ = answer { rd_kafka_assign(handle, nil) }
            return
        }
        if let tell = context.events.rebalance {
            tell(isAssigned ? .assigned : isAssignmentLost ? .lost : .revoked, partitions)
            if isAbandoned { return }
        }
        let told = group.withLock { $0.rebalances[$0.rebalance(of: here).unsafelyUnwrapped] }
        if told.hasWholeAnswer { warnOfWholeAssignments() }
        if told.hasAnswered { return }
        partitions = partitions.beginning(at: told.offsets)
        do throws(StreamsError) {
            try isAssigned ? assignByDefault(partitions) : unassignByDefault(partitions)
        } catch {
            let what = isAssigned ? "Failed to set assignment" : "Failed to remove assignment"
            context.report(error.prefixed(what), of: handle)
        }
        // Inside the call that serves the consumer, which may have the GIL.
        try? pauseAssigned(told.paused, waits: false)
    }

    /// Assigns what the group gives a consumer that is dropped, and tells nobody.
    ///
    /// A cooperative member that waits for this does not come to its end: before 2.4.0 no way (librdkafka's issue 4527), and
    /// in a group that is not closed first up to 2.16.0 at least. What is taken away needs no answer then.
    func assignForNobody() {
        guard let queue, isCooperative else { return }
        var left = queue.count
        while left > 0, let event = queue.poll(milliseconds: 0) {
            defer { rd_kafka_event_destroy(event) }
            if !informs(event) { left -= 1 }
            guard rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE,
                rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
            else { continue }
            let list = rd_kafka_event_topic_partition_list(event)
            try? assignByDefault(TopicPartitionList.partitions(of: list, names: names))
        }
    }

    /// - Note: `rd_kafka_assign`, `rd_kafka_incremental_assign`.
    private func assignByDefault(_ partitions: [TopicPartition]) throws(StreamsError) {
        if isCooperative {
            // What the application has assigned already librdkafka would refuse with all the others.
            let assigned = try currentAssignment()
            let list = try TopicPartitionList(partitions.without(assigned), names: names)
            try check(answer { list.withRaw { rd_kafka_incremental_assign(handle, $0) } })
        } else {
            let list = try TopicPartitionList(partitions, names: names)
            try check(answer { list.withRaw { rd_kafka_assign(handle, $0) } })
        }
    }

    /// - Note: `rd_kafka_assign` with no list, `rd_kafka_incremental_unassign`.
    private func unassignByDefault(_ partitions: [TopicPartition]) throws(StreamsError) {
        if isCooperative {
            // What the application has unassigned already librdkafka would refuse with all the others, and the group,
            // and a close above all, would wait for ever.
            let assigned = try currentAssignment()
            let list = try TopicPartitionList(partitions.without(partitions.without(assigned)), names: names)
            try check(answer { list.withRaw { rd_kafka_incremental_unassign(handle, $0) } })
        } else {
            try check(answer { rd_kafka_assign(handle, nil) })
        }
    }

    /// Answers a rebalance, which a close waits for as well.
    private func answer<Answer>(_ change: () -> Answer) -> Answer {
        closing.withLock { _ in changeAssignment(change()) }
    }

    /// The partitions that are consumed, while a rebalance waits for its answer: a close waits for that too.
    func currentAssignment() throws(StreamsError) -> [TopicPartition] {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        try check(rd_kafka_assignment(handle, &list))
        guard let list else { return [] }
        return TopicPartitionList(owning: list, names: names).partitions
    }

    /// How the group gives partitions: `EAGER`, all anew in each rebalance; `COOPERATIVE`, one by one; `NONE` before it has
    /// been joined; nil without a group and once it is left.
    ///
    /// - Note: `rd_kafka_rebalance_protocol`.
    public var rebalanceProtocol: String? {
        guard let name = try? withOpenGroup({ rd_kafka_rebalance_protocol(handle) }) else { return nil }
        return String(cString: name)
    }

    /// Whether partitions are given and taken one by one. - Note: `rd_kafka_rebalance_protocol`.
    var isCooperative: Bool {
        guard let name = rd_kafka_rebalance_protocol(handle) else { return false }
        return strcmp(name, "COOPERATIVE") == 0
    }

    /// Whether a rebalance waits for what a thread is telling the application.
    func isRebalanceHeld(by thread: pthread_t) -> Bool {
        group.withLock { state in
            state.rebalance(of: thread).map { !state.rebalances[$0].hasAnswered } ?? false
        }
    }

    /// Whether the group waits for what another thread is telling the application.
    public var isRebalanceHeldElsewhere: Bool {
        let here: pthread_t = pthread_self()
        return group.withLock { state in
            state.rebalances.contains { !$0.hasAnswered && pthread_equal($0.thread, here) == 0 }
        }
    }

    /// How many threads tell the application of a rebalance, and have the answer.
    public var answeredRebalances: Int { group.withLock { $0.rebalances.count { $0.hasAnswered } } }

    private func pauseAssigned(_ partitions: [TopicPartition], waits: Bool = true) throws(StreamsError) {
        if partitions.isEmpty { return }
        try pauseOnceBegun(try TopicPartitionList(partitions, names: names), waits: waits)
    }

    // MARK: What the application asks for in a callback

    /// Notes that the application has assigned or unassigned, and does what it has asked for before.
    ///
    /// - Parameter isAssignedByApplication: what it comes to outside a callback; nil for no change.
    func noteAnswer(isAssignedByApplication: Bool?) {
        let here: pthread_t = pthread_self()
        let paused: [TopicPartition] = group.withLock { state in
            guard let index = state.rebalance(of: here) else {
                if let isAssignedByApplication { state.isAssignedByApplication = isAssignedByApplication }
                return []
            }
            if isAssignedByApplication == true && !state.rebalances[index].isAssigning { return [] }
            state.rebalances[index].hasAnswered = true
            let paused = state.rebalances[index].paused
            state.rebalances[index].paused = []
            return paused
        }
        try? pauseAssigned(paused)
    }

    /// Whether the application assigns or unassigns as a whole, as all did before there were cooperative groups, in a callback
    /// of such a group.
    func isWholeAnswer(isAssigning: Bool) throws(StreamsError) -> Bool {
        let here: pthread_t = pthread_self()
        let isTold = group.withLock { state in
            state.rebalance(of: here).map { state.rebalances[$0].isAssigning == isAssigning } ?? false
        }
        return isTold ? try withOpenGroup { isCooperative } : false
    }

    /// Notes that it has done so.
    func noteWholeAnswer() {
        let here: pthread_t = pthread_self()
        group.withLock { state in
            if let index = state.rebalance(of: here) { state.rebalances[index].hasWholeAnswer = true }
        }
    }

    /// Those that this thread is telling the application of.
    func partitionsOfRebalance() -> [TopicPartition] {
        let here: pthread_t = pthread_self()
        return group.withLock { state in state.rebalance(of: here).map { state.rebalances[$0].partitions } ?? [] }
    }

    /// Once for each consumer.
    private func warnOfWholeAssignments() {
        let isFirst = group.withLock { state in
            defer { state.hasWarned = true }
            return !state.hasWarned
        }
        guard isFirst, context.logLevel >= 4 else { return }
        let text =
            "a rebalance callback has assigned or unassigned all partitions at once, which a cooperative group refuses: the"
            + " partitions that the callback was told of were added or taken away instead, as the incremental calls do"
        text.withCString { context.log(handle, 4, "REBALANCE", $0) }
    }

    /// Notes which of the new partitions are to be paused once they are assigned.
    func notePause(_ partitions: [TopicPartition], isPaused: Bool) {
        let here: pthread_t = pthread_self()
        group.withLock { state in
            guard let index = state.rebalance(of: here) else { return }
            for partition in partitions where state.rebalances[index].isNew(partition) {
                state.rebalances[index].paused.removeAll { $0.isSamePartition(as: partition) }
                if isPaused { state.rebalances[index].paused.append(partition) }
            }
        }
    }

    /// Notes where a new partition is to begin. - Returns: false where it is none.
    func noteSeek(_ partition: TopicPartition, for thread: pthread_t) -> Bool {
        group.withLock { state in
            guard let index = state.rebalance(of: thread), state.rebalances[index].isNew(partition) else {
                return false
            }
            state.rebalances[index].offsets.removeAll { $0.isSamePartition(as: partition) }
            state.rebalances[index].offsets.append(partition)
            return true
        }
    }

    /// What the application assigns in a callback, from where it has asked for before unless it says so now.
    func withNotedOffsets(_ partitions: [TopicPartition]) -> [TopicPartition] {
        let here: pthread_t = pthread_self()
        let offsets = group.withLock { state in state.rebalance(of: here).map { state.rebalances[$0].offsets } ?? [] }
        return partitions.beginning(at: offsets)
    }
}

extension [TopicPartition] {
    /// The same partitions; those without an offset begin where one of `offsets` says.
    fileprivate func beginning(at offsets: [TopicPartition]) -> [TopicPartition] {
        if offsets.isEmpty { return self }
        return map { partition in
            guard partition.offset == TopicPartition.invalidOffset else { return partition }
            return offsets.first { $0.isSamePartition(as: partition) } ?? partition
        }
    }
}
