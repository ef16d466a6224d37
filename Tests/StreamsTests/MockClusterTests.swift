import CRdkafka
import CSystem
import Testing

@testable import Streams

@Suite struct MockClusterTests {
    @Test(arguments: [Int32(0), -1]) func itHasOneBrokerAtLeast(_ brokers: Int32) {
        let error = thrown { () throws(StreamsError) in _ = try MockCluster(brokers: brokers) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func eachBrokerHasAnAddress() throws {
        let cluster = try MockCluster(brokers: 3)
        #expect(cluster.bootstrapServers.split(separator: ",").count == 3)
    }

    @Test func aBrokerThatIsBackUpGetsWhatWaitedForIt() throws {
        let test = try TestCluster()
        let reports = Reports()
        let producer = try test.producer(["reconnect.backoff.max.ms": "100"], reports: reports)
        let topic = try producer.topic(test.topic)
        try producer.produce(topic, value: "before")
        #expect(producer.serve { reports.all.count == 1 })
        try test.cluster.setBrokerDown(1)
        try producer.produce(topic, value: "meanwhile")
        #expect(!producer.flush(milliseconds: 100))
        #expect(reports.all.count == 1)
        try test.cluster.setBrokerUp(1)
        #expect(producer.serve { reports.all.count == 2 })
        #expect(reports.all.map(\.error) == [.noError, .noError])
        #expect(reports.all.map(\.offset) == [0, 1])
    }

    @Test func aSlowBrokerDelaysEveryAnswer() throws {
        let test = try TestCluster()
        let producer = try test.producer(reports: Reports())
        _ = try producer.metadata(topic: test.topic, milliseconds: 60_000)
        let clock = ContinuousClock()
        func asking() throws -> Duration {
            let began = clock.now
            _ = try producer.metadata(topic: test.topic, milliseconds: 60_000)
            return clock.now - began
        }
        try test.cluster.setBrokerRoundTripTime(1, milliseconds: 300)
        #expect(try asking() >= .milliseconds(300))
        try test.cluster.setBrokerRoundTripTime(1, milliseconds: 0)
        // On a busy machine an answer may take as long by itself, but not each.
        #expect(try eventually { try asking() < .milliseconds(300) })
    }

    @Test func aTopicsErrorIsInItsMetadata() throws {
        let test = try TestCluster()
        let producer = try test.producer(reports: Reports())
        for error in [ErrorCode.noError, ErrorCode(rawValue: 29), .noError] {
            let refused = thrown { () throws(StreamsError) in try test.cluster.setTopicError(test.topic, error) }
            if let refused {
                #expect(refused.code == .notImplemented && refused.text.contains("clients of librdkafka 2."))
                return
            }
            let metadata = try producer.metadata(topic: test.topic, milliseconds: 60_000)
            #expect(metadata.topics.map { $0.error?.code ?? .noError } == [error])
        }
    }

    @Test func aPassingErrorIsTriedAgainAndALastingOneIsReported() throws {
        let test = try TestCluster()
        let reports = Reports()
        let producer = try test.producer(["retry.backoff.ms": "1"], reports: reports)
        let topic = try producer.topic(test.topic)
        // NOT_ENOUGH_REPLICAS may pass.
        try test.cluster.pushRequestErrors(apiKey: 0, [ErrorCode(rawValue: 19), ErrorCode(rawValue: 19)])
        try producer.produce(topic, value: "in the end")
        #expect(producer.serve { reports.all.count == 1 })
        #expect(reports.all.last?.error == .noError)
        // TOPIC_AUTHORIZATION_FAILED does not.
        try test.cluster.pushRequestErrors(apiKey: 0, [ErrorCode(rawValue: 29)])
        try producer.produce(topic, value: "never")
        #expect(producer.serve { reports.all.count == 2 })
        #expect(reports.all.last?.error.name == "TOPIC_AUTHORIZATION_FAILED")
        #expect(reports.all.last?.value == "never")
    }

    @Test func errorsThatWereClearedDoNotCome() throws {
        let test = try TestCluster()
        let reports = Reports()
        let producer = try test.producer(reports: reports)
        try test.cluster.pushRequestErrors(apiKey: 0, Array(repeating: ErrorCode(rawValue: 29), count: 5))
        try test.cluster.clearRequestErrors(apiKey: 0)
        try producer.produce(try producer.topic(test.topic), value: "v")
        #expect(producer.serve { reports.all.count == 1 })
        #expect(reports.all.first?.error == .noError)
    }

    @Test func errorsOfABrokerAreItsAloneAndAreCounted() throws {
        let test = try TestCluster(brokers: 2)
        let reports = Reports()
        let producer = try test.producer(["retries": "0"], reports: reports)
        let topic = try producer.topic(test.topic)
        try test.cluster.setPartitionLeader(test.topic, 0, broker: 2)
        let notAuthorized = MockCluster.RequestError(ErrorCode(rawValue: 29))
        try test.cluster.pushRequestErrors(apiKey: 0, [notAuthorized], broker: 1)
        try test.cluster.pushRequestErrors(apiKey: 0, [notAuthorized, notAuthorized], broker: 2)
        #expect(try test.cluster.requestErrorsLeft(apiKey: 0, broker: 2) == 2)
        try producer.produce(topic, value: "v")
        #expect(producer.serve { reports.all.count == 1 })
        #expect(reports.all.map(\.error.rawValue) == [29])
        #expect(try test.cluster.requestErrorsLeft(apiKey: 0, broker: 2) == 1)
        #expect(try test.cluster.requestErrorsLeft(apiKey: 0, broker: 1) == 1)
        let unknown = thrown { () throws(StreamsError) in
            try test.cluster.pushRequestErrors(apiKey: 0, [notAuthorized], broker: 3)
        }
        #expect(unknown?.code.name == "_UNKNOWN_BROKER")
    }

    @Test func aBrokerThatWasGivenErrorsOfItsOwnTakesNoneOfTheCluster() throws {
        let test = try TestCluster()
        let reports = Reports()
        let producer = try test.producer(["retries": "0"], reports: reports)
        let topic = try producer.topic(test.topic)
        try test.cluster.pushRequestErrors(apiKey: 0, [.init(.noError)], broker: 1)
        try test.cluster.pushRequestErrors(apiKey: 0, [ErrorCode(rawValue: 29)])
        for count in 1...2 {
            try producer.produce(topic, value: "v")
            #expect(producer.serve { reports.all.count == count })
        }
        #expect(reports.all.map(\.error) == [.noError, .noError])
    }

    @Test func anAnswerCanBeHeldBackWithoutAnError() throws {
        let test = try TestCluster()
        let reports = Reports()
        let producer = try test.producer(reports: reports)
        let topic = try producer.topic(test.topic)
        try test.cluster.pushRequestErrors(apiKey: 0, [.init(.noError, milliseconds: 300)], broker: 1)
        let clock = ContinuousClock()
        let began = clock.now
        try producer.produce(topic, value: "v")
        #expect(producer.serve { reports.all.count == 1 })
        #expect(reports.all.first?.error == .noError)
        #expect(clock.now - began >= .milliseconds(300))
    }

    @Test func errorsOfAPartitionAreItsAloneOrAnErrorThatSaysWhatToDo() throws {
        let test = try TestCluster()
        let reports = Reports()
        let producer = try test.producer(["retries": "0"], reports: reports)
        let topic = try producer.topic(test.topic)
        let refused = thrown { () throws(StreamsError) in
            try test.cluster.pushRequestErrors(
                apiKey: 0, [ErrorCode(rawValue: 29)], topic: test.topic, partition: 0)
        }
        if let refused {
            #expect(refused.code == .notImplemented)
            #expect(refused.text.contains("rd_kafka_mock_partition_push_request_errors"))
            #expect(refused.text.contains("the broker that leads the partition"))
        } else {
            try producer.produce(topic, value: "v")
            #expect(producer.serve { reports.all.count == 1 })
            #expect(reports.all.map(\.error.rawValue) == [29])
        }
    }

    @Test func requestsAreNotedUntilTheyAreForgotten() throws {
        let test = try TestCluster()
        let producer = try test.producer(reports: Reports())
        try ifThere("rd_kafka_mock_start_request_tracking") { () throws(StreamsError) in
            try test.cluster.startRequestTracking()
            _ = try producer.metadata(topic: test.topic, milliseconds: 60_000)
            #expect(try test.cluster.requests().contains { $0.apiKey == 3 && $0.broker == 1 })
            try test.cluster.clearRequests()
            #expect(try test.cluster.requests().isEmpty)
            _ = try producer.metadata(topic: test.topic, milliseconds: 60_000)
            #expect(try test.cluster.requests().isEmpty == false)
            try test.cluster.stopRequestTracking()
            _ = try producer.metadata(topic: test.topic, milliseconds: 60_000)
            #expect(try test.cluster.requests().isEmpty)
        }
    }

    @Test func deletedRecordsAreGone() throws {
        let test = try TestCluster()
        try test.fill(["0", "1", "2"])
        try ifThere("rd_kafka_mock_partition_delete_records") { () throws(StreamsError) in
            try test.cluster.deleteRecords(test.topic, 0, before: 2)
            let tooMany = thrown { () throws(StreamsError) in
                try test.cluster.deleteRecords(test.topic, 0, before: 4)
            }
            #expect(tooMany?.code.name == "OFFSET_OUT_OF_RANGE")
        }
        let isDeleted = Symbols.Mock.partitionDeleteRecords.address != nil
        let consumer = try test.consumer()
        try consumer.assign([test.partition(offset: -2)])
        #expect(consumer.next(count: 1).map(\.value) == [isDeleted ? "2" : "0"])
    }

    @Test func aDeletedTopicCanBeCreatedAgain() throws {
        let test = try TestCluster()
        try ifThere("rd_kafka_mock_topic_delete") { () throws(StreamsError) in
            try test.cluster.deleteTopic(test.topic)
            try test.cluster.createTopic(test.topic, partitions: 1, replicationFactor: 1)
            let unknown = thrown { () throws(StreamsError) in try test.cluster.deleteTopic("nowhere") }
            #expect(unknown?.text == "there is no topic \"nowhere\"")
        }
    }

    @Test func aNewGroupWaitsNoLongerThanItIsTold() throws {
        let test = try TestCluster()
        var isTold = false
        try ifThere("rd_kafka_mock_group_initial_rebalance_delay_ms") { () throws(StreamsError) in
            try test.cluster.setGroupInitialRebalanceDelay(milliseconds: 0)
            isTold = true
        }
        guard isTold else { return }
        let clock = ContinuousClock()
        var groups = 0
        func joining() throws -> Duration {
            groups += 1
            let consumer = try test.consumer(group: "group-\(groups)")
            let began = clock.now
            try consumer.subscribe([test.topic])
            let isAssigned = try eventually {
                _ = consumer.next(milliseconds: 10)
                return try !consumer.assignment().isEmpty
            }
            #expect(isAssigned)
            return clock.now - began
        }
        // Three seconds by itself. On a busy machine a group may take as long, but not each.
        #expect(try eventually { try joining() < .milliseconds(2500) })
    }

    @Test func aFollowersWatermarksBoundWhatItServes() throws {
        let test = try TestCluster(brokers: 2)
        try test.cluster.setPartitionLeader(test.topic, 0, broker: 1)
        let reports = Reports()
        let producer = try test.producer(reports: reports)
        let topic = try producer.topic(test.topic)
        for number in 0..<3 { try producer.produce(topic, value: "\(number)") }
        #expect(producer.serve { reports.all.count == 3 })
        try test.cluster.setPartitionFollower(test.topic, 0, broker: 2)
        try test.cluster.setFollowerWatermarks(test.topic, 0, low: 1, high: 2)
        let consumer = try test.consumer(["client.rack": "near", "auto.offset.reset": "earliest"])
        try consumer.assign([test.partition(offset: 0)])
        #expect(consumer.next(count: 1).map(\.offset) == [1])
    }

    @Test func aRequestTypeThatThereIsNotIsAnError() throws {
        let cluster = try MockCluster(brokers: 1)
        #expect(thrown { () throws(StreamsError) in try cluster.setAPIVersions(apiKey: 9999, 0...1) } != nil)
    }

    @Test func aRequestThatTheBrokersDoNotKnowIsNotSent() throws {
        let test = try TestCluster()
        try test.cluster.setAPIVersions(apiKey: 22, nil)
        let reports = Reports()
        // It asks for its id on its own.
        let producer = try test.producer(["enable.idempotence": "true"], reports: reports)
        #expect(producer.serve { reports.errors.contains { $0.code.name == "_UNSUPPORTED_FEATURE" } })
    }

    @Test func aBrokerTellsItsRack() throws {
        let cluster = try MockCluster(brokers: 1)
        #expect(thrown { () throws(StreamsError) in try cluster.setBrokerRack(1, "east") } == nil)
        #expect(thrown { () throws(StreamsError) in try cluster.setBrokerRack(9, "east") } != nil)
    }

    @Test func anotherBrokerCanLeadAPartition() throws {
        let test = try TestCluster(brokers: 2)
        let producer = try test.producer(reports: Reports())
        for broker in [Int32(2), 1] {
            try test.cluster.setPartitionLeader(test.topic, 0, broker: broker)
            let metadata = try producer.metadata(topic: test.topic, milliseconds: 60_000)
            #expect(metadata.topics.first?.partitions.map(\.leader) == [broker])
        }
    }

    @Test func aGroupCanBeGivenACoordinator() throws {
        let test = try TestCluster(brokers: 2)
        try test.cluster.setCoordinator(kind: "group", key: "group", broker: 2)
        // Only the coordinator answers such a request, so that it is answered at all says that it was found.
        let consumer = try test.consumer()
        #expect(try consumer.committed([test.partition()], milliseconds: 60_000).count == 1)
    }

    @Test func aClusterThatIsLetGoTakesNoMoreConnections() throws {
        let servers: String
        do {
            let cluster = try MockCluster(brokers: 1)
            servers = cluster.bootstrapServers
        }
        let configuration = Configuration(dialect: .kafka)
        try configuration.set("bootstrap.servers", servers)
        try configuration.set("log_level", "0")
        let producer = try Producer(configuration: configuration, events: ClientEvents())
        #expect(thrown { () throws(StreamsError) in _ = try producer.metadata(topic: nil, milliseconds: 200) } != nil)
    }
}

/// Runs what needs a function that an old librdkafka does not have; there, holds the error against what it must say.
private func ifThere(_ function: String, _ body: () throws(StreamsError) -> Void) throws {
    do throws(StreamsError) {
        try body()
    } catch {
        guard error.code == .notImplemented else { throw error }
        #expect(dlsym(Librdkafka.handle, function) == nil)
        let loaded = "the loaded librdkafka \(Librdkafka.versionText)"
        #expect(error.text.hasPrefix("\(loaded) does not have \(function), which Apache Kafka's has since"))
    }
}

@Suite struct LibrdkafkaTests {
    @Test func versionsAreComparedByTheirParts() {
        let major = Librdkafka.version >> 24 & 0xff
        let minor = Librdkafka.version >> 16 & 0xff
        let revision = Librdkafka.version >> 8 & 0xff
        #expect(Librdkafka.versionText.hasPrefix("\(major).\(minor).\(revision)"))
        #expect(Librdkafka.isAtLeast(major, minor, revision))
        #expect(Librdkafka.isAtLeast(major, minor))
        #expect(!Librdkafka.isAtLeast(major, minor, revision + 1))
        #expect(!Librdkafka.isAtLeast(major, minor + 1))
        #expect(!Librdkafka.isAtLeast(major + 1, 0))
        #expect(Librdkafka.isAtLeast(major - 1, 255, 255))
    }

    @Test func aFunctionThatTheLibraryLacksIsAnErrorThatNamesIt() throws {
        let symbol = Symbol<OpaquePointer>(9, 8, 7) { _, name in
            name?.pointee = UnsafePointer(strdup("rd_kafka_of_the_future"))
            return nil
        }
        let error = thrown { () throws(StreamsError) in _ = try symbol.required }
        #expect(error?.code == .notImplemented)
        #expect(error?.text.contains("rd_kafka_of_the_future") == true)
        #expect(error?.text.contains(Librdkafka.versionText) == true)
        #expect(error?.text.hasSuffix("since 9.8.7") == true)
    }

    @Test func aFunctionIsThereFromTheReleaseThatTheTableNames() {
        #expect((Symbols.messageLeaderEpoch.address != nil) == Librdkafka.isAtLeast(2, 1))
        #expect((Symbols.partitionSetLeaderEpoch.address != nil) == Librdkafka.isAtLeast(2, 1))
        #expect((Symbols.Mock.brokerErrorStackCount.address != nil) == Librdkafka.isAtLeast(2, 0))
        #expect((Symbols.Mock.getRequests.address != nil) == Librdkafka.isAtLeast(2, 3))
        #expect((Symbols.Mock.groupInitialRebalanceDelay.address != nil) == Librdkafka.isAtLeast(2, 6))
        #expect((Symbols.Mock.topicDelete.address != nil) == Librdkafka.isAtLeast(2, 15))
    }

    @Test(arguments: ["a b", String(repeating: "a", count: 250), "/apps/clicks:views"])
    func aNameThatNoKafkaTakesIsRefusedAsByKafka(_ name: String) throws {
        #expect(!Topic.isName(name))
        for refuses in [true, false] {
            let cluster = try MockCluster(brokers: 1, refusesNames: refuses)
            let configuration = Configuration(dialect: .kafka)
            try configuration.set("bootstrap.servers", cluster.bootstrapServers)
            try configuration.set("streams.topic.mapping", "false")
            let reports = Reports()
            var events = ClientEvents()
            events.delivery = Reports.delivery
            let producer = try Producer(
                configuration: configuration, events: events, owner: Unmanaged.passUnretained(reports).toOpaque())
            do throws(StreamsError) {
                try producer.produce(producer.topic(name), partition: -1, value: "a")
            } catch {
                // The cluster has answered in the moment between the two calls: then librdkafka knows of no such topic.
                #expect(refuses && error.code == ErrorCode(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC))
                continue
            }
            #expect(producer.flush(milliseconds: 60_000))
            #expect(reports.all.map(\.error) == [refuses ? .topicException : .noError])
        }
    }

    @Test(arguments: ["a", "...", "A.b_c-9", String(repeating: "a", count: 249)])
    func aNameThatKafkaTakesIsOne(_ name: String) { #expect(Topic.isName(name)) }
}

extension ErrorCode {
    fileprivate static let topicException = ErrorCode(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
}
