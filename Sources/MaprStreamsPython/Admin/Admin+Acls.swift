import CPython
import PythonBridge
import Streams

/// Requests about access control lists. An ACL, or a filter, is (kind, name or None, pattern, principal or None, host or None,
/// operation, permission).
nonisolated(unsafe) let aclRequests = [
    // ACLs
    AdminRow(name: "create_acls") { python, admin, arguments, options, answer throws(PythonError) in
        let acls = try python.array(arguments, "acls") { object throws(PythonError) in
            try acl(python, object, "acls")
        }
        try python.raising { () throws(StreamsError) in
            try admin.createAcls(
                acls, options: options,
                then: answer.completion { python, results throws(PythonError) in
                    try python.list(results) { _ throws(PythonError) in python.none }
                })
        }
    },
    // a filter
    AdminRow(name: "describe_acls") { python, admin, arguments, options, answer throws(PythonError) in
        let filter = try acl(python, arguments, "acl_binding_filter")
        try python.raising { () throws(StreamsError) in
            try admin.describeAcls(filter, options: options, then: answer.completion(acls))
        }
    },
    // filters
    AdminRow(name: "delete_acls") { python, admin, arguments, options, answer throws(PythonError) in
        let filters = try python.array(arguments, "acl_binding_filters") { object throws(PythonError) in
            try acl(python, object, "acl_binding_filters")
        }
        try python.raising { () throws(StreamsError) in
            try admin.deleteAcls(
                filters, options: options,
                then: answer.completion { python, results throws(PythonError) in
                    try python.list(results) { found throws(PythonError) in try acls(python, found) }
                })
        }
    },
]

private func acl(_ python: borrowing Python, _ object: Object, _ name: StaticString) throws(PythonError) -> Acl {
    let given = try python.row(object, count: 7, name)
    return Acl(
        try python.known(given[0], "restype") { ConfigResource.Kind(rawValue: $0) },
        try textOrNil(python, given[1], "name"),
        pattern: try python.known(given[2], "resource_pattern_type") { Acl.Pattern(rawValue: $0) },
        principal: try textOrNil(python, given[3], "principal"), host: try textOrNil(python, given[4], "host"),
        operation: try python.known(given[5], "operation") { Acl.Operation(rawValue: $0) },
        permission: try python.known(given[6], "permission_type") { Acl.Permission(rawValue: $0) })
}

private func textOrNil(
    _ python: borrowing Python, _ object: Object, _ name: StaticString
) throws(PythonError) -> String? {
    object.isNone ? nil : try python.request(text: object, name)
}

/// A list of (kind, name, pattern, principal, host, operation, permission).
private func acls(_ python: borrowing Python, _ found: [Acl]) throws(PythonError) -> OwnedObject {
    try python.list(count: found.count) { index throws(PythonError) in
        let acl = found[index]
        return try python.tuple(count: 7) { index throws(PythonError) in
            switch index {
            case 0: try python.integer(Int(acl.resource.rawValue))
            case 1: try python.stringOrNone(acl.name)
            case 2: try python.integer(Int(acl.pattern.rawValue))
            case 3: try python.stringOrNone(acl.principal)
            case 4: try python.stringOrNone(acl.host)
            case 5: try python.integer(Int(acl.operation.rawValue))
            default: try python.integer(Int(acl.permission.rawValue))
            }
        }
    }
}
