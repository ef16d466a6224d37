import Testing

@testable import Streams

@Suite struct AdminTests {
    let test: TestCluster

    init() throws { test = try TestCluster(partitions: 2) }

    private func admin(_ properties: [String: String] = [:]) throws -> Admin {
        try Admin(configuration: test.configuration(properties, dialect: .kafka), events: ClientEvents())
    }

    private var options: AdminOptions {
        var options = AdminOptions()
        options.requestTimeout = 60_000
        return options
    }

    @Test func committedOffsetsAreThoseThatAConsumerSees() throws {
        let admin = try admin()
        let offsets = [test.partition(0, offset: 3), test.partition(1, offset: 4)]
        let altered = Answer<[ConsumerGroupResult]>()
        try admin.alterConsumerGroupOffsets(
            ConsumerGroupPartitions("group", offsets), options: options, then: altered.completion)
        let done = try #require(altered.get().first)
        #expect(done.group == "group" && done.error == nil)
        #expect(done.partitions.map(\.error) == [nil, nil])

        let consumer = try test.consumer()
        let committed = try consumer.committed([test.partition(0), test.partition(1)], milliseconds: 60_000)
        #expect(committed.map(\.offset) == [3, 4])

        let listed = Answer<[ConsumerGroupResult]>()
        try admin.listConsumerGroupOffsets(
            ConsumerGroupPartitions("group", [test.partition(1), test.partition(7)]), options: options,
            then: listed.completion)
        let found = try #require(listed.get().first).partitions
        #expect(found.map(\.offset) == [4, TopicPartition.invalidOffset])
        #expect(found[0].error == nil && found[1].error == .unknownTopicOrPartition)
        #expect(eventually { admin.outstanding == 0 })
    }

    @Test func manyRequestsAreAnsweredEachWithItsOwn() throws {
        let admin = try admin()
        let answers = (0..<20).map { _ in Answer<[ConsumerGroupResult]>() }
        for (number, answer) in answers.enumerated() {
            try admin.alterConsumerGroupOffsets(
                ConsumerGroupPartitions("group-\(number)", [test.partition(0, offset: Int64(number))]),
                options: options, then: answer.completion)
        }
        for (number, answer) in answers.enumerated() {
            let result = try #require(answer.get().first)
            #expect(result.group == "group-\(number)" && result.partitions.map(\.offset) == [Int64(number)])
        }
    }

    @Test func offsetsOfPartitionsAreListedInTheOrderOfTheRequest() throws {
        guard Symbols.Groups.listOffsets.address != nil else { return }
        try test.fill(["a", "b"], partition: 1)
        let admin = try admin()
        let answer = Answer<[ListedOffset]>()
        try admin.listOffsets(
            [(test.partition(1), .latest), (test.partition(0), .earliest)], options: options, then: answer.completion)
        let found = try answer.get()
        #expect(found.map(\.partition.partition) == [1, 0])
        #expect(found.map(\.partition.offset) == [2, 0])
    }

    @Test func endsOfPartitionsAreFoundWithAnyLibrdkafka() throws {
        try test.fill(["a", "b"], partition: 1)
        let partitions = [test.partition(1), test.partition(0)]
        let admin = try admin()
        #expect(try admin.offsets(at: .end, of: partitions, milliseconds: 60_000).map(\.offset) == [2, 0])
        #expect(try admin.offsets(at: .beginning, of: partitions, milliseconds: 60_000).map(\.offset) == [0, 0])
    }

    @Test func whatAMockClusterDoesNotAnswerIsNotSent() throws {
        let admin = try admin()
        let groups = Answer<ConsumerGroupListings>()
        let described = Answer<[ConsumerGroupDescription]>()
        let offsets = Answer<[ConsumerGroupResult]>()
        let topics = Answer<[TopicResult]>()
        let refusals = try [
            refusal(of: admin) { () throws(StreamsError) in try admin.listConsumerGroups(then: groups.completion) },
            refusal(of: admin) { () throws(StreamsError) in
                try admin.describeConsumerGroups(["group"], then: described.completion)
            },
            refusal(of: admin) { () throws(StreamsError) in
                try admin.listConsumerGroupOffsets(ConsumerGroupPartitions("group", nil), then: offsets.completion)
            },
            refusal(of: admin) { () throws(StreamsError) in
                try admin.createTopics([NewTopic("new")], then: topics.completion)
            },
            refusal(of: admin) { () throws(StreamsError) in _ = try admin.groups(nil, milliseconds: 60_000) },
        ]
        #expect(refusals.allSatisfy { $0.code == .unsupportedFeature })
    }

    @Test func aRequestForNothingIsNotSent() throws {
        let admin = try lonelyAdmin()
        let topics = Answer<[TopicResult]>()
        let offsets = Answer<[ConsumerGroupResult]>()
        let described = Answer<[ConsumerGroupDescription]>()
        let refusals = try [
            refusal(of: admin) { () throws(StreamsError) in try admin.createTopics([], then: topics.completion) },
            refusal(of: admin) { () throws(StreamsError) in
                try admin.deleteConsumerGroups([], then: offsets.completion)
            },
            refusal(of: admin) { () throws(StreamsError) in
                try admin.describeConsumerGroups([], then: described.completion)
            },
        ]
        #expect(refusals.allSatisfy { $0.code == .invalidArgument })
    }

    @Test func arrangementsThatLibrdkafkaRefusesNameTheTopic() throws {
        let admin = try lonelyAdmin()
        let answer = Answer<[TopicResult]>()
        let error = try refusal(of: admin) { () throws(StreamsError) in
            try admin.createTopics(
                [NewTopic("sound", partitionCount: 1), NewTopic("odd", partitionCount: -5)], then: answer.completion)
        }
        #expect(error.code == .invalidArgument)
        #expect(error.text.hasPrefix("topic \"odd\": "))
        #expect(!answer.isThere)
    }

    @Test func anAnswerThatDoesNotComeEndsWithItsTime() throws {
        let admin = try lonelyAdmin()
        let answer = Answer<[TopicResult]>()
        var options = AdminOptions()
        options.requestTimeout = 100
        try admin.deleteTopics(["topic"], options: options, then: answer.completion)
        #expect(try answer.failure().code == .timedOut)
        #expect(eventually { admin.outstanding == 0 })
    }

    @Test func anErrorOfARequestAboutOneGroupNamesIt() throws {
        let admin = try lonelyAdmin()
        let answer = Answer<[ConsumerGroupResult]>()
        var options = AdminOptions()
        options.requestTimeout = 100
        try admin.listConsumerGroupOffsets(
            ConsumerGroupPartitions("group", nil), options: options, then: answer.completion)
        #expect(try answer.failure().text.hasSuffix("(group \"group\")"))
    }

    @Test func theEndOfTheClientIsTheAnswerOfWhatIsUnderWay() throws {
        let answer = Answer<[TopicResult]>()
        do {
            let admin = Unmanaged.passRetained(try lonelyAdmin())
            try admin.takeUnretainedValue().deleteTopics(["topic"], then: answer.completion)
            #expect(!answer.isThere)
            _ = Client.release(Unmanaged<Client>.fromOpaque(admin.toOpaque()), mayWait: false)
        }
        #expect(try answer.failure().code == .destroyed)
    }

    @Test func aClientThatNobodyHoldsLivesUntilItsRequestsHaveEnded() throws {
        var options = AdminOptions()
        options.requestTimeout = 10
        for _ in 0..<20 {
            weak var gone: Admin?
            let topics = Answer<[TopicResult]>()
            let offsets = Answer<[ConsumerGroupResult]>()
            do {
                let admin = try lonelyAdmin()
                gone = admin
                try admin.deleteTopics(["topic"], options: options, then: topics.completion)
                try admin.listConsumerGroupOffsets(
                    ConsumerGroupPartitions("group", nil), options: options, then: offsets.completion)
            }
            #expect(try topics.failure().code == .timedOut)
            #expect(try offsets.failure().code == .timedOut)
            #expect(eventually { gone == nil })
        }
    }

    @Test func whatTheLoadedLibraryLacksIsNamedByTheCallThatNeedsIt() throws {
        let admin = try lonelyAdmin()
        let offsets = Answer<[ListedOffset]>()
        let groups = Answer<ConsumerGroupListings>()
        var missing: [(function: String, since: String, error: StreamsError)] = []
        if Symbols.Groups.listOffsets.address == nil {
            let error = try refusal(of: admin) { () throws(StreamsError) in
                try admin.listOffsets([(test.partition(0), .latest)], then: offsets.completion)
            }
            missing.append(("rd_kafka_ListOffsets", "2.3.0", error))
        }
        if Symbols.Groups.adminOptionsSetMatchConsumerGroupTypes.address == nil {
            let error = try refusal(of: admin) { () throws(StreamsError) in
                try admin.listConsumerGroups(types: [.classic], then: groups.completion)
            }
            missing.append(("rd_kafka_AdminOptions_set_match_consumer_group_types", "2.6.0", error))
        }
        for (function, since, error) in missing {
            #expect(error.code == .notImplemented)
            #expect(
                error.text == "the loaded librdkafka \(Librdkafka.versionText) does not have \(function), which Apache"
                    + " Kafka's has since \(since)")
        }
        // One that no librdkafka has, so that there is always one.
        let nobody = Symbol<@convention(c) () -> Void>(9, 9, 9) { _, name in
            name?.pointee = nil
            return nil
        }
        #expect(throws: StreamsError.self) { try nobody.required }
    }

    @Test func everyFunctionOfTheFloorIsThere() {
        // 2.0.2 is the oldest that is supported: what is not newer must be found.
        #expect(Symbols.Groups.listConsumerGroups.address != nil)
        #expect(Symbols.Groups.describeConsumerGroups.address != nil)
        #expect(Symbols.Groups.deleteGroupsResultGroups.address != nil)
        #expect(Symbols.Groups.listConsumerGroupOffsetsResultGroups.address != nil)
        #expect(Symbols.Groups.alterConsumerGroupOffsetsResultGroups.address != nil)
        #expect(Symbols.Groups.deleteConsumerGroupOffsetsResultGroups.address != nil)
    }
}
