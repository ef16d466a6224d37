import CRdkafka
import CSystem

/// What a user may do to a resource, or may not; or which of these are meant.
public struct Acl: Sendable {
    /// How the name of a resource is to be understood. Of `rd_kafka_ResourcePatternType_t`.
    public enum Pattern: UInt32, Sendable {
        case unknown = 0
        case any = 1
        /// In a filter: whatever counts for the resource of that name.
        case match = 2
        case literal = 3
        case prefixed = 4
    }

    /// Of `rd_kafka_AclOperation_t`.
    public enum Operation: UInt32, Sendable {
        case unknown = 0
        case any = 1
        case all = 2
        case read = 3
        case write = 4
        case create = 5
        case delete = 6
        case alter = 7
        case describe = 8
        case clusterAction = 9
        case describeConfigs = 10
        case alterConfigs = 11
        case idempotentWrite = 12

        /// As Kafka's tools have it.
        var name: String {
            switch self {
            case .unknown: "Unknown"
            case .any: "Any"
            case .all: "All"
            case .read: "Read"
            case .write: "Write"
            case .create: "Create"
            case .delete: "Delete"
            case .alter: "Alter"
            case .describe: "Describe"
            case .clusterAction: "ClusterAction"
            case .describeConfigs: "DescribeConfigs"
            case .alterConfigs: "AlterConfigs"
            case .idempotentWrite: "IdempotentWrite"
            }
        }
    }

    /// Of `rd_kafka_AclPermissionType_t`.
    public enum Permission: UInt32, Sendable {
        case unknown = 0
        case any = 1
        case deny = 2
        case allow = 3
    }

    public let resource: ConfigResource.Kind
    /// Of a topic the application's name, of the cluster `kafka-cluster`. Nil in a filter: of any.
    public let name: String?
    public let pattern: Pattern
    /// As in `User:alice`. Nil in a filter: anybody.
    public let principal: String?
    /// `*` for everywhere. Nil in a filter: whatever is there.
    public let host: String?
    public let operation: Operation
    public let permission: Permission

    public init(
        _ resource: ConfigResource.Kind, _ name: String?, pattern: Pattern, principal: String?, host: String?,
        operation: Operation, permission: Permission
    ) {
        self.resource = resource
        self.name = name
        self.pattern = pattern
        self.principal = principal
        self.host = host
        self.operation = operation
        self.permission = permission
    }

    /// For the text of an error.
    fileprivate var words: String {
        let place = host == "*" || host == nil ? "" : " from \(host ?? "")"
        return "the ACL that is to \(permission == .deny ? "deny" : "allow") \(principal ?? "")\(place) the operation"
            + " \(operation.name) on \(resource.word) \"\(name ?? "")\"\(pattern == .prefixed ? " and what begins so" : "")"
    }
}

extension ConfigResource.Kind {
    fileprivate var word: String {
        switch self {
        case .topic: "topic"
        case .group: "group"
        // Access control has no single brokers.
        case .broker: "the cluster"
        case .transactionalID: "transactional id"
        case .unknown, .any: "resource"
        }
    }
}

extension Admin {
    /// Makes ACLs; each has an end of its own, in their order.
    ///
    /// - Throws: what is wrong with one of them; nothing was sent then.
    /// - Note: `rd_kafka_CreateAcls`.
    public func createAcls(
        _ acls: [Acl], options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[Result<Void, StreamsError>]>
    ) throws(StreamsError) {
        let create = try Symbols.Access.createAcls.required
        let result = try Symbols.Access.createAclsResult.required
        let results = try Symbols.Access.createAclsResultAcls.required
        let error = try Symbols.Access.aclResultError.required
        let objects = try objects(acls, Symbols.Access.aclBindingNew.required)
        let read = { [self, acls] (event: OpaquePointer) in
            var count = 0
            let found = results(result(event), &count)
            return acls.indices.map { index -> Result<Void, StreamsError> in
                guard index < count, let failure = StreamsError(of: error(found?[index])) else { return .success(()) }
                return .failure(explained(failure, ofClusterWanting: "Alter").followed(by: acls[index].words))
            }
        }
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(RD_KAFKA_ADMIN_OP_CREATEACLS, options, then: complete, reading: read) { options, queue in
                create(handle, raw, count, options, queue)
            }
        }
    }

    /// Asks for the ACLs that a filter is for.
    ///
    /// librdkafka, up to 2.15.0, keeps to itself why brokers refuse that, and gives an empty list. From 2.3.0 on what the user may
    /// do is asked for then.
    ///
    /// - Note: `rd_kafka_DescribeAcls`.
    public func describeAcls(
        _ filter: Acl, options: AdminOptions = AdminOptions(), then complete: @escaping AdminCompletion<[Acl]>
    ) throws(StreamsError) {
        let describe = try Symbols.Access.describeAcls.required
        let result = try Symbols.Access.describeAclsResult.required
        let found = try Symbols.Access.describeAclsResultAcls.required
        let reader = try AclReader()
        let objects = try objects([filter], Symbols.Access.aclBindingFilterNew.required)
        let read = { [self] (event: OpaquePointer) in
            var count = 0
            let acls = found(result(event), &count)
            return reader.read(acls, count, names)
        }
        let finish: AdminCompletion<[Acl]> = { [self] result in
            guard case .success(let acls) = result, acls.isEmpty else { return complete(result) }
            lookForRefusal(options) { refusal in complete(refusal.map { .failure($0) } ?? result) }
        }
        try objects.withRaw { raw, _ throws(StreamsError) in
            try request(
                RD_KAFKA_ADMIN_OP_DESCRIBEACLS, options, wanting: "Describe", then: finish, reading: read
            ) { options, queue in
                describe(handle, raw[0], options, queue)
            }
        }
    }

    /// Tells the error with which brokers refuse to describe ACLs; nil where they do not, and where it cannot be known.
    private func lookForRefusal(_ options: AdminOptions, then tell: @escaping (StreamsError?) -> Void) {
        var asking = AdminOptions()
        asking.requestTimeout = options.requestTimeout
        asking.includesAuthorizedOperations = true
        do throws(StreamsError) {
            try describeCluster(options: asking) { [self] result in
                guard case .success(let cluster) = result, let allowed = cluster.authorizedOperations,
                    !allowed.contains(Acl.Operation.describe.rawValue)
                else { return tell(nil) }
                tell(explained(StreamsError(.clusterAuthorizationFailed), ofClusterWanting: "Describe"))
            }
        } catch {
            tell(nil)
        }
    }

    /// Deletes the ACLs that filters are for; each filter has an end of its own, in their order: what it has deleted.
    ///
    /// - Note: `rd_kafka_DeleteAcls`.
    public func deleteAcls(
        _ filters: [Acl], options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[Result<[Acl], StreamsError>]>
    ) throws(StreamsError) {
        let delete = try Symbols.Access.deleteAcls.required
        let result = try Symbols.Access.deleteAclsResult.required
        let responses = try Symbols.Access.deleteAclsResultResponses.required
        let error = try Symbols.Access.deleteAclsResultResponseError.required
        let matching = try Symbols.Access.deleteAclsResultResponseMatchingAcls.required
        let reader = try AclReader()
        let objects = try objects(filters, Symbols.Access.aclBindingFilterNew.required)
        let read = { [self] (event: OpaquePointer) in
            var count = 0
            let found = responses(result(event), &count)
            return (0..<count).map { index -> Result<[Acl], StreamsError> in
                if let failure = StreamsError(of: error(found?[index])) {
                    return .failure(explained(failure, ofClusterWanting: "Alter"))
                }
                var aclCount = 0
                let acls = matching(found?[index], &aclCount)
                if let (acl, failure) = reader.firstError(acls, aclCount, names) {
                    return .failure(explained(failure, ofClusterWanting: "Alter").followed(by: acl.words))
                }
                return .success(reader.read(acls, aclCount, names))
            }
        }
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(RD_KAFKA_ADMIN_OP_DELETEACLS, options, then: complete, reading: read) { options, queue in
                delete(handle, raw, count, options, queue)
            }
        }
    }

    private func objects(
        _ acls: [Acl], _ make: rdk_rd_kafka_AclBindingFilter_new
    ) throws(StreamsError) -> AdminObjects {
        let destroy = try Symbols.Access.aclBindingDestroy.required
        var objects = AdminObjects(destroyedBy: { destroy($0) })
        for acl in acls {
            var text = [CChar](repeating: 0, count: 512)
            let name = try kafkaName(of: acl)
            let object = withOptionalCStrings(name, acl.principal, acl.host) { name, principal, host in
                make(
                    rd_kafka_ResourceType_t(acl.resource.rawValue), name,
                    rd_kafka_ResourcePatternType_t(acl.pattern.rawValue), principal, host,
                    rd_kafka_AclOperation_t(acl.operation.rawValue),
                    rd_kafka_AclPermissionType_t(acl.permission.rawValue), &text, text.count)
            }
            guard let object else {
                if acl.resource == .transactionalID, !Librdkafka.isAtLeast(2, 6) {
                    throw StreamsError(
                        .notImplemented,
                        reason:
                            "the loaded librdkafka \(Librdkafka.versionText) does not have ACLs of transactional ids,"
                            + " which Apache Kafka's has since 2.6.0")
                }
                throw StreamsError(.invalidArgument, reason: "\(acl.words): \(String(errorText: text))")
            }
            objects.add(object)
        }
        return objects
    }

    /// The name of the resource on Kafka: that of a topic, or a prefix of topics, may be of streams.
    private func kafkaName(of acl: Acl) throws(StreamsError) -> String? {
        guard acl.resource == .topic, let name = acl.name, name.utf8.first == .slash else { return acl.name }
        let isPrefix =
            switch acl.pattern {
            case .prefixed: true
            // Of either kind: what names no topic can only be a prefix.
            case .any: name.utf8.last == .slash || name.utf8.last == .colon
            default: false
            }
        if !isPrefix { return try kafkaTopic(for: name) }
        return try names.kafkaPrefix(for: name, mustCoverAll: acl.permission == .deny)
    }
}

/// The functions that read an ACL.
private struct AclReader {
    private let resource: rdk_rd_kafka_AclBinding_restype
    private let name: rdk_rd_kafka_AclBinding_name
    private let pattern: rdk_rd_kafka_AclBinding_resource_pattern_type
    private let principal: rdk_rd_kafka_AclBinding_principal
    private let host: rdk_rd_kafka_AclBinding_host
    private let operation: rdk_rd_kafka_AclBinding_operation
    private let permission: rdk_rd_kafka_AclBinding_permission_type
    private let error: rdk_rd_kafka_AclBinding_error

    init() throws(StreamsError) {
        resource = try Symbols.Access.aclBindingResourceType.required
        name = try Symbols.Access.aclBindingName.required
        pattern = try Symbols.Access.aclBindingResourcePatternType.required
        principal = try Symbols.Access.aclBindingPrincipal.required
        host = try Symbols.Access.aclBindingHost.required
        operation = try Symbols.Access.aclBindingOperation.required
        permission = try Symbols.Access.aclBindingPermissionType.required
        error = try Symbols.Access.aclBindingError.required
    }

    func read(_ acls: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, _ names: TopicNames?) -> [Acl] {
        (0..<count).compactMap { index in acls?[index].map { read($0, names) } }
    }

    /// The first that has an error of its own.
    func firstError(
        _ acls: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, _ names: TopicNames?
    ) -> (Acl, StreamsError)? {
        for index in 0..<count {
            guard let acl = acls?[index], let error = StreamsError(of: error(acl)) else { continue }
            return (read(acl, names), error)
        }
        return nil
    }

    private func read(_ acl: OpaquePointer, _ names: TopicNames?) -> Acl {
        let kind = ConfigResource.Kind(rawValue: resource(acl).rawValue) ?? .unknown
        let pattern = Acl.Pattern(rawValue: pattern(acl).rawValue) ?? .unknown
        var name = String(optional: name(acl)) ?? ""
        if kind == .topic, name != "*" {
            name = pattern == .prefixed ? names.prefix(ofKafkaPrefix: name) : names.name(ofKafkaTopic: name)
        }
        return Acl(
            kind, name, pattern: pattern, principal: String(optional: principal(acl)),
            host: String(optional: host(acl)),
            operation: Acl.Operation(rawValue: operation(acl).rawValue) ?? .unknown,
            permission: Acl.Permission(rawValue: permission(acl).rawValue) ?? .unknown)
    }
}

/// Lends texts, some of which are not there.
private func withOptionalCStrings<Result>(
    _ first: String?, _ second: String?, _ third: String?,
    _ body: (UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Result
) -> Result {
    let copies = [first, second, third].map { $0.flatMap { strdup($0) } }
    defer { for copy in copies { free(copy) } }
    return body(UnsafePointer(copies[0]), UnsafePointer(copies[1]), UnsafePointer(copies[2]))
}
