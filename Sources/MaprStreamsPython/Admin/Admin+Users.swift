import CPython
import PythonBridge
import Streams

/// Requests about users of SCRAM.
nonisolated(unsafe) let userRequests = [
    // names, or None
    AdminRow(name: "describe_user_scram_credentials") { python, admin, arguments, options, answer throws(PythonError) in
        var users: [String]?
        if !arguments.isNone {
            users = try python.array(arguments, "users") { object throws(PythonError) in
                try python.request(text: object, "users")
            }
        }
        try python.raising { () throws(StreamsError) in
            try admin.describeScramUsers(
                users, options: options,
                then: answer.completion { python, results throws(PythonError) in
                    try python.list(results) { found throws(PythonError) in try user(python, found) }
                })
        }
    },
    // (user, mechanism, iterations, password, salt or None), or (user, mechanism)
    AdminRow(name: "alter_user_scram_credentials") { python, admin, arguments, options, answer throws(PythonError) in
        let alterations = try python.array(arguments, "alterations") { object throws(PythonError) in
            try alteration(python, object)
        }
        try python.raising { () throws(StreamsError) in
            try admin.alterScramUsers(
                alterations, options: options,
                then: answer.completion { python, results throws(PythonError) in
                    try python.list(results) { _ throws(PythonError) in python.none }
                })
        }
    },
]

private func alteration(_ python: borrowing Python, _ object: Object) throws(PythonError) -> ScramAlteration {
    let isDeletion = cpy_is_tuple(object) != 0 && cpy_size(object) == 2
    let given = try python.row(object, count: isDeletion ? 2 : 5, "alterations")
    let user = try python.request(text: given[0], "user")
    let mechanism = try python.known(given[1], "mechanism") { ScramMechanism(rawValue: $0) }
    if isDeletion { return .delete(user: user, mechanism) }
    return .upsert(
        user: user, ScramCredential(mechanism, iterations: try python.int32(given[2], "iterations")),
        password: try bytes(python, given[3], "password"),
        salt: given[4].isNone ? nil : try bytes(python, given[4], "salt"))
}

private func bytes(_ python: borrowing Python, _ object: Object, _ name: StaticString) throws(PythonError) -> [UInt8] {
    var lent = BorrowedBytes()
    try lent.borrow(python, object, name)
    defer { lent.release() }
    return Array(UnsafeRawBufferPointer(start: lent.start, count: lent.count))
}

/// (name, [(mechanism, iterations), …])
private func user(_ python: borrowing Python, _ found: ScramUser) throws(PythonError) -> OwnedObject {
    let name = try python.string(found.name)
    let credentials = try python.list(count: found.credentials.count) { index throws(PythonError) in
        let mechanism = try python.integer(Int(found.credentials[index].mechanism.rawValue))
        let iterations = try python.integer(Int(found.credentials[index].iterations))
        return try OwnedObject(cpy_tuple2(mechanism.object, iterations.object))
    }
    return try OwnedObject(cpy_tuple2(name.object, credentials.object))
}
