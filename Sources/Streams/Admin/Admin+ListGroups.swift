import CRdkafka

/// A group, as the older request tells of it.
public struct GroupInformation: Sendable {
    public struct Member: Sendable {
        public let id: String
        public let clientID: String
        public let clientHost: String
        /// What the member has said when it joined, in the form of the group's protocol type.
        public let metadata: [UInt8]
        /// What the leader has given it, in that form.
        public let assignment: [UInt8]
    }

    /// The broker that has told.
    public let broker: Node
    public let group: String
    /// Nil where there is none.
    public let error: StreamsError?
    public let state: String
    public let protocolType: String
    public let protocolName: String
    public let members: [Member]
}

extension Admin {
    /// What the brokers say of groups of any protocol type. Waits.
    ///
    /// - Parameter group: of this one alone; of all of them where it is nil.
    /// - Note: `rd_kafka_list_groups`, which is older than `listConsumerGroups`.
    public func groups(_ group: String?, milliseconds: Int32) throws(StreamsError) -> [GroupInformation] {
        try refuseMock()
        var raw: UnsafePointer<rd_kafka_group_list>?
        let code = try askUntilAnswered(milliseconds: milliseconds) { milliseconds throws(StreamsError) in
            rd_kafka_list_groups(handle, group, &raw, milliseconds)
        }
        // Where some brokers have not answered there is a list of what the others have.
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__PARTIAL, let raw else {
            throw explained(StreamsError(ErrorCode(code)))
        }
        defer { rd_kafka_group_list_destroy(raw) }
        return (0..<Int(raw.pointee.group_cnt)).map { information(of: raw.pointee.groups[$0]) }
    }

    private func information(of raw: rd_kafka_group_info) -> GroupInformation {
        let name = String(optional: raw.group) ?? ""
        let error = ErrorCode(raw.err)
        return GroupInformation(
            broker: Node(
                id: raw.broker.id, host: String(optional: raw.broker.host) ?? "", port: raw.broker.port, rack: nil),
            group: name,
            error: error == .noError
                ? nil : explained(StreamsError(error)).named(group: name, wanting: "Describe"),
            state: String(optional: raw.state) ?? "", protocolType: String(optional: raw.protocol_type) ?? "",
            protocolName: String(optional: raw.protocol) ?? "",
            members: (0..<Int(raw.member_cnt)).map { index in
                let member = raw.members[index]
                return GroupInformation.Member(
                    id: String(optional: member.member_id) ?? "", clientID: String(optional: member.client_id) ?? "",
                    clientHost: String(optional: member.client_host) ?? "",
                    metadata: Self.bytes(member.member_metadata, member.member_metadata_size),
                    assignment: Self.bytes(member.member_assignment, member.member_assignment_size))
            })
    }

    private static func bytes(_ start: UnsafeMutableRawPointer?, _ count: Int32) -> [UInt8] {
        [UInt8](UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : max(0, Int(count))))
    }
}
