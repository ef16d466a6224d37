import Testing

@testable import Streams

@Suite struct PositionTests {
    @Test func whatWasNotConsumedIsAtZeroInTheMaprDialectAndNowhereInKafkas() throws {
        let test = try TestCluster()
        for (dialect, offset) in [(Dialect.mapr, Int64(0)), (.kafka, -1001)] {
            let consumer = try test.consumer(dialect: dialect)
            try consumer.assign([test.partition()])
            let positions = try consumer.position([test.partition()])
            #expect(positions.map(\.offset) == [offset])
            #expect(positions.map(\.error) == [nil])
        }
    }

    @Test(arguments: [Dialect.mapr, .kafka]) func onlyAPartitionWithoutAnErrorIsAtZero(_ dialect: Dialect) throws {
        let test = try TestCluster()
        let consumer = try test.consumer(dialect: dialect)
        // Whether that is an error depends on librdkafka's version.
        let unknown = try #require(try consumer.position([TopicPartition("unheard-of", 0)]).first)
        #expect(unknown.offset == (unknown.error == nil && dialect == .mapr ? 0 : TopicPartition.invalidOffset))
    }

    @Test func itIsTheOffsetAfterTheLastMessage() throws {
        let test = try TestCluster()
        try test.fill(["0", "1", "2"])
        let consumer = try test.consumer()
        try consumer.assign([test.partition(offset: 0)])
        #expect(consumer.next(count: 2).count == 2)
        #expect(try consumer.position([test.partition()]).map(\.offset) == [2])
    }

    @Test func theListThatIsGivenKeepsItsOffsets() throws {
        let test = try TestCluster()
        let consumer = try test.consumer()
        let given = [test.partition(offset: 77)]
        _ = try consumer.position(given)
        #expect(given.map(\.offset) == [77])
    }

    @Test func seekGoesOnFromAnotherOffset() throws {
        let test = try TestCluster()
        try test.fill(["0", "1", "2"])
        let consumer = try test.consumer(dialect: .kafka)
        try consumer.assign([test.partition(offset: 0)])
        #expect(consumer.next(count: 3).map(\.value) == ["0", "1", "2"])
        try consumer.seek(test.partition(offset: 1))
        #expect(consumer.next(count: 2).map(\.value) == ["1", "2"])
    }

    @Test func seekOnAPartitionThatIsNotAssignedIsAnError() throws {
        let test = try TestCluster()
        let consumer = try test.consumer()
        let error = thrown { () throws(StreamsError) in try consumer.seek(test.partition(offset: 1)) }
        #expect(error != nil)
        #expect(error?.code != .timedOut)
    }
}

@Suite struct CommitTests {
    private func wait(_ request: Consumer.CommitRequest) throws -> [TopicPartition] {
        var answer: [TopicPartition]?
        _ = try eventually {
            answer = try request.wait(milliseconds: 100)
            return answer != nil
        }
        return try #require(answer)
    }

    private func committed(_ consumer: Consumer, _ partition: TopicPartition) throws -> TopicPartition {
        try #require(try consumer.committed([partition], milliseconds: 60_000).first)
    }

    @Test func aCommitThatIsWaitedForReturnsWhatItCommitted() throws {
        let test = try TestCluster(partitions: 2)
        let consumer = try test.consumer()
        let request = try consumer.beginCommit([
            TopicPartition(test.topic, 0, offset: 7, metadata: "by hand"), test.partition(1, offset: 9),
        ])
        let answer = try wait(request)
        #expect(answer.map(\.partition) == [0, 1])
        #expect(answer.map(\.offset) == [7, 9])
        #expect(answer.map(\.error) == [nil, nil])
        let stored = try committed(consumer, test.partition(0))
        #expect(stored.offset == 7)
        #expect(stored.metadata == "by hand")
    }

    @Test func whatIsNotCommittedHasNoOffset() throws {
        let test = try TestCluster()
        let consumer = try test.consumer()
        #expect(try committed(consumer, test.partition()).offset == TopicPartition.invalidOffset)
    }

    @Test func anAnswerThatIsNotThereYetIsNil() throws {
        let test = try TestCluster()
        // Several requests come before it.
        try test.cluster.setBrokerRoundTripTime(1, milliseconds: 1000)
        let consumer = try test.consumer()
        let request = try consumer.beginCommit([test.partition(offset: 1)])
        #expect(try request.wait(milliseconds: 0) == nil)
        #expect(try wait(request).map(\.offset) == [1])
    }

    @Test func aRefusedCommitThrowsTheBrokersError() throws {
        let test = try TestCluster()
        let consumer = try test.consumer()
        // Connected first, so that the one error meets the one commit.
        _ = try committed(consumer, test.partition())
        try test.cluster.pushRequestErrors(apiKey: 8, [ErrorCode(rawValue: 30)])  // GROUP_AUTHORIZATION_FAILED
        let request = try consumer.beginCommit([test.partition(offset: 3)])
        var error: StreamsError?
        _ = eventually {
            error = thrown { () throws(StreamsError) in _ = try request.wait(milliseconds: 100) }
            return error != nil
        }
        #expect(error?.code.name == "GROUP_AUTHORIZATION_FAILED")
        #expect(try committed(consumer, test.partition()).offset == TopicPartition.invalidOffset)
    }

    @Test func nothingToCommitIsAnErrorOfItsOwn() throws {
        let test = try TestCluster()
        let consumer = try test.consumer()
        try consumer.assign([test.partition(offset: 0)])
        var error: StreamsError?
        let request = try consumer.beginCommit(nil)
        _ = eventually {
            error = thrown { () throws(StreamsError) in _ = try request.wait(milliseconds: 100) }
            return error != nil
        }
        #expect(error?.code.name == "_NO_OFFSET")
    }

    @Test func aRequestThatNobodyWaitsForIsHarmless() throws {
        let test = try TestCluster()
        let consumer = try test.consumer()
        for offset in 1...20 { _ = try consumer.beginCommit([test.partition(offset: Int64(offset))]) }
        #expect(try wait(try consumer.beginCommit([test.partition(offset: 21)])).map(\.offset) == [21])
    }

    @Test func theResultOfAnAsynchronousCommitComesAsAnEvent() throws {
        let test = try TestCluster()
        var results: [(StreamsError?, [TopicPartition])] = []
        var events = ClientEvents()
        events.offsetsCommitted = { results.append(($0, $1)) }
        let consumer = try test.consumer(["enable.auto.commit": "false"], events: events)
        try consumer.commit([test.partition(offset: 5)])
        #expect(results.isEmpty)
        #expect(
            eventually {
                _ = consumer.next(milliseconds: 10)
                return !results.isEmpty
            })
        #expect(results.count == 1 && results[0].0 == nil)
        #expect(results.first?.1.map(\.offset) == [5])
        #expect(try committed(consumer, test.partition()).offset == 5)
    }

    @Test func storedOffsetsAreWhatTheNextCommitCommits() throws {
        let test = try TestCluster()
        try test.fill(["0", "1", "2"])
        let consumer = try test.consumer(["enable.auto.offset.store": "false", "enable.auto.commit": "false"])
        try consumer.assign([test.partition(offset: 0)])
        #expect(consumer.next(count: 3).count == 3)
        try consumer.store([test.partition(offset: 2)])
        #expect(try wait(try consumer.beginCommit(nil)).map(\.offset) == [2])
    }

    @Test func storingForAPartitionThatIsNotAssignedIsAnError() throws {
        let test = try TestCluster()
        let consumer = try test.consumer(["enable.auto.offset.store": "false"])
        #expect(thrown { () throws(StreamsError) in try consumer.store([test.partition(offset: 2)]) } != nil)
    }

    @Test func whoComesLaterGoesOnFromTheCommittedOffset() throws {
        let test = try TestCluster()
        try test.fill(["0", "1", "2"])
        let first = try test.consumer()
        _ = try wait(try first.beginCommit([test.partition(offset: 2)]))
        let second = try test.consumer()
        try second.assign([test.partition()])
        #expect(second.next(count: 1).map(\.value) == ["2"])
    }

    @Test func askingForCommittedOffsetsTimesOut() throws {
        let test = try TestCluster()
        try test.cluster.setBrokerDown(1)
        let consumer = try test.consumer()
        let error = thrown { () throws(StreamsError) in
            _ = try consumer.committed([test.partition()], milliseconds: 100)
        }
        #expect(error != nil)
    }
}

@Suite struct WatermarkTests {
    @Test func theyAreTheFirstOffsetAndTheOneAfterTheLast() throws {
        let test = try TestCluster()
        try test.fill(["0", "1", "2"])
        let consumer = try test.consumer()
        let offsets = try consumer.queryWatermarks(test.partition(), milliseconds: 60_000)
        #expect(offsets.low == 0)
        #expect(offsets.high == 3)
    }

    @Test func thoseOfAnEmptyPartitionAreEqual() throws {
        let test = try TestCluster()
        let offsets = try test.consumer().queryWatermarks(test.partition(), milliseconds: 60_000)
        #expect(offsets == (0, 0))
    }

    @Test func cachedOnesAreUnknownUntilAFetchBroughtThem() throws {
        let test = try TestCluster()
        try test.fill(["0", "1"])
        let consumer = try test.consumer()
        try consumer.assign([test.partition(offset: 0)])
        #expect(try consumer.cachedWatermarks(test.partition()).high == TopicPartition.invalidOffset)
        #expect(consumer.next(count: 2).count == 2)
        #expect(try consumer.cachedWatermarks(test.partition()).high == 2)
    }

    @Test func anUnknownPartitionIsAnError() throws {
        let test = try TestCluster()
        let consumer = try test.consumer()
        let error = thrown { () throws(StreamsError) in
            _ = try consumer.queryWatermarks(test.partition(9), milliseconds: 60_000)
        }
        #expect(error?.code.name == "_UNKNOWN_PARTITION")
    }

    @Test func withoutABrokerItIsAnErrorAfterItsTime() throws {
        let test = try TestCluster()
        try test.cluster.setBrokerDown(1)
        let consumer = try test.consumer()
        let error = thrown { () throws(StreamsError) in
            _ = try consumer.queryWatermarks(test.partition(), milliseconds: 50)
        }
        #expect(error.map { [.timedOut, .transport, .allBrokersDown].contains($0.code) } == true)
    }

    @Test func offsetsForTimesAnswersForEveryPartition() throws {
        let test = try TestCluster(partitions: 2)
        let consumer = try test.consumer()
        let answer = try consumer.offsetsForTimes(
            [test.partition(0, offset: 1), test.partition(1, offset: 1)], milliseconds: 60_000)
        #expect(answer.map(\.partition) == [0, 1])
        #expect(answer.map(\.error) == [nil, nil])
    }
}
