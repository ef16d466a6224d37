import CRdkafka
import CSystem

/// The handle that asks, in the place of an administrator's, what groups have committed.
///
/// Where a broker answers that it is not the group's coordinator, librdkafka, up to 2.16.0, has the group that the handle itself
/// is of look for its coordinator, and crashes where the handle is of none, as an administrator's is
/// (`rd_kafka_handle_OffsetFetch`). So this one is a consumer's, of a group that is asked about: the user may describe that,
/// which is what looking for its coordinator takes. It subscribes to nothing, so it is no member of it.
///
/// It lives for as long as a request holds it, and what it knows of coordinators goes with it.
final class GroupReader: @unchecked Sendable {
    // Unchecked: librdkafka guards what its handle points to.
    let handle: OpaquePointer
    private let life: GroupReaders

    /// - Parameter conf: taken over.
    fileprivate init(
        of group: String, with conf: OpaquePointer, for context: CallbackContext, life: GroupReaders
    ) throws(StreamsError) {
        Forking.begin(.making)
        defer { Forking.end(.making) }
        let properties = [
            ("group.id", group), ("enable.auto.commit", "false"), ("partition.assignment.strategy", "range"),
            // Less than any socket.timeout.ms: it fetches nothing.
            ("fetch.wait.max.ms", "0"),
            // Nobody polls it.
            ("statistics.interval.ms", "0"), ("log.queue", "false"), ("enable.metrics.push", "false"),
        ]
        for (name, value) in properties { rd_kafka_conf_set(conf, name, value, nil, 0) }
        rd_kafka_conf_set_error_cb(conf, nil)
        rd_kafka_conf_set_stats_cb(conf, nil)
        rd_kafka_conf_set_throttle_cb(conf, nil)
        rd_kafka_conf_set_log_cb(conf) { handle, level, facility, text in
            readersLine(handle: handle, level: level, facility: facility, text: text)
        }
        if context.events.tokenRefresh != nil { rd_kafka_conf_enable_sasl_queue(conf, 1) }
        var text = [CChar](repeating: 0, count: 512)
        guard let handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, &text, text.count) else {
            let code = ErrorCode(rd_kafka_last_error())
            if Librdkafka.isAtLeast(2, 13) { rd_kafka_conf_destroy(conf) }
            throw StreamsError(code, reason: String(errorText: text))
        }
        if context.events.tokenRefresh != nil, let error = rd_kafka_sasl_background_callbacks_enable(handle) {
            rd_kafka_error_destroy(error)
        }
        self.handle = handle
        self.life = life
        life.hasBegun()
    }

    deinit {
        nonisolated(unsafe) let handle = handle
        let life = life
        func destroy() {
            rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            life.hasEnded()
        }
        // It waits for its threads, and this one may be the application's.
        do throws(StreamsError) {
            _ = try HelperCall<Void> { () throws(StreamsError) in destroy() }
        } catch {
            destroy()
        }
    }
}

/// What a reader logs, on a thread of librdkafka's: as `ClientEvents.log` may not be called there, it goes without that.
private func readersLine(
    handle: OpaquePointer?, level: Int32, facility: UnsafePointer<CChar>?, text: UnsafePointer<CChar>?
) {
    guard let handle, let facility, let text, let opaque = rd_kafka_opaque(handle) else { return }
    // The administrator's configuration has no more to be said of.
    if strcmp(facility, "CONFWARN") == 0 { return }
    Unmanaged<CallbackContext>.fromOpaque(opaque).use { context in
        if context.events.logsInQueue {
            if level <= 4 { context.failures.note(String(cString: text)) }
        } else {
            logLine(handle: handle, level: level, facility: facility, text: text)
        }
    }
}

/// What a request holds of a reader until it has ended.
final class GroupReaderUse: Sendable {
    let reader: GroupReader
    private let readers: GroupReaders

    fileprivate init(_ reader: GroupReader, _ readers: GroupReaders) {
        self.reader = reader
        self.readers = readers
    }

    deinit { readers.giveBack(reader) }
}

/// The readers of an administrator: requests that are under way at a time share one.
final class GroupReaders: Sendable {
    private struct State {
        /// That which the next request gets.
        var current: GroupReader?
        /// How many requests it has.
        var uses = 0
    }

    /// Held while one is made, which takes its time: whoever else asks meanwhile gets that one.
    private let state = Guarded(State())
    /// How many handles there are, those that are being destroyed among them.
    private let alive = Guarded(0)

    /// One for a request about a group. - Parameter client: outlives it.
    func reader(for group: String, of client: Client) throws(StreamsError) -> GroupReaderUse? {
        guard let likeness = client.likeness else { return nil }
        let reader = try state.withLock { (state) throws(StreamsError) -> GroupReader in
            if let current = state.current {
                state.uses += 1
                return current
            }
            // What one kind of client alone has is not checked in an administrator's, nor whether it receives what it may fetch.
            let conf = copy(
                of: likeness,
                without: [
                    "group.", "session.timeout.ms", "heartbeat.interval.ms", "max.poll.interval.ms", "transactional.id",
                    "enable.idempotence", "fetch.", "message.max.bytes", "receive.message.max.bytes",
                    "plugin.library.paths",
                ])
            let made = try GroupReader(of: group, with: conf, for: client.context, life: self)
            state = State(current: made, uses: 1)
            return made
        }
        return GroupReaderUse(reader, self)
    }

    fileprivate func giveBack(_ reader: GroupReader) {
        state.withLock { state in
            guard state.current === reader else { return }
            state.uses -= 1
            // The giver's reference is another.
            if state.uses == 0 { state.current = nil }
        }
    }

    /// Has the next request, where one has failed, look for its coordinator anew.
    func forget(_ reader: GroupReader?) {
        state.withLock { if $0.current === reader { $0.current = nil } }
    }

    /// The handles that are made from now on log in so. - Parameter conf: what they are made like.
    func setCredentials(_ username: String, _ password: String, in conf: OpaquePointer) {
        state.withLock { state in
            rd_kafka_conf_set(conf, "sasl.username", username, nil, 0)
            rd_kafka_conf_set(conf, "sasl.password", password, nil, 0)
            state.current = nil
        }
    }

    /// Waits for the end of all handles, once no request is under way.
    func end() { while alive.withLock({ $0 > 0 }) { usleep(500) } }

    fileprivate func hasBegun() { alive.withLock { $0 += 1 } }
    fileprivate func hasEnded() { alive.withLock { $0 -= 1 } }

    /// - Parameter names: what those of properties begin with. - Note: `rd_kafka_conf_dup_filter`.
    private func copy(of conf: OpaquePointer, without names: [String]) -> OpaquePointer {
        var filter = names.map { UnsafePointer<CChar>(strdup($0)) }
        defer { for name in filter { free(UnsafeMutablePointer(mutating: name)) } }
        return rd_kafka_conf_dup_filter(conf, filter.count, &filter)
    }
}
