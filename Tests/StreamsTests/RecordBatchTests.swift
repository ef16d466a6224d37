import Testing

@testable import Streams

@Suite(.onOwnThread) struct RecordBatchTests {
    let test: TestCluster
    let consumer: Consumer

    init() throws {
        test = try TestCluster()
        consumer = try test.consumer(["enable.partition.eof": "false"], dialect: .kafka)
    }

    private func fill(_ count: Int) throws {
        try test.fill((0..<count).map { "\($0)" })
        try consumer.assign([test.partition(offset: 0)])
    }

    private func take(_ count: Int, into batch: inout RecordBatch) {
        Self.take(count, from: consumer, into: &batch)
    }

    private static func take(_ count: Int, from consumer: Consumer, into batch: inout RecordBatch) {
        // Not `eventually`, whose closure may be called again: the compiler would not lend it the batch.
        let deadline = Deadline(milliseconds: 60_000)
        while !consumer.consume(into: &batch, until: count, milliseconds: 100) && !deadline.hasPassed {}
        #expect(batch.count == count)
    }

    private func take(from batch: inout RecordBatch) -> Record? {
        guard let record = batch.takeFirst() else { return nil }
        return record.take()
    }

    private func values(_ batch: borrowing RecordBatch) -> [String?] {
        var values: [String?] = []
        for index in 0..<batch.count { values.append(Received(batch[index]).value) }
        return values
    }

    @Test func aBatchHoldsWhatIsThereAndNoMoreThanWasAskedFor() throws {
        try fill(10)
        var batch = RecordBatch(capacity: 4)
        take(4, into: &batch)
        #expect(values(batch) == ["0", "1", "2", "3"])
        // It is as full as that already, and grows where more is asked for.
        let isFull = consumer.consume(into: &batch, until: 3, milliseconds: -1)
        #expect(isFull)
        #expect(batch.count == 4)
        take(10, into: &batch)
        #expect(values(batch) == (0..<10).map { "\($0)" })
        #expect(batch.capacity >= 10)
    }

    @Test func aBatchPutTogetherOneByOneIsTheSame() throws {
        // What librdkafka before 2.13.2 needs for the sake of what it takes works with every version.
        try test.fill((0..<5).map { "\($0)" })
        var events = ClientEvents()
        events.statistics = { _ in }
        let consumer = try test.consumer(events: events)
        #expect(consumer.takesOneByOne)
        try consumer.assign([test.partition(offset: 0)])
        var batch = RecordBatch(capacity: 8)
        let deadline = Deadline(milliseconds: 60_000)
        while batch.count < 6 && !deadline.hasPassed {
            _ = consumer.consume(into: &batch, until: 8, milliseconds: 200)
        }
        var codes: [ErrorCode] = []
        for index in 0..<batch.count { codes.append(batch[index].errorCode) }
        #expect(codes == Array(repeating: .noError, count: 5) + [.partitionEOF])
        #expect(try consumer.position([test.partition()]).map(\.offset) == [5])
    }

    @Test(.enabled(if: !Librdkafka.isAtLeast(2, 1), "later releases take them as they come, or have other faults"))
    func severalAreTakenAtOnceUnlessAGroupMayPauseThem() throws {
        try test.fill(["0", "1"])
        var place: UnsafeMutableRawPointer?
        var batch = RecordBatch(capacity: 8)
        try consumer.assign([test.partition(offset: 0)])
        #expect(consumer.mayTakeTogether)
        let deadline = Deadline(milliseconds: 60_000)
        while batch.left < 2 && !deadline.hasPassed {
            #expect(consumer.closing.withLock { _ in consumer.takeTogether(batch.places, 8, &place) } == 0)
            batch.left += consumer.takeTogether(batch.places + batch.left, 8 - batch.left, &place)
        }
        #expect(values(batch).prefix(2) == ["0", "1"])
        let member = try test.consumer(group: "other")
        try member.subscribe([test.topic])
        #expect(member.takeTogether(batch.places + batch.left, 8 - batch.left, &place) == 0)
        var events = ClientEvents()
        events.offsetsCommitted = { _, _ in }
        #expect(try !test.consumer(events: events).mayTakeTogether)
    }

    @Test func aBatchThatMayNotWaitReturnsAtOnce() throws {
        try consumer.assign([test.partition(offset: 0)])
        var batch = RecordBatch(capacity: 4)
        let isFull = consumer.consume(into: &batch, until: 4, milliseconds: 0)
        #expect(!isFull)
        let holdsNone = consumer.consume(into: &batch, until: 0, milliseconds: 0)
        #expect(holdsNone)
        let isEmpty = batch.isEmpty
        #expect(isEmpty)
    }

    @Test func whatIsTakenIsTheCallersAndTheRestKeepsItsOrder() throws {
        try fill(6)
        var batch = RecordBatch(capacity: 6)
        take(6, into: &batch)
        let taken = take(from: &batch)
        let first = try #require(taken)
        let lent = [batch[0], batch[1]]
        batch.relinquish(2)
        #expect(values(batch) == ["3", "4", "5"])
        batch.putFirst(OwnedRecord(owning: first))
        #expect(values(batch) == ["0", "3", "4", "5"])
        var other = RecordBatch(capacity: 1)
        for record in lent.reversed() { other.putFirst(OwnedRecord(owning: record)) }
        batch.append(other)
        #expect(values(batch) == ["0", "3", "4", "5", "1", "2"])
        // Room is made in front as well: what is fetched next goes behind what is left.
        try test.fill(["6"])
        take(from: &batch)?.destroy()
        take(6, into: &batch)
        #expect(values(batch) == ["3", "4", "5", "1", "2", "6"])
    }

    @Test func whatNobodyTookIsGivenBackAtTheEndOfTheBatch() throws {
        try test.fill(["0", "1", "2"])
        let end = try {
            let consumer = try test.consumer(dialect: .kafka)
            try consumer.assign([test.partition(offset: 0)])
            // librdkafka 2.0.2 ends no consumer while a record of it is held.
            let client = Unmanaged<Client>.passRetained(consumer)
            var batch = RecordBatch(capacity: 3)
            Self.take(3, from: consumer, into: &batch)
            let offset = batch.takeFirst()?.record.offset
            #expect(offset == 0)
            return client
        }()
        let call = try #require(Client.release(end))
        #expect(eventually { call.wait(milliseconds: 100) })
    }
}
