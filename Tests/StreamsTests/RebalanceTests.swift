import CRdkafka
import Testing

@testable import Streams

/// What a consumer was told of rebalances.
private final class Told {
    struct Event: Equatable {
        let kind: ClientEvents.Rebalance
        let partitions: [Int32]
    }

    var events: [Event] = []
    /// What the application does in its callback.
    var answer: ((ClientEvents.Rebalance, [TopicPartition]) -> Void)?

    var clientEvents: ClientEvents {
        var events = ClientEvents()
        events.rebalance = { [unowned self] kind, partitions in
            self.events.append(Event(kind: kind, partitions: partitions.map(\.partition).sorted()))
            answer?(kind, partitions)
        }
        return events
    }

    func has(_ kind: ClientEvents.Rebalance, _ partitions: [Int32]) -> Bool {
        events.contains(Event(kind: kind, partitions: partitions))
    }
}

@Suite(.onOwnThread) struct RebalanceTests {
    @Test func theApplicationIsToldAndThePartitionsAreAssignedWhereItDoesNotAnswer() throws {
        let test = try TestCluster(partitions: 2)
        try test.fill(["v"], partition: 1)
        let told = Told()
        let consumer = try test.consumer(dialect: .kafka, events: told.clientEvents)
        try consumer.subscribe([test.topic])
        #expect(consumer.next(count: 1).map(\.value) == ["v"])
        #expect(told.events == [Told.Event(kind: .assigned, partitions: [0, 1])])
        #expect(try consumer.assignment().map(\.partition).sorted() == [0, 1])
        #expect(consumer.memberID?.isEmpty == false)
    }

    @Test func withoutACallbackThePartitionsAreAssignedToo() throws {
        let test = try TestCluster()
        try test.fill(["v"])
        let consumer = try test.consumer(dialect: .kafka)
        try consumer.subscribe([test.topic])
        #expect(consumer.next(count: 1).map(\.value) == ["v"])
    }

    @Test func theOffsetsThatTheCallbackAssignsTakeEffect() throws {
        let test = try TestCluster()
        try test.fill(["0", "1", "2"])
        let told = Told()
        let consumer = try test.consumer(dialect: .kafka, events: told.clientEvents)
        told.answer = { kind, partitions in
            guard kind == .assigned else { return }
            let moved = partitions.map { TopicPartition($0.topic, $0.partition, offset: 2) }
            #expect(thrown { () throws(StreamsError) in try consumer.assign(moved) } == nil)
        }
        try consumer.subscribe([test.topic])
        #expect(consumer.next(count: 1).map(\.value) == ["2"])
        told.answer = nil
    }

    @Test func assigningInsideTheCallbackIsNoManualAssignment() throws {
        let test = try TestCluster()
        let told = Told()
        let consumer = try test.consumer(dialect: .mapr, events: told.clientEvents)
        told.answer = { kind, partitions in
            if kind == .assigned { try? consumer.assign(partitions) }
        }
        try consumer.subscribe([test.topic])
        // The end of the empty partition: it is assigned.
        #expect(consumer.next(count: 1).map(\.error) == [.partitionEOF])
        #expect(thrown { () throws(StreamsError) in try consumer.subscribe([test.topic, "another"]) } == nil)
        told.answer = nil
    }

    @Test func aSecondConsumerTakesItsShareAndGivesItBackWhenItCloses() throws {
        let test = try TestCluster(partitions: 2)
        let firstTold = Told()
        let secondTold = Told()
        let first = try test.consumer(events: firstTold.clientEvents)
        let second = try test.consumer(events: secondTold.clientEvents)
        func serve(_ consumers: [Consumer], until condition: () throws -> Bool) rethrows -> Bool {
            try eventually {
                for consumer in consumers { _ = consumer.next(milliseconds: 10) }
                return try condition()
            }
        }
        try first.subscribe([test.topic])
        #expect(serve([first]) { firstTold.has(.assigned, [0, 1]) })
        try second.subscribe([test.topic])
        #expect(
            try serve([first, second]) {
                try first.assignment().count == 1 && second.assignment().count == 1
            })
        #expect(firstTold.has(.revoked, [0, 1]))
        let shares = try first.assignment() + second.assignment()
        #expect(shares.map(\.partition).sorted() == [0, 1])
        #expect(try secondTold.has(.assigned, second.assignment().map(\.partition)))

        let share = try second.assignment().map(\.partition)
        #expect(try second.close())
        #expect(secondTold.events.last == Told.Event(kind: .revoked, partitions: share))
        #expect(try serve([first]) { try first.assignment().count == 2 })
        #expect(firstTold.events.last == Told.Event(kind: .assigned, partitions: [0, 1]))
    }

    @Test func underTheCooperativeProtocolTheDefaultAnswerIsIncremental() throws {
        let test = try TestCluster(partitions: 2)
        let told = Told()
        let consumer = try test.consumer(
            ["partition.assignment.strategy": "cooperative-sticky"], events: told.clientEvents)
        try consumer.subscribe([test.topic])
        #expect(
            try eventually {
                _ = consumer.next(milliseconds: 10)
                return try consumer.assignment().count == 2
            })
        #expect(String(cString: rd_kafka_rebalance_protocol(consumer.handle)) == "COOPERATIVE")
        #expect(told.events == [Told.Event(kind: .assigned, partitions: [0, 1])])
        #expect(try consumer.close())
        #expect(told.events.last == Told.Event(kind: .revoked, partitions: [0, 1]))
    }

    @Test func aNewSubscriptionRevokesWhatTheOldOneHad() throws {
        let test = try TestCluster()
        try test.cluster.createTopic("another", partitions: 2, replicationFactor: 1)
        let told = Told()
        let consumer = try test.consumer(events: told.clientEvents)
        try consumer.subscribe([test.topic])
        #expect(
            eventually {
                _ = consumer.next(milliseconds: 10)
                return told.has(.assigned, [0])
            })
        try consumer.subscribe(["another"])
        #expect(
            eventually {
                _ = consumer.next(milliseconds: 10)
                return told.has(.assigned, [0, 1])
            })
        #expect(told.events.map(\.kind) == [.assigned, .revoked, .assigned])
        #expect(try Set(consumer.assignment().map(\.topic)) == ["another"])
    }
}
