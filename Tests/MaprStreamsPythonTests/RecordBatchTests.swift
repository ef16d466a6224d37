import CPython
import PythonBridge
import Testing

@testable import MaprStreamsPython
@testable import Streams

extension MaprStreamsPythonTests {
    /// The batch that a consumer keeps: what several calls at once do with it, which no Python program can time.
    @Suite struct RecordBatchTests {
        /// Runs `body` with a consumer's fields, and records of the values 0 to 5.
        private func withRecords(
            _ body: (UnsafeMutablePointer<ConsumerFields>, [Record]) throws(PythonError) -> Void
        ) throws {
            let cluster = try MockCluster(brokers: 1)
            let producer = try Producer(configuration: configuration(of: cluster), events: ClientEvents())
            let topic = try producer.topic(named: "topic")
            for value in 0..<6 { try producer.produce(topic, value: Array("\(value)".utf8), partition: 0) }
            #expect(producer.flush(milliseconds: 60_000))
            let source = try Consumer(
                configuration: configuration(of: cluster, isConsumers: true), events: ClientEvents())
            try source.assign([TopicPartition("topic", 0, offset: 0)])
            var records: [Record] = []
            let deadline = Deadline(milliseconds: 60_000)
            while records.count < 6 && !deadline.hasPassed {
                if let record = source.poll(milliseconds: 100) { records.append(record) }
            }
            try #require(records.count == 6)
            withExtension { python throws(PythonError) in
                let object = try python.evaluate("cimpl.Consumer({'group.id': 'g', 'log_level': 0})")
                try body(consumerFields(object.object), records)
                // What is left goes with the consumer's object, and all of it before its source.
            }
            withExtendedLifetime(source) {}
        }

        private func configuration(of cluster: MockCluster, isConsumers: Bool = false) throws -> Configuration {
            let configuration = Configuration(dialect: .kafka)
            try configuration.set("bootstrap.servers", cluster.bootstrapServers)
            try configuration.set("log_level", "0")
            if isConsumers { try configuration.set("group.id", "group") }
            return configuration
        }

        private func offsets(_ batch: borrowing RecordBatch) -> [Int64] {
            var offsets: [Int64] = []
            for index in 0..<batch.count { offsets.append(batch[index].offset) }
            return offsets
        }

        @Test func whatTwoCallsLeaveIsKeptInTheOrderThatTheyEnd() throws {
            try withRecords { (fields, records) throws(PythonError) in
                var first = fields.takeBatch()
                var second = fields.takeBatch()
                for record in records[..<3].reversed() { first.putFirst(OwnedRecord(owning: record)) }
                for record in records[3...].reversed() { second.putFirst(OwnedRecord(owning: record)) }
                let hadPutOff = fields.pointee.hasPutOff
                #expect(!hadPutOff)
                fields.putBack(second)
                fields.putBack(first)
                let hasPutOff = fields.pointee.hasPutOff
                #expect(hasPutOff)
                let kept = fields.takeBatch()
                #expect(offsets(kept) == [0, 1, 2, 3, 4, 5])
                fields.putBack(kept)
            }
        }

        @Test func anEmptyBatchTakesNothingFromTheOtherCalls() throws {
            try withRecords { (fields, records) throws(PythonError) in
                var first = fields.takeBatch()
                let second = fields.takeBatch()
                for record in records.reversed() { first.putFirst(OwnedRecord(owning: record)) }
                fields.putBack(first)
                fields.putBack(second)
                let kept = fields.takeBatch()
                #expect(offsets(kept) == [0, 1, 2, 3, 4, 5])
                fields.putBack(kept)
            }
        }

        @Test func aLargeBatchIsKeptOnlyAsLongAsThereIsSomethingInIt() throws {
            try withRecords { (fields, records) throws(PythonError) in
                var large = RecordBatch(capacity: 2 * ConsumerFields.keptCapacity)
                for record in records.reversed() { large.putFirst(OwnedRecord(owning: record)) }
                fields.putBack(large)
                var kept = fields.takeBatch()
                #expect(kept.capacity > ConsumerFields.keptCapacity)
                for _ in records { _ = kept.takeFirst() }
                fields.putBack(kept)
                let next = fields.takeBatch()
                #expect(next.capacity == ConsumerFields.keptCapacity)
                fields.putBack(next)
            }
        }
    }
}
