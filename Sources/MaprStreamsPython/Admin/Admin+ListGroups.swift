import CPython
import PythonBridge
import Streams

let adminGroupMethods: [Method] = [
    .fast(
        "_list_groups", adminListGroups,
        """
        _list_groups($self, /, group=None, timeout=None)
        --

        For ``list_groups`` of mapr_streams_python.admin.AdminClient: a list of ((broker id, host, port), group, KafkaError or None,
        state, protocol type, protocol, [(id, client id, client host, metadata, assignment)]).

        ``rd_kafka_list_groups``.
        """)
]

nonisolated(unsafe) private let signature = Signature("list_groups", ["group", "timeout"])

@_cdecl("mapr_Admin_list_groups")
func adminListGroups(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fields = adminFields(object)
        let call = try fields.open(&python) { python throws(PythonError) in
            try withSlots(2) { slots throws(PythonError) in
                try signature.parse(python, arguments, count, keywords, into: slots)
                var group: String?
                if let name = slots[0], !name.isNone { group = try python.request(text: name, "group") }
                return (group: group, milliseconds: try python.milliseconds(slots[1]))
            }
        }
        let (group, milliseconds) = call.arguments
        let groups = try python.request(
            call.client, prefix: "Failed to list groups", unless: { fields.pointee.admin == nil }
        ) { client throws(StreamsError) in
            try client.groups(group, milliseconds: milliseconds)
        }
        return try convert(python, groups).take()
    }
}

private func convert(_ python: borrowing Python, _ groups: [GroupInformation]) throws(PythonError) -> OwnedObject {
    try python.list(count: groups.count) { index throws(PythonError) in
        let group = groups[index]
        return try python.tuple(count: 7) { index throws(PythonError) in
            switch index {
            case 0:
                return try python.tuple(count: 3) { index throws(PythonError) in
                    switch index {
                    case 0: try python.integer(Int(group.broker.id))
                    case 1: try python.string(group.broker.host)
                    default: try python.integer(Int(group.broker.port))
                    }
                }
            case 1: return try python.string(group.group)
            case 2:
                guard let error = group.error else { return python.none }
                return try python.kafkaError(error)
            case 3: return try python.string(group.state)
            case 4: return try python.string(group.protocolType)
            case 5: return try python.string(group.protocolName)
            default: return try members(python, group.members)
            }
        }
    }
}

private func members(
    _ python: borrowing Python, _ members: [GroupInformation.Member]
) throws(PythonError) -> OwnedObject {
    try python.list(count: members.count) { index throws(PythonError) in
        let member = members[index]
        return try python.tuple(count: 5) { index throws(PythonError) in
            switch index {
            case 0: try python.string(member.id)
            case 1: try python.string(member.clientID)
            case 2: try python.string(member.clientHost)
            case 3: try python.bytes(member.metadata, member.metadata.count)
            default: try python.bytes(member.assignment, member.assignment.count)
            }
        }
    }
}
