import CPython
import PythonBridge
import Streams

/// What `Producer` and `Consumer` objects have in common. It is the first of their fields.
///
/// All of it is read and written with the GIL held.
struct ClientFields {
    enum State: UInt8 {
        /// `__init__` has not been called, or has failed.
        case unready = 0
        /// `__init__` is under way, and has let other threads run.
        case initialising
        case open
        case closed
        /// A child process has inherited it: librdkafka's threads stayed behind in the parent.
        case forked
    }

    /// The client and the one reference to it; nil once it is destroyed.
    var client: Unmanaged<Client>?
    var state: State
    let kind: ClientKind
    /// Calls that are using the client; what was closed meanwhile is destroyed by the last of them.
    var users: Int32
    var isMaprDialect: Bool
    var isListed: Bool
    /// The time-out object that was last given, and its value: a loop gives the same one again and again.
    var timeout: Object?
    var timeoutMilliseconds: Int32
    var topicNames: UnsafeMutablePointer<TopicName>?
    var callbacks: ClientCallbacks
    /// The background thread finds `callbacks.token` through the box, which is emptied before the callable goes.
    var tokenBox: Unmanaged<CallableBox>?
    /// The same for `callbacks.logger`, where that may be called on any thread; else nil.
    var logBox: Unmanaged<CallableBox>?
    /// All clients of the process, for the child of a fork.
    var next: UnsafeMutablePointer<ClientFields>?
    var previous: UnsafeMutablePointer<ClientFields>?

    /// Those of an object whose `__init__` is under way; they take over the callables.
    init(_ kind: ClientKind, _ parsed: ParsedConfiguration) {
        self.kind = kind
        state = .initialising
        users = 0
        isMaprDialect = parsed.configuration.dialect == .mapr
        isListed = false
        timeoutMilliseconds = 0
        (callbacks, tokenBox, logBox) = parsed.takeCallbacks()
    }
}

/// The callables of the configuration; each is nil or owned.
struct ClientCallbacks: OwnedReferences {
    var error: Object?
    var statistics: Object?
    var throttle: Object?
    var logger: Object?
    /// `oauth_cb`.
    var token: Object?
    /// `on_delivery` of producers, `on_commit` of consumers.
    var report: Object?
    /// `rebalance_cb`, for subscriptions without callbacks of their own.
    var rebalance: Object?
}

/// The way from a background thread to a callable of the configuration; both sides use it with the GIL held.
final class CallableBox {
    private(set) var callable: Object?
    /// The callable lives as long as the process.
    private let isPermanent: Bool

    init(_ callable: Object, isPermanent: Bool = false) {
        self.callable = callable
        self.isPermanent = isPermanent
    }

    /// Called before the callable's owner lets go of it.
    func empty() { if !isPermanent { callable = nil } }
}

/// A topic's name as a Python string, made once per topic.
struct TopicName {
    static let count = 64

    var topic: Topic?
    /// Kafka's name, of `kafka`.
    var utf8: UnsafePointer<CChar>?
    var kafka: Object?
    /// The application's: the same string where the two are the same.
    var string: Object?

    /// Where a topic's name is in the table.
    @inline(__always)
    static func index(of topic: Topic) -> Int { Int((topic.address >> 6 ^ topic.address >> 12) & UInt(count - 1)) }
}

/// A client that is open, and what the call on it was given.
struct Opened<Handle: Client, Arguments> {
    let client: Unmanaged<Handle>
    let arguments: Arguments
}

extension UnsafeMutablePointer where Pointee == ClientFields {
    // MARK: Use

    @inline(__always)
    func enter() { pointee.users &+= 1 }

    /// The name of a message's topic. The caller owns the result; nil with the error indicator set.
    ///
    /// The table is indexed by the handle's address. librdkafka may free a topic and give its address to another one,
    /// so the name is compared; that is a tenth of the cost of a new string.
    ///
    /// - Parameter isKept: the topic has not been freed since it was last asked about here, so nothing needs comparing.
    @inline(__always)
    func topicName(_ topic: Topic, isKept: Bool) -> Object? {
        if let names = pointee.topicNames {
            let entry = names + TopicName.index(of: topic)
            if entry.pointee.topic == topic,
                isKept || strcmp(topic.utf8, entry.pointee.utf8.unsafelyUnwrapped) == 0
            {
                return entry.pointee.string.unsafelyUnwrapped.retained
            }
            return newTopicName(topic, entry)
        }
        return newTopicName(topic, nil)
    }

    @inline(never)
    private func newTopicName(_ topic: Topic, _ slot: UnsafeMutablePointer<TopicName>?) -> Object? {
        var entry = slot
        if entry == nil {
            let names = UnsafeMutablePointer<TopicName>.allocate(capacity: TopicName.count)
            names.initialize(repeating: TopicName(), count: TopicName.count)
            pointee.topicNames = names
            entry = names + TopicName.index(of: topic)
        }
        let name = topic.utf8
        guard let entry, let kafka = PyUnicode_DecodeUTF8(name, strlen(name), "replace") else { return nil }
        guard let utf8 = kafka.utf8(nil), let string = applicationName(kafka, utf8) else {
            kafka.release()
            return nil
        }
        let old = entry.pointee
        entry.pointee = TopicName(topic: topic, utf8: utf8, kafka: kafka, string: string)
        old.kafka?.release()
        old.string?.release()
        return string.retained
    }

    /// What the application calls a topic, as a new reference; nil with the error indicator set.
    private func applicationName(_ kafka: Object, _ utf8: UnsafePointer<CChar>) -> Object? {
        guard let names = pointee.client?.use({ $0.names }) else { return kafka.retained }
        var name = names.name(ofKafkaTopic: String(cString: utf8))
        return name.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { PyUnicode_DecodeUTF8($0.baseAddress, $0.count, "replace") }
        }
    }

    /// A time-out argument in milliseconds; -1 for ever.
    @inline(__always)
    func milliseconds(_ python: borrowing Python, _ object: Object?) throws(PythonError) -> Int32 {
        guard let object else { return -1 }
        if object == pointee.timeout { return pointee.timeoutMilliseconds }
        return try newTimeout(python, object)
    }

    @inline(never)
    private func newTimeout(_ python: borrowing Python, _ object: Object) throws(PythonError) -> Int32 {
        let milliseconds = try python.milliseconds(object)
        // Only what cannot change may be recognised by identity.
        if cpy_is_exactly_int(object) != 0 || cpy_is_exactly_float(object) != 0 {
            address(of: &pointee.timeout).set(object)
            pointee.timeoutMilliseconds = milliseconds
        }
        return milliseconds
    }

    /// What a call on a client that is not open raises.
    @inline(never)
    func notOpen(_ python: borrowing Python, _ kind: ClientKind) -> PythonError {
        // Not the field: where __init__ was not called, nobody has set it.
        let type = kind.typeName
        return switch pointee.state {
        case .forked:
            python.error(
                .runtimeError,
                "\(type) was made before this process was forked: librdkafka's threads stayed in the parent; make a new"
                    + " one in the child")
        case .unready:
            python.error(.runtimeError, "\(type) closed: its __init__ was not called")
        default:
            python.error(.runtimeError, "\(type) closed")
        }
    }

    // MARK: Life

    /// Notes a new client for the child of a fork.
    func list() {
        pointee.isListed = true
        pointee.next = ProcessState.clients
        pointee.previous = nil
        ProcessState.clients?.pointee.previous = self
        ProcessState.clients = self
    }

    /// From now on the background thread finds no `oauth_cb`.
    func emptyTokenBox() {
        guard let box = pointee.tokenBox else { return }
        pointee.tokenBox = nil
        box.use { $0.empty() }
        box.release()
    }

    /// From now on no background thread finds a callable of the object's.
    func emptyBoxes() {
        emptyTokenBox()
        guard let box = pointee.logBox else { return }
        pointee.logBox = nil
        box.use { $0.empty() }
        box.release()
    }

    /// Drops the callbacks; all but the one for reports where it is to be kept.
    func clearCallbacks(keepingReport: Bool = false) {
        emptyBoxes()
        address(of: &pointee.callbacks.error).clear()
        address(of: &pointee.callbacks.statistics).clear()
        address(of: &pointee.callbacks.throttle).clear()
        address(of: &pointee.callbacks.logger).clear()
        address(of: &pointee.callbacks.token).clear()
        address(of: &pointee.callbacks.rebalance).clear()
        if !keepingReport { address(of: &pointee.callbacks.report).clear() }
    }

    /// Drops the table of topics' names. They are strs of ours, which hold nothing.
    func dropTopicNames() {
        guard let names = pointee.topicNames else { return }
        pointee.topicNames = nil
        for index in 0..<TopicName.count {
            names[index].kafka?.release()
            names[index].string?.release()
        }
        names.deallocate()
    }

    func unlist() {
        guard pointee.isListed else { return }
        pointee.isListed = false
        if let previous = pointee.previous {
            previous.pointee.next = pointee.next
        } else {
            ProcessState.clients = pointee.next
        }
        pointee.next?.pointee.previous = pointee.previous
    }
}

/// Has the child of every fork turn its clients into closed ones that never touch librdkafka again.
func prepareForFork(_ python: borrowing Python) {
    if ProcessState.forkNote != nil { return }
    Forking.prepare()
    Serving.innermost = { CallFrame.current?.place }
    _ = python.error(
        .runtimeError,
        "this process was forked inside a callback of this call: librdkafka's threads stayed in the parent; make a new"
            + " client in the child")
    ProcessState.forkNote = PendingException(fetching: python).take()
    pthread_atfork(nil, nil) {
        // The child has this one thread, and the GIL with it.
        UndeliveredMessages.forget()
        Serving.noteFork()
        // Those of other threads have no thread any more, and nobody is waited for.
        ProcessState.callbackWaits = nil
        if let forkNote = ProcessState.forkNote { CallFrame.abandonAll(raising: forkNote) }
        var client = ProcessState.clients
        while let here = client {
            // A call that closes it may be under way: it must not find a closed client whose end it waits for.
            if here.pointee.state == .open || here.pointee.client != nil { here.pointee.state = .forked }
            here.pointee.client?.use { $0.abandon() }
            // The reference is leaked: whoever drops it would destroy the handle.
            here.pointee.client = nil
            here.pointee.kind.abandon(here)
            client = here.pointee.next
        }
    }
}
