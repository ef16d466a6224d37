import CRdkafka

extension Admin {
    /// Lists the groups of consumers. Each broker is asked.
    ///
    /// - Parameters:
    ///   - states: those alone that are in one of them; all of them where it is empty.
    ///   - types: those alone that are of one of them; all of them where it is empty.
    /// - Throws: `_NOT_IMPLEMENTED` for types with librdkafka before 2.6.0.
    /// - Note: `rd_kafka_ListConsumerGroups`.
    public func listConsumerGroups(
        states: [ConsumerGroupState] = [], types: [ConsumerGroupType] = [], options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<ConsumerGroupListings>
    ) throws(StreamsError) {
        let list = try Symbols.Groups.listConsumerGroups.required
        let result = try Symbols.Groups.listConsumerGroupsResult.required
        let valid = try Symbols.Groups.listConsumerGroupsResultValid.required
        let errors = try Symbols.Groups.listConsumerGroupsResultErrors.required
        let name = try Symbols.Groups.consumerGroupListingGroupID.required
        let isSimple = try Symbols.Groups.consumerGroupListingIsSimpleConsumerGroup.required
        let state = try Symbols.Groups.consumerGroupListingState.required
        let type = Symbols.Groups.consumerGroupListingType.address
        var options = options
        options.groupStates = states
        options.groupTypes = types
        let read = { [self] (event: OpaquePointer) -> ConsumerGroupListings in
            let answer = result(event)
            var count = 0
            let groups = valid(answer, &count)
            let listings = (0..<count).compactMap { index -> ConsumerGroupListing? in
                guard let group = groups?[index] else { return nil }
                return ConsumerGroupListing(
                    group: String(optional: name(group)) ?? "", isSimple: isSimple(group) != 0,
                    state: ConsumerGroupState(rawValue: state(group).rawValue) ?? .unknown,
                    type: type.map { ConsumerGroupType(raw: $0(group)) })
            }
            var errorCount = 0
            let found = errors(answer, &errorCount)
            return ConsumerGroupListings(
                groups: listings,
                errors: (0..<errorCount).compactMap { StreamsError(of: found?[$0]).map { explained($0) } })
        }
        try request(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, options, then: complete, reading: read) { options, queue in
            list(handle, options, queue)
        }
    }

    /// Describes groups of consumers, with their members.
    ///
    /// One whose coordinator does not answer in time ends it for all of them: those that are to be told of by themselves are
    /// asked for by themselves.
    /// - Throws: `_NOT_IMPLEMENTED` for authorised operations with librdkafka before 2.3.0.
    /// - Note: `rd_kafka_DescribeConsumerGroups`.
    public func describeConsumerGroups(
        _ groups: [String], options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[ConsumerGroupDescription]>
    ) throws(StreamsError) {
        let describe = try Symbols.Groups.describeConsumerGroups.required
        let result = try Symbols.Groups.describeConsumerGroupsResult.required
        let found = try Symbols.Groups.describeConsumerGroupsResultGroups.required
        let reader = try ConsumerGroupReader()
        let read = { [self] (event: OpaquePointer) -> [ConsumerGroupDescription] in
            var count = 0
            guard let groups = found(result(event), &count) else { return [] }
            return (0..<count).compactMap { index in groups[index].map { reader.read($0, of: self) } }
        }
        if groups.isEmpty { throw StreamsError(.invalidArgument, reason: "the request asks for nothing") }
        let complete = groups.count == 1 ? named(groups[0], wanting: "Describe", complete) : complete
        try withCStrings(groups) { raw, count throws(StreamsError) in
            try request(
                RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, options, ofGroup: true, then: complete, reading: read
            ) { options, queue in
                describe(handle, raw, count, options, queue)
            }
        }
    }

    /// Deletes groups, with their offsets. A group that has members stays.
    ///
    /// One whose coordinator does not answer in time ends it for all of them. It may be deleted later, as long as the client is
    /// there.
    /// - Note: `rd_kafka_DeleteGroups`.
    public func deleteConsumerGroups(
        _ groups: [String], options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[ConsumerGroupResult]>
    ) throws(StreamsError) {
        let make = try Symbols.Groups.deleteGroupNew.required
        let destroy = try Symbols.Groups.deleteGroupDestroy.required
        let delete = try Symbols.Groups.deleteGroups.required
        var objects = AdminObjects(destroyedBy: { destroy($0) })
        for group in groups {
            guard let object = make(group) else { throw StreamsError(.invalidArgument) }
            objects.add(object)
        }
        let read = try groupResults(
            wanting: "Delete", of: Symbols.Groups.deleteGroupsResult.required,
            Symbols.Groups.deleteGroupsResultGroups.required)
        let complete = groups.count == 1 ? named(groups[0], wanting: "Delete", complete) : complete
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(
                RD_KAFKA_ADMIN_OP_DELETEGROUPS, options, ofGroup: true, then: complete, reading: read
            ) { options, queue in
                delete(handle, raw, count, options, queue)
            }
        }
    }

    /// Reads the groups of an answer, by the functions for its kind.
    ///
    /// - Parameter operation: which a user must be allowed to do to a group.
    func groupResults(
        wanting operation: String, of result: @escaping (OpaquePointer?) -> OpaquePointer?,
        _ groups: @escaping (OpaquePointer?, UnsafeMutablePointer<Int>?) -> UnsafeMutablePointer<OpaquePointer?>?
    ) throws(StreamsError) -> (OpaquePointer) -> [ConsumerGroupResult] {
        let name = try Symbols.Groups.groupResultName.required
        let error = try Symbols.Groups.groupResultError.required
        let partitions = try Symbols.Groups.groupResultPartitions.required
        return { [self] event in
            var count = 0
            guard let found = groups(result(event), &count) else { return [] }
            return (0..<count).map { index in
                let group = String(optional: name(found[index])) ?? ""
                return ConsumerGroupResult(
                    group: group,
                    error: StreamsError(of: error(found[index])).map {
                        explained($0).named(group: group, wanting: operation)
                    },
                    partitions: TopicPartitionList.partitions(of: partitions(found[index]), names: names))
            }
        }
    }
}

extension ConsumerGroupType {
    init(raw: rd_kafka_consumer_group_type_t) { self = ConsumerGroupType(rawValue: raw.rawValue) ?? .unknown }
}

/// The functions that read the description of a group.
private struct ConsumerGroupReader {
    private let name: rdk_rd_kafka_ConsumerGroupDescription_group_id
    private let error: rdk_rd_kafka_ConsumerGroupDescription_error
    private let isSimple: rdk_rd_kafka_ConsumerGroupDescription_is_simple_consumer_group
    private let assignor: rdk_rd_kafka_ConsumerGroupDescription_partition_assignor
    private let operations: rdk_rd_kafka_ConsumerGroupDescription_authorized_operations?
    private let state: rdk_rd_kafka_ConsumerGroupDescription_state
    private let type: rdk_rd_kafka_ConsumerGroupDescription_type?
    private let coordinator: rdk_rd_kafka_ConsumerGroupDescription_coordinator
    private let memberCount: rdk_rd_kafka_ConsumerGroupDescription_member_count
    private let member: rdk_rd_kafka_ConsumerGroupDescription_member
    private let memberID: rdk_rd_kafka_MemberDescription_consumer_id
    private let clientID: rdk_rd_kafka_MemberDescription_client_id
    private let instanceID: rdk_rd_kafka_MemberDescription_group_instance_id
    private let host: rdk_rd_kafka_MemberDescription_host
    private let assignment: rdk_rd_kafka_MemberDescription_assignment
    private let targetAssignment: rdk_rd_kafka_MemberDescription_target_assignment?
    private let partitions: rdk_rd_kafka_MemberAssignment_partitions
    private let nodes: NodeReader

    init() throws(StreamsError) {
        name = try Symbols.Groups.consumerGroupDescriptionGroupID.required
        error = try Symbols.Groups.consumerGroupDescriptionError.required
        isSimple = try Symbols.Groups.consumerGroupDescriptionIsSimpleConsumerGroup.required
        assignor = try Symbols.Groups.consumerGroupDescriptionPartitionAssignor.required
        operations = Symbols.Groups.consumerGroupDescriptionAuthorizedOperations.address
        state = try Symbols.Groups.consumerGroupDescriptionState.required
        type = Symbols.Groups.consumerGroupDescriptionType.address
        coordinator = try Symbols.Groups.consumerGroupDescriptionCoordinator.required
        memberCount = try Symbols.Groups.consumerGroupDescriptionMemberCount.required
        member = try Symbols.Groups.consumerGroupDescriptionMember.required
        memberID = try Symbols.Groups.memberDescriptionConsumerID.required
        clientID = try Symbols.Groups.memberDescriptionClientID.required
        instanceID = try Symbols.Groups.memberDescriptionGroupInstanceID.required
        host = try Symbols.Groups.memberDescriptionHost.required
        assignment = try Symbols.Groups.memberDescriptionAssignment.required
        targetAssignment = Symbols.Groups.memberDescriptionTargetAssignment.address
        partitions = try Symbols.Groups.memberAssignmentPartitions.required
        nodes = try NodeReader()
    }

    func read(_ group: OpaquePointer, of admin: Admin) -> ConsumerGroupDescription {
        let name = String(optional: name(group)) ?? ""
        var operationCount = 0
        let allowed = operations?(group, &operationCount)
        return ConsumerGroupDescription(
            group: name,
            error: StreamsError(of: error(group)).map {
                admin.explained($0).named(group: name, wanting: "Describe")
            },
            isSimple: isSimple(group) != 0,
            members: (0..<memberCount(group)).map { readMember(member(group, $0), of: admin) },
            assignor: String(optional: assignor(group)) ?? "",
            state: ConsumerGroupState(rawValue: state(group).rawValue) ?? .unknown,
            type: type.map { ConsumerGroupType(raw: $0(group)) }, coordinator: nodes.read(coordinator(group)),
            authorizedOperations: allowed.map { allowed in (0..<operationCount).map { allowed[$0].rawValue } })
    }

    private func readMember(_ member: OpaquePointer?, of admin: Admin) -> ConsumerGroupMember {
        ConsumerGroupMember(
            id: String(optional: memberID(member)) ?? "", clientID: String(optional: clientID(member)) ?? "",
            instanceID: String(optional: instanceID(member)), host: String(optional: host(member)) ?? "",
            assignment: TopicPartitionList.partitions(of: partitions(assignment(member)), names: admin.names),
            targetAssignment: targetAssignment?(member).map {
                TopicPartitionList.partitions(of: partitions($0), names: admin.names)
            })
    }
}
