import CRdkafka
import CSystem

// Every function that librdkafka calls, but for the delivery callback, which is the owner's own, and those of
// `CoordinatorConnection`, on the threads that connect.
//
// They run inside rd_kafka_poll and its kin, on the thread that called it, except `logLine` without an event for it (any
// thread of librdkafka's), `resolve` (the threads that connect) and `refreshToken` (its background thread). The former hold
// no lock of ours while they wait, the last one that nobody waits for but who ends the client.

extension CallbackContext {
    fileprivate static func from(_ opaque: UnsafeMutableRawPointer?) -> CallbackContext {
        Unmanaged<CallbackContext>.fromOpaque(opaque!).takeUnretainedValue()
    }

    /// Tells librdkafka which of them to call. Errors come as events even where nobody asked for them, and are logged then.
    func install(in conf: OpaquePointer?, kind: ClientKind) {
        logLevel = Self.logLevel(of: conf)
        // What tells of connections is wanted for the errors that follow, though it be not printed.
        if !events.logsInQueue && logLevel < 6 { rd_kafka_conf_set(conf, "log_level", "6", nil, 0) }
        rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_resolve_cb(conf) { resolve($0, $1, $2, $3, $4) }
        rd_kafka_conf_set_log_cb(conf) { Called.logLine($0, $1, $2, $3) }
        rd_kafka_conf_set_error_cb(conf) { Called.errorEvent($0, $1, $2, $3) }
        if events.logsInQueue { rd_kafka_conf_set(conf, "log.queue", "true", nil, 0) }
        keepsStatistics = (Int(Self.value("statistics.interval.ms", in: conf)) ?? 0) > 0
        if keepsStatistics || events.statistics != nil {
            rd_kafka_conf_set_stats_cb(conf) { Called.statisticsEvent($0, $1, $2, $3) }
        }
        if events.throttle != nil { rd_kafka_conf_set_throttle_cb(conf) { Called.throttleEvent($0, $1, $2, $3, $4) } }
        if events.tokenRefresh != nil {
            rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, refreshToken)
            rd_kafka_conf_enable_sasl_queue(conf, 1)
        }
        if let delivery = events.delivery { rd_kafka_conf_set_dr_msg_cb(conf, delivery) }
        if kind == .producer && !Self.value("transactional.id", in: conf).isEmpty {
            coordinator = CoordinatorConnection()
            if !CoordinatorConnection.watch(in: conf, Unmanaged.passUnretained(self).toOpaque()) { coordinator = nil }
        }
        if kind.isGroupMember {
            rd_kafka_conf_set_rebalance_cb(conf) { Called.rebalanceEvent($0, $1, $2, $3) }
            if events.offsetsCommitted != nil {
                rd_kafka_conf_set_offset_commit_cb(conf) { Called.offsetsCommittedEvent($0, $1, $2, $3) }
            }
        }
    }
}

/// What librdkafka calls: the functions below, and then not back into librdkafka where the process was forked in them.
private enum Called {
    typealias Text = UnsafePointer<CChar>
    typealias Partitions = UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
    typealias Opaque = UnsafeMutableRawPointer

    static func logLine(_ handle: OpaquePointer?, _ level: Int32, _ facility: Text?, _ text: Text?) {
        let process = Serving.forks
        Streams.logLine(handle: handle, level: level, facility: facility, text: text)
        Serving.leave(ifForkedSince: process)
    }

    static func errorEvent(_ handle: OpaquePointer?, _ code: Int32, _ reason: Text?, _ opaque: Opaque?) {
        let process = Serving.forks
        Streams.errorEvent(handle: handle, code: code, reason: reason, opaque: opaque)
        Serving.leave(ifForkedSince: process)
    }

    static func statisticsEvent(
        _ handle: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?, _ count: Int, _ opaque: Opaque?
    ) -> Int32 {
        let process = Serving.forks
        let result = Streams.statisticsEvent(handle: handle, text: text, count: count, opaque: opaque)
        Serving.leave(ifForkedSince: process)
        return result
    }

    static func throttleEvent(
        _ handle: OpaquePointer?, _ broker: Text?, _ id: Int32, _ milliseconds: Int32, _ opaque: Opaque?
    ) {
        let process = Serving.forks
        Streams.throttleEvent(handle: handle, broker: broker, id: id, milliseconds: milliseconds, opaque: opaque)
        Serving.leave(ifForkedSince: process)
    }

    static func rebalanceEvent(
        _ handle: OpaquePointer?, _ code: rd_kafka_resp_err_t, _ partitions: Partitions?, _ opaque: Opaque?
    ) {
        let process = Serving.forks
        Streams.rebalanceEvent(handle: handle, code: code, partitions: partitions, opaque: opaque)
        Serving.leave(ifForkedSince: process)
    }

    static func offsetsCommittedEvent(
        _ handle: OpaquePointer?, _ code: rd_kafka_resp_err_t, _ offsets: Partitions?, _ opaque: Opaque?
    ) {
        let process = Serving.forks
        Streams.offsetsCommittedEvent(handle: handle, code: code, offsets: offsets, opaque: opaque)
        Serving.leave(ifForkedSince: process)
    }
}

extension CallbackContext {
    /// The least important lines that librdkafka logs with this configuration: `log_level`, or all of them with `debug`.
    private static func logLevel(of conf: OpaquePointer?) -> Int32 {
        value("debug", in: conf).isEmpty ? Int32(value("log_level", in: conf)) ?? 6 : 7
    }

    private static func value(_ name: String, in conf: OpaquePointer?) -> String {
        var text = [CChar](repeating: 0, count: 512)
        var size = text.count
        guard rd_kafka_conf_get(conf, name, &text, &size) == RD_KAFKA_CONF_OK else { return "" }
        return String(errorText: text)
    }

    /// Reports an error of our own the way that librdkafka reports its.
    func report(_ error: StreamsError, of handle: OpaquePointer) {
        let opaque = Unmanaged.passUnretained(self).toOpaque()
        error.text.withCString { errorEvent(handle: handle, code: error.code.rawValue, reason: $0, opaque: opaque) }
    }

    /// Does with an event what the callback for it would do. What has no callback is dropped.
    func dispatch(_ event: OpaquePointer, of handle: OpaquePointer) {
        let opaque = Unmanaged.passUnretained(self).toOpaque()
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_REBALANCE:
            rebalanceEvent(
                handle: handle, code: rd_kafka_event_error(event),
                partitions: rd_kafka_event_topic_partition_list(event), opaque: opaque)
        case RD_KAFKA_EVENT_OFFSET_COMMIT:
            offsetsCommittedEvent(
                handle: handle, code: rd_kafka_event_error(event),
                offsets: rd_kafka_event_topic_partition_list(event), opaque: opaque)
        case RD_KAFKA_EVENT_ERROR:
            errorEvent(
                handle: handle, code: rd_kafka_event_error(event).rawValue, reason: rd_kafka_event_error_string(event),
                opaque: opaque)
        case RD_KAFKA_EVENT_STATS:
            if let text = rd_kafka_event_stats(event) {
                tell(statistics: UnsafeBufferPointer(start: text, count: strlen(text)))
            }
        case RD_KAFKA_EVENT_LOG:
            var facility: UnsafePointer<CChar>?
            var text: UnsafePointer<CChar>?
            var level: Int32 = 0
            if rd_kafka_event_log(event, &facility, &text, &level) == 0 {
                logLine(handle: handle, level: level, facility: facility, text: text)
            }
        default:
            break
        }
    }
}

/// Looks up an address, or frees what it has found where there is no name: what librdkafka does itself without this.
///
/// glibc's function takes locks that the child of a fork finds held for ever (`__check_pf`), so a fork waits for it.
func resolve(
    _ name: UnsafePointer<CChar>?, _ service: UnsafePointer<CChar>?, _ hints: UnsafePointer<addrinfo>?,
    _ result: UnsafeMutablePointer<UnsafeMutablePointer<addrinfo>?>?, _ opaque: UnsafeMutableRawPointer?
) -> Int32 {
    if name == nil && service == nil {
        if let found = result?.pointee { freeaddrinfo(found) }
        return 0
    }
    Forking.begin(.resolving)
    defer { Forking.end(.resolving) }
    return getaddrinfo(name, service, hints, result)
}

@inline(never)
func logLine(
    handle: OpaquePointer?, level: Int32, facility: UnsafePointer<CChar>?, text: UnsafePointer<CChar>?
) {
    guard let handle, let facility, let text, let opaque = rd_kafka_opaque(handle) else { return }
    let context = CallbackContext.from(opaque)
    // What debug logs is the whole of it.
    if level <= 6, context.coordinator?.hasEnded(whatIsToldOf: text) == true { return }
    // A connection that ends is no more than information, though it never came to be one; one that was idle is none.
    if level <= 4 || (level == 6 && strstr(text, "Disconnected") != nil && strstr(text, "in state UP") == nil) {
        context.failures.note(String(cString: text))
    }
    if level > context.logLevel { return }
    guard let lines = context.lines else {
        return context.informByLog { context.log(handle, level, facility, text) }
    }
    lines.add(.init(of: handle, level, facility, text))
}

extension ClientEvents.LogLine {
    fileprivate init(
        of handle: OpaquePointer, _ level: Int32, _ facility: UnsafePointer<CChar>, _ text: UnsafePointer<CChar>
    ) {
        self.init(
            level: level, facility: String(cString: facility), text: String(cString: text),
            clientName: String(cString: rd_kafka_name(handle)))
    }
}

extension CallbackContext {
    /// What the client itself has to say, on the thread of the call that it says it in.
    func log(
        _ handle: OpaquePointer, _ level: Int32, _ facility: UnsafePointer<CChar>, _ text: UnsafePointer<CChar>
    ) {
        if let log = events.log {
            log(.init(of: handle, level, facility, text))
        } else {
            rd_kafka_log_print(handle, level, facility, text)
        }
    }

    /// Logs what librdkafka has to say: to print it takes no time, but a handler may.
    func informByLog(_ log: () -> Void) { events.log == nil ? log() : inform(log) }
}

@inline(never)
private func errorEvent(
    handle: OpaquePointer?, code: Int32, reason: UnsafePointer<CChar>?, opaque: UnsafeMutableRawPointer?
) {
    let context = CallbackContext.from(opaque)
    // While a consumer closes, the events of its partitions have no message to come in.
    if code == RD_KAFKA_RESP_ERR__PARTITION_EOF.rawValue { return }
    if let reason, context.coordinator?.hasEnded(whatIsToldOf: reason) == true { return }
    let error = StreamsError(ErrorCode(rawValue: code), reason: reason.map { String(cString: $0) })
    context.failures.note(error.text)
    let explained = context.explained(error, of: handle)
    if let handler = context.events.error {
        context.inform { handler(explained) }
    } else if context.logLevel >= 3, let handle {
        // What librdkafka does with an error that nobody asked for: it logs it, at syslog's level "error".
        "\(explained.code.name): \(explained.text)".withCString { text in
            context.informByLog { context.log(handle, 3, "ERROR", text) }
        }
    }
}

@inline(never)
private func statisticsEvent(
    handle: OpaquePointer?, text: UnsafeMutablePointer<CChar>?, count: Int, opaque: UnsafeMutableRawPointer?
) -> Int32 {
    CallbackContext.from(opaque).tell(statistics: UnsafeBufferPointer(start: text, count: count))
    return 0  // librdkafka frees the text
}

@inline(never)
private func throttleEvent(
    handle: OpaquePointer?, broker: UnsafePointer<CChar>?, id: Int32, milliseconds: Int32,
    opaque: UnsafeMutableRawPointer?
) {
    let name = broker.map { String(cString: $0) } ?? ""
    let context = CallbackContext.from(opaque)
    // Where a close looks at events, librdkafka calls this from inside of that, from where the child of a fork could not leave.
    guard let handler = context.events.throttle, context.tellsOfMeasurements else { return }
    handler(.init(brokerName: name, brokerID: id, milliseconds: milliseconds))
}

@inline(never)
private func rebalanceEvent(
    handle: OpaquePointer?, code: rd_kafka_resp_err_t,
    partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?, opaque: UnsafeMutableRawPointer?
) {
    CallbackContext.from(opaque).consumer?.rebalance(code, partitions)
}

@inline(never)
private func offsetsCommittedEvent(
    handle: OpaquePointer?, code: rd_kafka_resp_err_t,
    offsets: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?, opaque: UnsafeMutableRawPointer?
) {
    let context = CallbackContext.from(opaque)
    let partitions = TopicPartitionList.partitions(of: offsets, names: context.consumer?.names ?? nil)
    var error: StreamsError?
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { error = context.explained(StreamsError(ErrorCode(code)), of: handle) }
    context.events.offsetsCommitted?(error, partitions)
}

private func refreshToken(
    handle: OpaquePointer?, configuration: UnsafePointer<CChar>?, opaque: UnsafeMutableRawPointer?
) {
    let context = CallbackContext.from(opaque)
    guard let refresh = context.events.tokenRefresh else { return }
    do throws(StreamsError) {
        let answer = try context.mayAskForToken.withLock { mayAsk throws(StreamsError) in
            mayAsk ? try refresh(configuration.map { String(cString: $0) } ?? "") : nil
        }
        guard let token = answer else { return }
        var names: [UnsafePointer<CChar>?] = []
        for pair in token.extensions {
            names.append(UnsafePointer(strdup(pair.name)))
            names.append(UnsafePointer(strdup(pair.value)))
        }
        defer { for name in names { free(UnsafeMutablePointer(mutating: name)) } }
        var text = [CChar](repeating: 0, count: 512)
        let result = rd_kafka_oauthbearer_set_token(
            handle, token.value, token.expiry, token.principal, &names, names.count, &text, text.count)
        if result != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw StreamsError(ErrorCode(result), reason: String(errorText: text))
        }
    } catch {
        // librdkafka asks again in ten seconds, and raises an _AUTHENTICATION error event with this text.
        rd_kafka_oauthbearer_set_token_failure(handle, error.text)
    }
}
