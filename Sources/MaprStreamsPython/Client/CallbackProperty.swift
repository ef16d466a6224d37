import CPython
import PythonBridge
import Streams

/// A property of the configuration that holds a Python object, which librdkafka never sees.
struct CallbackProperty {
    /// What is raised for a value that cannot be called.
    enum Refusal {
        case typeError
        case valueError
        /// A KafkaException, `_INVALID_ARG`.
        case invalidArgument
        /// A TypeError, and None is as good as none.
        case typeErrorUnlessNone
        /// Nothing: any object will do, and None is as good as none.
        case nothing
    }

    let name: String
    let kinds: [ClientKind]
    let refusal: Refusal
    /// Where the object goes.
    let field: (UnsafeMutablePointer<ClientCallbacks>) -> UnsafeMutablePointer<Object?>

    private init(
        _ name: String, of kinds: [ClientKind] = ClientKind.allCases, _ refusal: Refusal,
        _ field: @escaping (UnsafeMutablePointer<ClientCallbacks>) -> UnsafeMutablePointer<Object?>
    ) {
        self.name = name
        self.kinds = kinds
        self.refusal = refusal
        self.field = field
    }

    nonisolated(unsafe) private static let all = [
        CallbackProperty("error_cb", .typeError) { address(of: &$0.pointee.error) },
        CallbackProperty("stats_cb", .typeError) { address(of: &$0.pointee.statistics) },
        CallbackProperty("throttle_cb", .valueError) { address(of: &$0.pointee.throttle) },
        CallbackProperty("oauth_cb", .typeError) { address(of: &$0.pointee.token) },
        CallbackProperty("logger", .nothing) { address(of: &$0.pointee.logger) },
        CallbackProperty("on_delivery", of: [.producer], .invalidArgument) { address(of: &$0.pointee.report) },
        CallbackProperty("on_commit", of: [.consumer], .invalidArgument) { address(of: &$0.pointee.report) },
        // librdkafka's names for them, which MapR's documentation lists.
        CallbackProperty("dr_msg_cb", of: [.producer], .typeErrorUnlessNone) { address(of: &$0.pointee.report) },
        CallbackProperty("dr_cb", of: [.producer], .typeErrorUnlessNone) { address(of: &$0.pointee.report) },
        CallbackProperty("offset_commit_cb", of: [.consumer], .typeErrorUnlessNone) {
            address(of: &$0.pointee.report)
        },
        CallbackProperty("rebalance_cb", of: [.consumer], .typeErrorUnlessNone) {
            address(of: &$0.pointee.rebalance)
        },
    ]

    /// Those of one kind of client.
    static func all(of kind: ClientKind) -> [CallbackProperty] { all.filter { $0.kinds.contains(kind) } }

    /// - Throws: where the object cannot be what it is to be.
    func check(_ python: borrowing Python, _ value: Object) throws(PythonError) {
        if refusal == .nothing || (refusal == .typeErrorUnlessNone && value.isNone) { return }
        if PyCallable_Check(value) == 0 {
            switch refusal {
            case .typeError, .typeErrorUnlessNone:
                throw python.error(.typeError, "expected \(name) property as a callable function")
            case .valueError: throw python.error(.valueError, "expected \(name) property as a callable function")
            default:
                throw python.raise(StreamsError(.invalidArgument, reason: "\(name) requires a callable object"))
            }
        }
        try python.refuseCoroutineFunction(value, name)
    }
}
