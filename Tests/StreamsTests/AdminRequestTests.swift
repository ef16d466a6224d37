import Testing

@testable import Streams

/// Each kind of request: where no broker answers it, where the cluster is a mock one, and where the loaded library lacks it.
@Suite struct AdminRequestTests {
    /// How a request has begun and ended: with the error that it was refused or answered with, or nil.
    private enum End: Equatable {
        case refused(ErrorCode)
        case answered(ErrorCode?)
    }

    /// Sends a request. - Returns: what tells its end.
    private typealias Send = (Admin, AdminOptions) throws(StreamsError) -> () throws -> ErrorCode?

    /// A kind of request, and the first librdkafka that has it where that is newer than 2.0.2.
    private struct Kind {
        let name: String
        let since: (Int32, Int32)?
        let isServedByMock: Bool
        let send: Send

        init(_ name: String, since: (Int32, Int32)? = nil, servedByMock: Bool = false, _ send: @escaping Send) {
            self.name = name
            self.since = since
            isServedByMock = servedByMock
            self.send = send
        }

        var isMissing: Bool { since.map { !Librdkafka.isAtLeast($0.0, $0.1) } ?? false }
    }

    private static let partition = TopicPartition("topic", 0, offset: 0)
    private static let acl = Acl(
        .topic, "topic", pattern: .literal, principal: "User:a", host: "*", operation: .read, permission: .allow)
    private static let filter = Acl(
        .any, nil, pattern: .any, principal: nil, host: nil, operation: .any, permission: .any)
    private static let resource = ConfigResource(.topic, "topic")

    /// The error of an answer as a whole; that of `item` where the items have errors of their own.
    private static func end<Value>(
        _ send: (@escaping AdminCompletion<Value>) throws(StreamsError) -> Void,
        _ item: @escaping (Value) -> ErrorCode? = { _ in nil }
    ) throws(StreamsError) -> () throws -> ErrorCode? {
        let answer = Answer<Value>()
        try send(answer.completion)
        return {
            do {
                return item(try answer.get())
            } catch let error as StreamsError {
                return error.code
            }
        }
    }

    private static func error<Value>(_ results: [Result<Value, StreamsError>]) -> ErrorCode? {
        for case .failure(let error) in results { return error.code }
        return nil
    }

    nonisolated(unsafe) private static let kinds = [
        Kind("createTopics") { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in
                try admin.createTopics([NewTopic("new")], options: options, then: then)
            }
        },
        Kind("deleteTopics") { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in try admin.deleteTopics(["topic"], options: options, then: then) }
        },
        Kind("createPartitions") { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in
                try admin.createPartitions(
                    [NewPartitions("topic", totalCount: 9, replicaAssignment: [[1]])], options: options, then: then)
            }
        },
        Kind("describeConfigs") { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in
                try admin.describeConfigs([resource], options: options, then: then)
            }
        },
        Kind("alterConfigs") { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in
                try admin.alterConfigs(
                    [(resource: resource, properties: [(name: "a", value: "b")])], options: options, then: then)
            }
        },
        Kind("incrementalAlterConfigs", since: (2, 2)) { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in
                try admin.incrementalAlterConfigs(
                    [(resource: resource, changes: [ConfigChange(.set, "a", "b"), ConfigChange(.delete, "c", nil)])],
                    options: options, then: then)
            }
        },
        Kind("describeCluster", since: (2, 3), servedByMock: true) { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in try admin.describeCluster(options: options, then: then) }
        },
        Kind("describeTopics", since: (2, 3), servedByMock: true) { admin, options throws(StreamsError) in
            try end(
                { then throws(StreamsError) in
                    try admin.describeTopics(["topic"], options: options, then: then)
                }, error)
        },
        Kind("deleteRecords") { admin, options throws(StreamsError) in
            try end(
                { then throws(StreamsError) in
                    try admin.deleteRecords(before: [partition], options: options, then: then)
                }, error)
        },
        Kind("electLeaders", since: (2, 6)) { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in
                try admin.electLeaders(.preferred, [partition], options: options, then: then)
            }
        },
        Kind("electLeaders of all", since: (2, 6)) { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in
                try admin.electLeaders(.unclean, nil, options: options, then: then)
            }
        },
        Kind("createAcls") { admin, options throws(StreamsError) in
            try end({ then throws(StreamsError) in try admin.createAcls([acl], options: options, then: then) }, error)
        },
        Kind("describeAcls") { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in try admin.describeAcls(filter, options: options, then: then) }
        },
        Kind("deleteAcls") { admin, options throws(StreamsError) in
            try end(
                { then throws(StreamsError) in
                    try admin.deleteAcls([filter], options: options, then: then)
                }, error)
        },
        Kind("describeScramUsers", since: (2, 2)) { admin, options throws(StreamsError) in
            try end(
                { then throws(StreamsError) in
                    try admin.describeScramUsers(["a"], options: options, then: then)
                }, error)
        },
        Kind("describeScramUsers of all", since: (2, 2)) { admin, options throws(StreamsError) in
            try end(
                { then throws(StreamsError) in
                    try admin.describeScramUsers(nil, options: options, then: then)
                }, error)
        },
        Kind("alterScramUsers", since: (2, 2)) { admin, options throws(StreamsError) in
            try end(
                { then throws(StreamsError) in
                    try admin.alterScramUsers(
                        [
                            .upsert(
                                user: "a", ScramCredential(.sha256, iterations: 4096), password: Array("p".utf8),
                                salt: nil),
                            .delete(user: "b", .sha512),
                        ], options: options, then: then)
                }, error)
        },
        Kind("listConsumerGroups") { admin, options throws(StreamsError) in
            try end({ then throws(StreamsError) in
                try admin.listConsumerGroups(states: [.stable], options: options, then: then)
            }) { $0.errors.first?.code }
        },
        Kind("describeConsumerGroups") { admin, options throws(StreamsError) in
            try end({ then throws(StreamsError) in
                try admin.describeConsumerGroups(["group"], options: options, then: then)
            }) { $0.first?.error?.code }
        },
        Kind("deleteConsumerGroups") { admin, options throws(StreamsError) in
            try end({ then throws(StreamsError) in
                try admin.deleteConsumerGroups(["group"], options: options, then: then)
            }) { $0.first?.error?.code }
        },
        Kind("listConsumerGroupOffsets", servedByMock: true) { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in
                try admin.listConsumerGroupOffsets(
                    ConsumerGroupPartitions("group", [partition]), requiresStable: true, options: options, then: then)
            }
        },
        Kind("listConsumerGroupOffsets of all") { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in
                try admin.listConsumerGroupOffsets(
                    ConsumerGroupPartitions("group", nil), options: options, then: then)
            }
        },
        Kind("alterConsumerGroupOffsets", servedByMock: true) { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in
                try admin.alterConsumerGroupOffsets(
                    ConsumerGroupPartitions("group", [partition]), options: options, then: then)
            }
        },
        Kind("deleteConsumerGroupOffsets") { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in
                try admin.deleteConsumerGroupOffsets(
                    ConsumerGroupPartitions("group", [partition]), options: options, then: then)
            }
        },
        Kind("listOffsets", since: (2, 3), servedByMock: true) { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in
                try admin.listOffsets(
                    [(partition: partition, spec: .latest)], isolation: .readCommitted, options: options, then: then)
            }
        },
        Kind("listOffsets by time", since: (2, 3)) { admin, options throws(StreamsError) in
            try end { then throws(StreamsError) in
                try admin.listOffsets([(partition: partition, spec: .timestamp(5))], options: options, then: then)
            }
        },
    ]

    private func options(milliseconds: Int32) -> AdminOptions {
        var options = AdminOptions()
        options.requestTimeout = milliseconds
        return options
    }

    private func begin(_ kind: Kind, _ admin: Admin, milliseconds: Int32) throws -> () throws -> End {
        do throws(StreamsError) {
            let end = try kind.send(admin, options(milliseconds: milliseconds))
            return { .answered(try end()) }
        } catch {
            return { .refused(error.code) }
        }
    }

    @Test func whatNobodyAnswersEndsWithItsTime() throws {
        let admin = try lonelyAdmin()
        let ends = try Self.kinds.map { ($0, try begin($0, admin, milliseconds: 200)) }
        for (kind, end) in ends {
            #expect(
                try end() == (kind.isMissing ? .refused(.notImplemented) : .answered(.timedOut)), "\(kind.name)")
        }
        #expect(eventually { admin.outstanding == 0 })
    }

    @Test func aMockClusterAnswersWhatItCanAndTheRestIsNotSent() throws {
        let test = try TestCluster()
        let admin = try Admin(configuration: test.configuration([:], dialect: .kafka), events: ClientEvents())
        for kind in Self.kinds {
            let end = try begin(kind, admin, milliseconds: 60_000)()
            if kind.isMissing {
                #expect(end == .refused(.notImplemented), "\(kind.name)")
            } else {
                #expect(end == (kind.isServedByMock ? .answered(nil) : .refused(.unsupportedFeature)), "\(kind.name)")
            }
        }
        #expect(eventually { admin.outstanding == 0 })
    }

    @Test func whatIsUnderWayEndsWithTheClient() throws {
        let admin = Unmanaged.passRetained(try lonelyAdmin())
        let ends = try Self.kinds.filter { !$0.isMissing }.map { kind in
            (kind, try begin(kind, admin.takeUnretainedValue(), milliseconds: 60_000))
        }
        #expect(admin.takeUnretainedValue().outstanding == ends.count)
        _ = Client.release(Unmanaged<Client>.fromOpaque(admin.toOpaque()), mayWait: false)
        for (kind, end) in ends { #expect(try end() == .answered(.destroyed), "\(kind.name)") }
    }

    @Test func partitionsThatAreThereTwiceAreNotSent() throws {
        let admin = try lonelyAdmin()
        let records = Answer<[Result<Int64, StreamsError>]>()
        let leaders = Answer<[(partition: TopicPartition, error: StreamsError?)]>()
        let twice = [Self.partition, Self.partition]
        let deleted = try refusal(of: admin) { () throws(StreamsError) in
            try admin.deleteRecords(before: twice, then: records.completion)
        }
        #expect(deleted.code == .invalidArgument && deleted.text.contains("topic"))
        guard Symbols.Cluster.electLeaders.address != nil else { return }
        let elected = try refusal(of: admin) { () throws(StreamsError) in
            try admin.electLeaders(.preferred, twice, then: leaders.completion)
        }
        #expect(elected.code == .invalidArgument && elected.text.contains("topic"))
    }

    @Test func anAclThatLibrdkafkaRefusesIsNamed() throws {
        let admin = try lonelyAdmin()
        let answer = Answer<[Result<Void, StreamsError>]>()
        let odd = Acl(
            .topic, "topic", pattern: .literal, principal: "User:a", host: "*", operation: .any, permission: .allow)
        let error = try refusal(of: admin) { () throws(StreamsError) in
            try admin.createAcls([Self.acl, odd], then: answer.completion)
        }
        #expect(error.code == .invalidArgument)
        #expect(error.text.contains("the ACL that is to allow User:a the operation Any on topic \"topic\""))
        #expect(!answer.isThere)
    }

    @Test func everyFunctionOfTheFloorIsThere() {
        // 2.0.2 is the oldest that is supported: what is not newer must be found.
        #expect(Symbols.Admin.createTopics.address != nil)
        #expect(Symbols.Admin.deleteTopics.address != nil)
        #expect(Symbols.Admin.createPartitions.address != nil)
        #expect(Symbols.Admin.describeConfigs.address != nil)
        #expect(Symbols.Admin.alterConfigs.address != nil)
        #expect(Symbols.Cluster.deleteRecords.address != nil)
        #expect(Symbols.Access.createAcls.address != nil)
        #expect(Symbols.Access.describeAcls.address != nil)
        #expect(Symbols.Access.deleteAcls.address != nil)
    }
}
