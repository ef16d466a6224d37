import CPython
import PythonBridge
import Streams

/// Requests about groups of consumers.
nonisolated(unsafe) let groupRequests = [
    // (states, types), both by number
    AdminRow(name: "list_consumer_groups") { python, admin, arguments, options, answer throws(PythonError) in
        let given = try python.row(arguments, count: 2, "arguments")
        let states = try python.array(given[0], "states") { object throws(PythonError) in
            try python.known(object, "states", ConsumerGroupState.init(rawValue:))
        }
        let types = try python.array(given[1], "types") { object throws(PythonError) in
            try python.known(object, "types", ConsumerGroupType.init(rawValue:))
        }
        try python.raising { () throws(StreamsError) in
            try admin.listConsumerGroups(
                states: states, types: types, options: options, then: answer.completion(listings))
        }
    },
    // names
    AdminRow(name: "describe_consumer_groups") { python, admin, arguments, options, answer throws(PythonError) in
        let groups = try names(python, arguments)
        try python.raising { () throws(StreamsError) in
            try admin.describeConsumerGroups(groups, options: options, then: answer.completion(descriptions))
        }
    },
    // names
    AdminRow(name: "delete_consumer_groups") { python, admin, arguments, options, answer throws(PythonError) in
        let groups = try names(python, arguments)
        try python.raising { () throws(StreamsError) in
            try admin.deleteConsumerGroups(groups, options: options, then: answer.completion(groupResults))
        }
    },
]

extension Python {
    /// What a number stands for.
    func known<Value>(
        _ object: Object, _ name: StaticString, _ make: (UInt32) -> Value?
    ) throws(PythonError) -> Value {
        let number = try int32(object, name)
        guard let value = UInt32(exactly: number).flatMap(make) else {
            throw error(.valueError, "\(name): there is no \(number)")
        }
        return value
    }

    /// A tuple for a broker, (id, host, port, rack or None); None where there is none.
    func nodeOrNone(_ node: Node?) throws(PythonError) -> OwnedObject {
        guard let node else { return none }
        return try tuple(count: 4) { index throws(PythonError) in
            switch index {
            case 0: try integer(Int(node.id))
            case 1: try string(node.host)
            case 2: try integer(Int(node.port))
            default: try stringOrNone(node.rack)
            }
        }
    }

    func numberOrNone(_ number: UInt32?) throws(PythonError) -> OwnedObject {
        guard let number else { return none }
        return try integer(Int(number))
    }
}

private func names(_ python: borrowing Python, _ object: Object) throws(PythonError) -> [String] {
    try python.array(object, "group_ids") { name throws(PythonError) in try python.request(text: name, "group_ids") }
}

/// ([(name, is_simple, state, type or None)], [KafkaError]).
private func listings(
    _ python: borrowing Python, _ found: ConsumerGroupListings
) throws(PythonError) -> OwnedObject {
    let groups = try python.list(count: found.groups.count) { index throws(PythonError) in
        let group = found.groups[index]
        return try python.tuple(count: 4) { index throws(PythonError) in
            switch index {
            case 0: return try python.string(group.group)
            case 1: return python.boolean(group.isSimple)
            case 2: return try python.integer(Int(group.state.rawValue))
            default: return try python.numberOrNone(group.type?.rawValue)
            }
        }
    }
    let errors = try python.list(count: found.errors.count) { index throws(PythonError) in
        try python.kafkaError(found.errors[index])
    }
    return try OwnedObject(cpy_tuple2(groups.object, errors.object))
}

/// A list of (exception or None, name, is_simple, members, assignor, state, coordinator, operations or None, type or None).
private func descriptions(
    _ python: borrowing Python, _ found: [ConsumerGroupDescription]
) throws(PythonError) -> OwnedObject {
    try python.list(count: found.count) { index throws(PythonError) in
        let group = found[index]
        return try python.tuple(count: 9) { index throws(PythonError) in
            switch index {
            case 0: return try python.exceptionOrNone(group.error)
            case 1: return try python.string(group.group)
            case 2: return python.boolean(group.isSimple)
            case 3: return try members(python, group.members)
            case 4: return try python.string(group.assignor)
            case 5: return try python.integer(Int(group.state.rawValue))
            case 6: return try python.nodeOrNone(group.coordinator)
            case 7:
                guard let operations = group.authorizedOperations else { return python.none }
                return try python.list(count: operations.count) { index throws(PythonError) in
                    try python.integer(Int(operations[index]))
                }
            default: return try python.numberOrNone(group.type?.rawValue)
            }
        }
    }
}

/// A list of (member_id, client_id, host, partitions, group_instance_id or None, target partitions or None).
private func members(_ python: borrowing Python, _ found: [ConsumerGroupMember]) throws(PythonError) -> OwnedObject {
    try python.list(count: found.count) { index throws(PythonError) in
        let member = found[index]
        return try python.tuple(count: 6) { index throws(PythonError) in
            switch index {
            case 0: return try python.string(member.id)
            case 1: return try python.string(member.clientID)
            case 2: return try python.string(member.host)
            case 3: return try python.list(member.assignment)
            case 4: return try python.stringOrNone(member.instanceID)
            default:
                guard let target = member.targetAssignment else { return python.none }
                return try python.list(target)
            }
        }
    }
}

/// A list of (exception or None, name, partitions).
func groupResults(
    _ python: borrowing Python, _ results: [ConsumerGroupResult]
) throws(PythonError) -> OwnedObject {
    try python.list(count: results.count) { index throws(PythonError) in
        let result = results[index]
        return try python.tuple(count: 3) { index throws(PythonError) in
            switch index {
            case 0: try python.exceptionOrNone(result.error)
            case 1: try python.string(result.group)
            default: try python.list(result.partitions)
            }
        }
    }
}
