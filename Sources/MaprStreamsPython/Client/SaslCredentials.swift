import CPython
import PythonBridge
import Streams

private let documentation: StaticString =
    """
    set_sasl_credentials($self, /, username, password)
    --

    Replaces ``sasl.username`` and ``sasl.password``. Connections that are there stay; those that are made from now on, after
    the old credentials were refused too, use the new ones.

    :param str username: of SASL mechanism PLAIN or SCRAM
    :param str password: its password
    :raises TypeError: one of them is no str
    :raises ValueError: one of them has a null character
    :raises RuntimeError: the client is closed

    ``rd_kafka_sasl_set_credentials``.
    """

let producerCredentialMethods: [Method] = [
    .fast("set_sasl_credentials", producerSetCredentials, documentation)
]
let consumerCredentialMethods: [Method] = [
    .fast("set_sasl_credentials", consumerSetCredentials, documentation)
]
let adminCredentialMethods: [Method] = [
    .fast("set_sasl_credentials", adminSetCredentials, documentation)
]

nonisolated(unsafe) private let signature = Signature("set_sasl_credentials", ["username", "password"], required: 2)

private func setCredentials<Fields: KindOfFields & ~Copyable>(
    _ fields: UnsafeMutablePointer<Fields>, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let call = try fields.open(&python) { python throws(PythonError) in
            try withSlots(2) { slots throws(PythonError) in
                try signature.parse(python, arguments, count, keywords, into: slots)
                let username = slots[0].unsafelyUnwrapped
                let password = slots[1].unsafelyUnwrapped
                _ = try python.cString(username, "username")
                _ = try python.cString(password, "password")
                return (try python.text(username, "username"), try python.text(password, "password"))
            }
        }
        let (username, password) = call.arguments
        fields.base.enter()
        defer { fields.leave(&python) }
        try python.raisingDetached(prefix: "Failed to set the credentials") { () throws(StreamsError) in
            try call.client.use { client throws(StreamsError) in
                try client.setCredentials(username: username, password: password)
            }
        }
        return python.none.take()
    }
}

@_cdecl("mapr_Producer_set_sasl_credentials")
func producerSetCredentials(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    setCredentials(producerFields(object), arguments, count, keywords)
}

@_cdecl("mapr_Consumer_set_sasl_credentials")
func consumerSetCredentials(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    setCredentials(consumerFields(object), arguments, count, keywords)
}

@_cdecl("mapr_Admin_set_sasl_credentials")
func adminSetCredentials(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    setCredentials(adminFields(object), arguments, count, keywords)
}
