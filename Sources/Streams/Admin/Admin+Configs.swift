import CRdkafka

/// What has a configuration: a topic, a broker, a group.
public struct ConfigResource: Sendable {
    /// Of `rd_kafka_ResourceType_t`.
    public enum Kind: UInt32, Sendable {
        case unknown = 0
        case any = 1
        case topic = 2
        case group = 3
        case broker = 4
        case transactionalID = 5
    }

    /// How one property is to be changed. Of `rd_kafka_AlterConfigOpType_t`.
    public enum Operation: UInt32, Sendable {
        case set = 0
        /// Back to the default.
        case delete = 1
        /// To a list.
        case append = 2
        /// From a list.
        case subtract = 3
    }

    public let kind: Kind
    /// Of a topic the application's name, of a broker its id.
    public let name: String

    public init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }
}

/// A property, as a cluster has it.
public struct ConfigEntry: Sendable {
    public let name: String
    /// Nil where the cluster does not tell: of what is sensitive.
    public let value: String?
    /// Of `rd_kafka_ConfigSource_t`: where the value comes from.
    public let source: Int32
    public let isReadOnly: Bool
    public let isDefault: Bool
    public let isSensitive: Bool
    public let isSynonym: Bool
    /// The places that the value is looked for at, in their order.
    public let synonyms: [ConfigEntry]
}

/// What has become of one resource of a request.
public struct ConfigResult: Sendable {
    public let resource: ConfigResource
    /// Nil where it is done.
    public let error: StreamsError?
    public let entries: [ConfigEntry]
}

extension Admin {
    /// Asks for configurations.
    ///
    /// - Note: `rd_kafka_DescribeConfigs`.
    public func describeConfigs(
        _ resources: [ConfigResource], options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[ConfigResult]>
    ) throws(StreamsError) {
        let describe = try Symbols.Admin.describeConfigs.required
        let objects = try self.objects(resources) { _, _ in }
        let read = try configResults(
            of: Symbols.Admin.describeConfigsResult.required, wanting: "DescribeConfigs",
            Symbols.Admin.describeConfigsResultResources.required)
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, options, then: complete, reading: read) { options, queue in
                describe(handle, raw, count, options, queue)
            }
        }
    }

    /// Replaces configurations: a property that is not given goes back to its default.
    ///
    /// - Note: `rd_kafka_AlterConfigs`.
    public func alterConfigs(
        _ resources: [(resource: ConfigResource, properties: [(name: String, value: String)])],
        options: AdminOptions = AdminOptions(), then complete: @escaping AdminCompletion<[ConfigResult]>
    ) throws(StreamsError) {
        let alter = try Symbols.Admin.alterConfigs.required
        let set = try Symbols.Admin.configResourceSetConfig.required
        let objects = try self.objects(resources.map { $0.resource }) { (object, index) throws(StreamsError) in
            for (name, value) in resources[index].properties { try check(set(object, name, value)) }
        }
        let read = try configResults(
            of: Symbols.Admin.alterConfigsResult.required, wanting: "AlterConfigs",
            Symbols.Admin.alterConfigsResultResources.required)
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(RD_KAFKA_ADMIN_OP_ALTERCONFIGS, options, then: complete, reading: read) { options, queue in
                alter(handle, raw, count, options, queue)
            }
        }
    }

    /// Changes properties, and leaves those that are not given.
    ///
    /// - Throws: `_NOT_IMPLEMENTED` with librdkafka before 2.2.0.
    /// - Note: `rd_kafka_IncrementalAlterConfigs`.
    public func incrementalAlterConfigs(
        _ resources: [(resource: ConfigResource, changes: [ConfigChange])],
        options: AdminOptions = AdminOptions(), then complete: @escaping AdminCompletion<[ConfigResult]>
    ) throws(StreamsError) {
        let alter = try Symbols.Admin.incrementalAlterConfigs.required
        let add = try Symbols.Admin.configResourceAddIncrementalConfig.required
        let objects = try self.objects(resources.map { $0.resource }) { (object, index) throws(StreamsError) in
            for change in resources[index].changes {
                let operation = rd_kafka_AlterConfigOpType_t(change.operation.rawValue)
                try check(add(object, change.name, operation, change.value))
            }
        }
        let read = try configResults(
            of: Symbols.Admin.incrementalAlterConfigsResult.required, wanting: "AlterConfigs",
            Symbols.Admin.incrementalAlterConfigsResultResources.required)
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(.incrementalAlterConfigs, options, then: complete, reading: read) { options, queue in
                alter(handle, raw, count, options, queue)
            }
        }
    }

    private func objects(
        _ resources: [ConfigResource], _ fill: (OpaquePointer, Int) throws(StreamsError) -> Void
    ) throws(StreamsError) -> AdminObjects {
        let make = try Symbols.Admin.configResourceNew.required
        let destroy = try Symbols.Admin.configResourceDestroy.required
        var objects = AdminObjects(destroyedBy: { destroy($0) })
        for (index, resource) in resources.enumerated() {
            let name = resource.kind == .topic ? try kafkaTopic(for: resource.name) : resource.name
            guard let object = make(rd_kafka_ResourceType_t(resource.kind.rawValue), name) else {
                throw StreamsError(.invalidArgument, reason: "\"\(resource.name)\" is no resource's name")
            }
            objects.add(object)
            try fill(object, index)
        }
        return objects
    }

    private func configResults(
        of result: @escaping (OpaquePointer?) -> OpaquePointer?, wanting operation: String,
        _ resources: @escaping (OpaquePointer?, UnsafeMutablePointer<Int>?) -> UnsafeMutablePointer<OpaquePointer?>?
    ) throws(StreamsError) -> (OpaquePointer) -> [ConfigResult] {
        let kind = try Symbols.Admin.configResourceType.required
        let name = try Symbols.Admin.configResourceName.required
        let code = try Symbols.Admin.configResourceError.required
        let text = try Symbols.Admin.configResourceErrorString.required
        let configs = try Symbols.Admin.configResourceConfigs.required
        let reader = try ConfigEntryReader()
        return { [self] event in
            var count = 0
            guard let found = resources(result(event), &count) else { return [] }
            return (0..<count).map { index in
                let object = found[index]
                let kind = ConfigResource.Kind(rawValue: kind(object).rawValue) ?? .unknown
                let kafkaName = name(object).map { String(cString: $0) } ?? ""
                let isTopic = kind == .topic
                let error = itemError(code(object), text(object)).map {
                    isTopic
                        ? explained($0, ofTopic: kafkaName, wanting: operation)
                        : explained($0, ofClusterWanting: operation)
                }
                var entryCount = 0
                let entries = configs(object, &entryCount)
                return ConfigResult(
                    resource: ConfigResource(kind, isTopic ? names.name(ofKafkaTopic: kafkaName) : kafkaName),
                    error: error, entries: reader.read(entries, entryCount))
            }
        }
    }
}

/// How a property is to be changed.
public struct ConfigChange: Sendable {
    public let operation: ConfigResource.Operation
    public let name: String
    /// Nil to go back to the default.
    public let value: String?

    public init(_ operation: ConfigResource.Operation, _ name: String, _ value: String?) {
        self.operation = operation
        self.name = name
        self.value = value
    }
}

extension rd_kafka_admin_op_t {
    /// What the header of an older librdkafka does not name.
    static var incrementalAlterConfigs: rd_kafka_admin_op_t { rd_kafka_admin_op_t(16) }
}

/// The functions that read a property.
private struct ConfigEntryReader {
    private let name: rdk_rd_kafka_ConfigEntry_name
    private let value: rdk_rd_kafka_ConfigEntry_value
    private let source: rdk_rd_kafka_ConfigEntry_source
    private let isReadOnly: rdk_rd_kafka_ConfigEntry_is_read_only
    private let isDefault: rdk_rd_kafka_ConfigEntry_is_default
    private let isSensitive: rdk_rd_kafka_ConfigEntry_is_sensitive
    private let isSynonym: rdk_rd_kafka_ConfigEntry_is_synonym
    private let synonyms: rdk_rd_kafka_ConfigEntry_synonyms

    init() throws(StreamsError) {
        name = try Symbols.Admin.configEntryName.required
        value = try Symbols.Admin.configEntryValue.required
        source = try Symbols.Admin.configEntrySource.required
        isReadOnly = try Symbols.Admin.configEntryIsReadOnly.required
        isDefault = try Symbols.Admin.configEntryIsDefault.required
        isSensitive = try Symbols.Admin.configEntryIsSensitive.required
        isSynonym = try Symbols.Admin.configEntryIsSynonym.required
        synonyms = try Symbols.Admin.configEntrySynonyms.required
    }

    func read(_ entries: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int) -> [ConfigEntry] {
        guard let entries else { return [] }
        return (0..<count).map { index in
            let entry = entries[index]
            var synonymCount = 0
            let others = synonyms(entry, &synonymCount)
            return ConfigEntry(
                name: name(entry).map { String(cString: $0) } ?? "",
                value: value(entry).map { String(cString: $0) }, source: Int32(source(entry).rawValue),
                isReadOnly: isReadOnly(entry) > 0, isDefault: isDefault(entry) > 0, isSensitive: isSensitive(entry) > 0,
                isSynonym: isSynonym(entry) > 0, synonyms: read(others, synonymCount))
        }
    }
}
