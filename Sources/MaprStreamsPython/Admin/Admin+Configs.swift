import CPython
import PythonBridge
import Streams

/// Requests about configurations.
nonisolated(unsafe) let configRequests = [
    // (kind, name)
    AdminRow(name: "describe_configs") { python, admin, arguments, options, answer throws(PythonError) in
        let resources = try python.array(arguments, "resources") { object throws(PythonError) in
            let given = try python.row(object, count: 2, "resources")
            return try resource(python, given[0], given[1])
        }
        try python.raising { () throws(StreamsError) in
            try admin.describeConfigs(resources, options: options, then: answer.completion(configResults))
        }
    },
    // (kind, name, ((property, value), …))
    AdminRow(name: "alter_configs") { python, admin, arguments, options, answer throws(PythonError) in
        let resources = try python.array(arguments, "resources") { object throws(PythonError) in
            let given = try python.row(object, count: 3, "resources")
            return (
                resource: try resource(python, given[0], given[1]), properties: try python.texts(given[2], "resources")
            )
        }
        try python.raising { () throws(StreamsError) in
            try admin.alterConfigs(resources, options: options, then: answer.completion(configResults))
        }
    },
    // (kind, name, ((operation, property, value or None), …))
    AdminRow(name: "incremental_alter_configs") { python, admin, arguments, options, answer throws(PythonError) in
        let resources = try python.array(arguments, "resources") { object throws(PythonError) in
            let given = try python.row(object, count: 3, "resources")
            let changes = try python.array(given[2], "incremental_configs") { change throws(PythonError) in
                try configChange(python, change)
            }
            return (resource: try resource(python, given[0], given[1]), changes: changes)
        }
        try python.raising { () throws(StreamsError) in
            try admin.incrementalAlterConfigs(resources, options: options, then: answer.completion(configResults))
        }
    },
]

private func resource(
    _ python: borrowing Python, _ kind: Object, _ name: Object
) throws(PythonError) -> ConfigResource {
    let number = try python.int32(kind, "restype")
    guard let kind = UInt32(exactly: number).flatMap({ ConfigResource.Kind(rawValue: $0) }) else {
        throw python.error(.valueError, "restype must be a ResourceType, not \(number)")
    }
    return ConfigResource(kind, try python.request(text: name, "name"))
}

private func configChange(_ python: borrowing Python, _ object: Object) throws(PythonError) -> ConfigChange {
    let given = try python.row(object, count: 3, "incremental_configs")
    let number = try python.int32(given[0], "incremental_operation")
    guard let operation = UInt32(exactly: number).flatMap({ ConfigResource.Operation(rawValue: $0) }) else {
        throw python.error(.valueError, "incremental_operation must be an AlterConfigOpType, not \(number)")
    }
    return ConfigChange(
        operation, try python.request(text: given[1], "name"),
        given[2].isNone ? nil : try python.request(text: given[2], "value"))
}

/// A list of (kind, name, exception or None, entries).
private func configResults(_ python: borrowing Python, _ results: [ConfigResult]) throws(PythonError) -> OwnedObject {
    try python.list(count: results.count) { index throws(PythonError) in
        let result = results[index]
        return try python.tuple(count: 4) { index throws(PythonError) in
            switch index {
            case 0: try python.integer(Int(result.resource.kind.rawValue))
            case 1: try python.string(result.resource.name)
            case 2: try python.exceptionOrNone(result.error)
            default: try entries(python, result.entries)
            }
        }
    }
}

/// A list of (name, value or None, source, is_read_only, is_default, is_sensitive, is_synonym, synonyms).
private func entries(_ python: borrowing Python, _ found: [ConfigEntry]) throws(PythonError) -> OwnedObject {
    try python.list(count: found.count) { index throws(PythonError) in
        let entry = found[index]
        return try python.tuple(count: 8) { index throws(PythonError) in
            switch index {
            case 0: return try python.string(entry.name)
            case 1:
                guard let value = entry.value else { return python.none }
                return try python.string(value)
            case 2: return try python.integer(Int(entry.source))
            case 3: return python.boolean(entry.isReadOnly)
            case 4: return python.boolean(entry.isDefault)
            case 5: return python.boolean(entry.isSensitive)
            case 6: return python.boolean(entry.isSynonym)
            default: return try entries(python, entry.synonyms)
            }
        }
    }
}
