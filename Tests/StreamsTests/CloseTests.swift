import Glibc
import Testing

@testable import Streams

@Suite(.onOwnThread) struct CloseTests {
    @Test func closingCommitsWhatWasConsumed() throws {
        let test = try TestCluster()
        try test.fill(["0", "1"])
        let consumer = try test.consumer()
        try consumer.subscribe([test.topic])
        // All of it, and the end of the partition.
        #expect(consumer.next(count: 3).map(\.error) == [.noError, .noError, .partitionEOF])
        #expect(try consumer.close())
        let next = try test.consumer()
        #expect(try next.committed([test.partition()], milliseconds: 60_000).map(\.offset) == [2])
    }

    @Test func closingCommitsNothingWhereAutomaticCommitsAreOff() throws {
        let test = try TestCluster()
        try test.fill(["0", "1"])
        let consumer = try test.consumer(["enable.auto.commit": "false"])
        try consumer.subscribe([test.topic])
        #expect(consumer.next(count: 3).count == 3)
        #expect(try consumer.close())
        let next = try test.consumer()
        #expect(
            try next.committed([test.partition()], milliseconds: 60_000).map(\.offset) == [TopicPartition.invalidOffset]
        )
    }

    @Test func theLastCommitIsToldWhileClosing() throws {
        let test = try TestCluster()
        try test.fill(["0", "1"])
        var committed: [[Int64]] = []
        var events = ClientEvents()
        events.offsetsCommitted = { error, partitions in
            if error == nil { committed.append(partitions.map(\.offset)) }
        }
        let consumer = try test.consumer(["auto.commit.interval.ms": "3600000"], events: events)
        try consumer.subscribe([test.topic])
        #expect(consumer.next(count: 3).count == 3)
        #expect(try consumer.close())
        #expect(committed == [[2]])
    }

    @Test func aConsumerThatNeverAskedForAnythingCloses() throws {
        let test = try TestCluster()
        let consumer = try test.consumer()
        // Nothing has begun: there is nothing to wait for.
        #expect(consumer.serveClose(milliseconds: 0))
        #expect(try consumer.close())
    }

    @Test func aConsumerThatIsNotClosedIsDropped() throws {
        weak var gone: Consumer?
        do {
            let test = try TestCluster()
            let consumer = try test.consumer()
            gone = consumer
            try consumer.assign([test.partition(offset: 0)])
            #expect(consumer.next(count: 1).count == 1)
        }
        #expect(gone == nil)
    }

    @Test func aConsumerClosesWhereItsBrokerIsGone() throws {
        let test = try TestCluster()
        let consumer = try test.consumer()
        try consumer.subscribe([test.topic])
        #expect(consumer.next(count: 1).map(\.error) == [.partitionEOF])
        try test.cluster.setBrokerDown(1)
        #expect(try consumer.close())
    }

    @Test func whatIsAskedOfPartitionsWhileClosingIsRefusedAndNotWaitedFor() throws {
        let test = try TestCluster()
        try test.fill(["0", "1"])
        let consumer = try test.consumer()
        try consumer.assign([test.partition(offset: 0)])
        #expect(consumer.next(count: 1).count == 1)
        #expect(try consumer.beginClose())
        let partition = test.partition(offset: 1)
        for ask in [consumer.pause, consumer.resume] {
            let error = thrown { () throws(StreamsError) in try ask([partition]) }
            #expect(error?.code == .state)
            #expect(error?.text == "the consumer is being closed")
        }
        #expect(thrown { () throws(StreamsError) in try consumer.seek(partition) }?.code == .state)
        #expect(eventually { consumer.serveClose(milliseconds: 100) })
    }

    @Test func whoIsToldOfRevokedPartitionsWhileClosingMayStillPauseThem() throws {
        let test = try TestCluster()
        var events = ClientEvents()
        var errors: [StreamsError?] = []
        var consumer: Consumer?
        events.rebalance = { kind, partitions in
            if kind == .revoked {
                errors.append(thrown { () throws(StreamsError) in try consumer?.pause(partitions) })
            }
        }
        consumer = try test.consumer(events: events)
        try consumer?.subscribe([test.topic])
        #expect(consumer?.next(count: 1).count == 1)
        #expect(try consumer?.close() == true)
        #expect(errors.map { $0 == nil } == [true])
    }

    @Test func anotherThreadHasItsRebalanceUntilThatIsAnswered() throws {
        let test = try TestCluster()
        let hasTold = Guarded(false)
        var events = ClientEvents()
        events.rebalance = { kind, _ in hasTold.withLock { $0 = kind == .assigned } }
        let consumer = try test.consumer(events: events)
        try consumer.subscribe([test.topic])
        let other = try HelperCall { () throws(StreamsError) in
            eventually { consumer.poll(milliseconds: 100)?.destroy() != nil }
        }
        // What answers needs this lock.
        consumer.closing.withLock { _ in
            #expect(eventually { hasTold.withLock { $0 } })
            for _ in 0..<100 {
                if !consumer.isRebalanceHeldElsewhere { break }
                usleep(1000)
            }
            #expect(consumer.isRebalanceHeldElsewhere)
        }
        #expect(eventually { other.wait(milliseconds: 100) })
        #expect(!consumer.isRebalanceHeldElsewhere)
        #expect(try consumer.close())
    }

    // In processes of their own: where these go wrong, librdkafka aborts.

    @Test(.timeLimit(.minutes(2))) func aConsumerClosesWithFetchedMessagesUnread() async {
        await #expect(processExitsWith: .success) {
            let test = try TestCluster()
            try test.fill((0..<100).map { "\($0)" })
            let consumer = try test.consumer(dialect: .kafka)
            try consumer.assign([test.partition(offset: 0)])
            #expect(consumer.next(count: 1).map(\.offset) == [0])
            #expect(try consumer.close())
        }
    }

    @Test(.timeLimit(.minutes(2))) func unreadMessagesAreNotCommittedByAClose() async {
        await #expect(processExitsWith: .success) {
            let test = try TestCluster()
            try test.fill((0..<100).map { "\($0)" })
            let consumer = try test.consumer(dialect: .kafka)
            try consumer.subscribe([test.topic])
            #expect(consumer.next(count: 3).map(\.offset) == [0, 1, 2])
            #expect(try consumer.close())
            let next = try test.consumer()
            #expect(try next.committed([test.partition()], milliseconds: 60_000).map(\.offset) == [3])
        }
    }
}
