import Testing

@testable import Streams

/// librdkafka would abort on most of these, or write outside its memory.
@Suite struct MockClusterLimitsTests {
    @Test(arguments: [Int32(0), -1, Int32.max]) func partitionsAreBounded(_ partitions: Int32) throws {
        let cluster = try MockCluster(brokers: 1)
        let error = thrown { () throws(StreamsError) in
            try cluster.createTopic("topic", partitions: partitions, replicationFactor: 1)
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.text == "partitions must be between 1 and 10000, not \(partitions)")
    }

    @Test(arguments: [Int32(0), -1, 3]) func aReplicaNeedsABrokerOfItsOwn(_ factor: Int32) throws {
        let cluster = try MockCluster(brokers: 2)
        let error = thrown { () throws(StreamsError) in
            try cluster.createTopic("topic", partitions: 1, replicationFactor: factor)
        }
        #expect(error?.text == "replication factor must be between 1 and 2, not \(factor)")
    }

    @Test(arguments: [Int32(-1), -100_000, 10_000, Int32.max]) func aPartitionIsANumberThatATopicCanHave(
        _ partition: Int32
    ) throws {
        let test = try TestCluster()
        let cluster = test.cluster
        func isRefused(_ body: () throws(StreamsError) -> Void) -> Bool {
            let error = thrown(body)
            return error?.code == .invalidArgument
                && error?.text == "partition must be between 0 and 9999, not \(partition)"
        }
        for topic in [test.topic, "new"] {
            #expect(
                isRefused { () throws(StreamsError) in
                    try cluster.setPartitionLeader(topic, partition, broker: 1)
                })
            #expect(
                isRefused { () throws(StreamsError) in
                    try cluster.setPartitionFollower(topic, partition, broker: 1)
                })
            #expect(
                isRefused { () throws(StreamsError) in
                    try cluster.setFollowerWatermarks(topic, partition, low: 0, high: nil)
                })
            #expect(isRefused { () throws(StreamsError) in try cluster.deleteRecords(topic, partition, before: 0) })
        }
    }

    @Test func aPartitionThatTheTopicDoesNotHaveIsNamed() throws {
        let test = try TestCluster()
        let error = thrown { () throws(StreamsError) in
            try test.cluster.setPartitionLeader(test.topic, 1, broker: 1)
        }
        #expect(error?.code == .unknownTopicOrPartition)
        #expect(error?.text == "topic \"topic\" has no partition 1")
    }

    @Test func aBrokerThatThereIsNotIsNamed() throws {
        let cluster = try MockCluster(brokers: 3)
        func isRefused(_ body: () throws(StreamsError) -> Void) -> Bool {
            let error = thrown(body)
            return error?.code == .unknownBroker
                && error?.text.hasPrefix("broker 9: the cluster has brokers 1 to 3") == true
        }
        #expect(isRefused { () throws(StreamsError) in try cluster.setBrokerDown(9) })
        #expect(isRefused { () throws(StreamsError) in try cluster.setBrokerUp(9) })
        #expect(isRefused { () throws(StreamsError) in try cluster.setBrokerRoundTripTime(9, milliseconds: 1) })
        #expect(isRefused { () throws(StreamsError) in try cluster.setBrokerRack(9, "east") })
        #expect(isRefused { () throws(StreamsError) in try cluster.setPartitionLeader("topic", 0, broker: 9) })
        #expect(isRefused { () throws(StreamsError) in try cluster.setPartitionFollower("topic", 0, broker: 9) })
        #expect(
            isRefused { () throws(StreamsError) in try cluster.setCoordinator(kind: "group", key: "group", broker: 9) })
        #expect(
            isRefused { () throws(StreamsError) in
                try cluster.pushRequestErrors(apiKey: 0, [.init(.noError)], broker: 9)
            })
        #expect(isRefused { () throws(StreamsError) in _ = try cluster.requestErrorsLeft(apiKey: 0, broker: 9) })
        let coordinator = thrown { () throws(StreamsError) in
            try cluster.setCoordinator(kind: "group", key: "group", broker: -1)
        }
        #expect(coordinator?.code == .unknownBroker)
    }

    @Test func delaysWatermarksAndVersionsAreNotNegative() throws {
        let test = try TestCluster()
        let cluster = test.cluster
        func isRefused(_ body: () throws(StreamsError) -> Void) -> Bool { thrown(body)?.code == .invalidArgument }
        #expect(isRefused { () throws(StreamsError) in try cluster.setBrokerRoundTripTime(1, milliseconds: -1) })
        #expect(isRefused { () throws(StreamsError) in try cluster.setGroupInitialRebalanceDelay(milliseconds: -1) })
        #expect(
            isRefused { () throws(StreamsError) in try cluster.setFollowerWatermarks(test.topic, 0, low: -2, high: nil)
            })
        #expect(
            isRefused { () throws(StreamsError) in try cluster.setFollowerWatermarks(test.topic, 0, low: 3, high: 2) })
        #expect(isRefused { () throws(StreamsError) in try cluster.deleteRecords(test.topic, 0, before: -1) })
        #expect(isRefused { () throws(StreamsError) in try cluster.setAPIVersions(apiKey: 0, -1...1) })
        #expect(
            isRefused { () throws(StreamsError) in
                try cluster.pushRequestErrors(apiKey: 0, [.init(.noError, milliseconds: -1)], broker: 1)
            })
    }

    @Test(arguments: [Int32(0), -1, 1_001, Int32.max]) func brokersAreBounded(_ brokers: Int32) {
        let error = thrown { () throws(StreamsError) in _ = try MockCluster(brokers: brokers) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.text == "brokers must be between 1 and 1000, not \(brokers)")
    }

    @Test func moreBrokersThanTheProcessMayOpenSocketsForAreAnError() {
        let error = thrown { () throws(StreamsError) in try MockCluster.checkFiles(for: Int32.max) }
        #expect(error?.code == .fail)
        #expect(error?.text.contains("open files") == true)
    }

    @Test func thePortsThatWereLookedForAreFreeAgain() throws {
        for _ in 0..<100 { try MockCluster.checkPorts(for: 300) }
        #expect(thrown { () throws(StreamsError) in try MockCluster.checkFiles(for: 300) } == nil)
    }

    @Test func lettingGoOfAClusterTakesNoSecond() throws {
        let clock = ContinuousClock()
        func longestOfMany() throws -> Duration {
            var longest = Duration.zero
            for _ in 0..<100 {
                var cluster: MockCluster? = try MockCluster(brokers: 3)
                try cluster?.createTopic("topic", partitions: 4, replicationFactor: 1)
                let began = clock.now
                cluster = nil
                longest = max(longest, clock.now - began)
            }
            return longest
        }
        // It would take some of so many a second. So does a busy machine now and then.
        #expect(try (1...3).contains { _ in try longestOfMany() < .milliseconds(900) })
    }
}
