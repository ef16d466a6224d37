import CRdkafka
import Testing

@testable import Streams

@Suite struct ProducerTests {
    @Test func whatIsProducedIsReportedAndConsumed() throws {
        let test = try TestCluster(partitions: 2)
        let reports = Reports()
        let producer = try test.producer(reports: reports)
        let topic = try producer.topic(test.topic)
        try producer.produce(topic, partition: 1, value: "first", key: "k", opaque: 11)
        try producer.produce(topic, partition: 1, value: "second", opaque: 22)
        #expect(producer.outstanding == 2)
        #expect(producer.flush(milliseconds: 60_000))
        #expect(producer.outstanding == 0)
        #expect(reports.all.map(\.error) == [.noError, .noError])
        #expect(reports.all.map(\.offset) == [0, 1])
        #expect(reports.all.map(\.partition) == [1, 1])
        #expect(reports.all.map(\.opaque) == [11, 22])
        #expect(reports.all.map(\.key) == ["k", nil])

        let consumer = try test.consumer(dialect: .kafka)
        try consumer.assign([test.partition(1, offset: 0)])
        let messages = consumer.next(count: 2)
        #expect(messages.map(\.value) == ["first", "second"])
        #expect(messages.map(\.key) == ["k", nil])
        #expect(messages.map(\.offset) == [0, 1])
        #expect(messages.allSatisfy { $0.topic == test.topic && $0.partition == 1 && $0.error == .noError })
    }

    @Test func reportsComeFromPollAndNotBefore() throws {
        let test = try TestCluster()
        let reports = Reports()
        let producer = try test.producer(["linger.ms": "0"], reports: reports)
        try producer.produce(try producer.topic(test.topic), value: "v")
        // Delivered: another client can see it. Still nobody has served the producer.
        let consumer = try test.consumer()
        try consumer.assign([test.partition(offset: 0)])
        #expect(eventually { consumer.next()?.value == "v" })
        #expect(reports.all.isEmpty)
        #expect(producer.outstanding > 0)
        #expect(producer.serve { reports.all.count == 1 })
        #expect(producer.outstanding == 0)
    }

    @Test func emptyBytesAreNotTheSameAsNone() throws {
        let test = try TestCluster()
        let producer = try test.producer(reports: Reports())
        let topic = try producer.topic(test.topic)
        try producer.produce(topic, value: "", key: "")
        try producer.produce(topic, value: nil, key: "tombstone")
        #expect(producer.flush(milliseconds: 60_000))
        let consumer = try test.consumer(dialect: .kafka)
        try consumer.assign([test.partition(offset: 0)])
        let messages = consumer.next(count: 2)
        #expect(messages.map(\.value) == ["", nil])
        #expect(messages.map(\.key) == ["", "tombstone"])
    }

    @Test func headersKeepTheirOrderTheirDuplicatesAndTheirNulls() throws {
        let test = try TestCluster()
        let producer = try test.producer(reports: Reports())
        try producer.produce(
            try producer.topic(test.topic), value: "v", timestamp: 0,
            headers: [("b", "2"), ("a", nil), ("b", "1"), ("leer", ""), ("größe", "ß")])
        #expect(producer.flush(milliseconds: 60_000))
        let consumer = try test.consumer()
        try consumer.assign([test.partition(offset: 0)])
        let message = try #require(consumer.next(count: 1).first)
        #expect(message.headers.map(\.name) == ["b", "a", "b", "leer", "größe"])
        #expect(message.headers.map(\.value) == ["2", nil, "1", "", "ß"])
    }

    @Test func headersThatAProducerDidNotTakeAreFreedByTheirOwner() throws {
        // The sanitizers and valgrind see the difference; here it must only not be freed twice.
        let test = try TestCluster()
        let producer = try test.producer(
            ["queue.buffering.max.messages": "1", "linger.ms": "60000"], reports: Reports())
        let topic = try producer.topic(test.topic)
        try producer.produce(topic, value: "fills the queue")
        for _ in 0..<100 {
            let error = thrown { () throws(StreamsError) in
                try producer.produce(topic, value: "v", timestamp: 0, headers: [("h", "1")])
            }
            #expect(error?.code == .queueFull)
        }
        try producer.purge()
    }

    @Test func aTimestampArrivesAsItWasGivenAndZeroMeansNow() throws {
        let test = try TestCluster()
        let producer = try test.producer(reports: Reports())
        let topic = try producer.topic(test.topic)
        try producer.produce(topic, value: "then", timestamp: 1_234_567_890_123, headers: [])
        try producer.produce(topic, value: "now", timestamp: 0, headers: [])
        #expect(producer.flush(milliseconds: 60_000))
        let consumer = try test.consumer()
        try consumer.assign([test.partition(offset: 0)])
        let messages = consumer.next(count: 2)
        #expect(messages.first?.timestamp == 1_234_567_890_123)
        #expect(try #require(messages.last?.timestamp) > 1_500_000_000_000)
    }

    @Test func aFullQueueIsAnErrorUntilThereIsRoomAgain() throws {
        let test = try TestCluster()
        let reports = Reports()
        let producer = try test.producer(["queue.buffering.max.messages": "2"], reports: reports)
        let topic = try producer.topic(test.topic)
        try producer.produce(topic, value: "1")
        try producer.produce(topic, value: "2")
        let error = thrown { () throws(StreamsError) in try producer.produce(topic, value: "3") }
        #expect(error?.code == .queueFull)
        #expect(producer.serve { producer.outstanding == 0 })
        try producer.produce(topic, value: "3")
        #expect(producer.flush(milliseconds: 60_000))
        #expect(reports.all.map(\.value) == ["1", "2", "3"])
    }

    @Test func aMessageThatIsTooLargeIsRefusedAtOnce() throws {
        let test = try TestCluster()
        let producer = try test.producer(["message.max.bytes": "1000"], reports: Reports())
        let topic = try producer.topic(test.topic)
        let value = String(repeating: "x", count: 2000)
        let plain = thrown { () throws(StreamsError) in try producer.produce(topic, value: value) }
        #expect(plain?.code.name == "MSG_SIZE_TOO_LARGE")
        let withHeaders = thrown { () throws(StreamsError) in
            try producer.produce(topic, value: value, timestamp: 0, headers: [("h", nil)])
        }
        #expect(withHeaders?.code.name == "MSG_SIZE_TOO_LARGE")
        #expect(producer.outstanding == 0)
    }

    @Test func flushGivesUpWhenItsTimeIsOver() throws {
        let test = try TestCluster()
        try test.cluster.setBrokerDown(1)
        let producer = try test.producer(reports: Reports())
        try producer.produce(try producer.topic(test.topic), value: "v")
        #expect(!producer.flush(milliseconds: 50))
        #expect(producer.outstanding == 1)
        try producer.purge()
    }

    @Test func purgedMessagesAreReportedAsSuch() throws {
        let test = try TestCluster()
        try test.cluster.setBrokerDown(1)
        let reports = Reports()
        let producer = try test.producer(reports: reports)
        try producer.produce(try producer.topic(test.topic), value: "v", opaque: 5)
        try producer.purge()
        #expect(producer.serve { reports.all.count == 1 })
        #expect(reports.all.first?.error == .purgedInQueue)
        #expect(reports.all.first?.opaque == 5)
        #expect(producer.outstanding == 0)
    }

    @Test func aMessageThatIsNotDeliveredInTimeIsReportedAsTimedOut() throws {
        let test = try TestCluster()
        try test.cluster.setBrokerDown(1)
        let reports = Reports()
        let producer = try test.producer(["message.timeout.ms": "100"], reports: reports)
        try producer.produce(try producer.topic(test.topic), value: "v")
        #expect(producer.serve { reports.all.count == 1 })
        #expect(reports.all.first?.error == .messageTimedOut)
    }

    @Test func aProducerThatIsLetGoWithMessagesOutstandingEnds() throws {
        let test = try TestCluster()
        try test.cluster.setBrokerDown(1)
        weak var gone: Producer?
        do {
            let producer = try test.producer(reports: Reports())
            gone = producer
            try producer.produce(try producer.topic(test.topic), value: "v")
        }
        #expect(gone == nil)
    }
}

@Suite struct RejectedMessageTests {
    private func serveAll(_ producer: Producer) -> Int {
        var count = 0
        while producer.serveRejected() { count += 1 }
        return count
    }

    @Test func aRejectedMessageWaitsAndIsReportedAsAnInvalidArgument() throws {
        let test = try TestCluster()
        let reports = Reports()
        reports.areOfLibrdkafka = false
        let producer = try test.producer(reports: reports)
        let topic = try producer.topic(test.topic)
        #expect(!producer.hasRejected)
        lending(Array("key".utf8)) { key, count in
            producer.reject(
                topic, partition: 3, key: key, keyCount: count, opaque: UnsafeMutableRawPointer(bitPattern: 42))
        }
        producer.reject(topic, partition: -1, key: nil, keyCount: 0, opaque: nil)
        #expect(producer.hasRejected)
        #expect(producer.outstanding == 2)
        #expect(reports.all.isEmpty)
        #expect(serveAll(producer) == 2)
        #expect(producer.outstanding == 0)
        #expect(!producer.hasRejected)
        #expect(reports.all.map(\.error) == [.invalidArgument, .invalidArgument])
        #expect(reports.all.map(\.topic) == [test.topic, test.topic])
        #expect(reports.all.map(\.partition) == [3, -1])
        // The key was copied: its bytes are long gone.
        #expect(reports.all.map(\.key) == ["key", nil])
        #expect(reports.all.map(\.value) == [nil, nil])
        #expect(reports.all.map(\.offset) == [TopicPartition.invalidOffset, TopicPartition.invalidOffset])
        #expect(reports.all.map(\.opaque) == [42, 0])
    }

    @Test func anEmptyKeyIsKeptApartFromNone() throws {
        let test = try TestCluster()
        let reports = Reports()
        reports.areOfLibrdkafka = false
        let producer = try test.producer(reports: reports)
        let topic = try producer.topic(test.topic)
        lending([]) { producer.reject(topic, partition: 0, key: $0, keyCount: $1, opaque: nil) }
        #expect(producer.serveRejected())
        #expect(reports.all.map(\.key) == [""])
    }

    @Test func nothingIsSentForARejectedMessage() throws {
        let test = try TestCluster()
        let reports = Reports()
        let producer = try test.producer(reports: reports)
        let topic = try producer.topic(test.topic)
        producer.reject(topic, partition: 0, key: nil, keyCount: 0, opaque: nil)
        try producer.produce(topic, value: "sent")
        #expect(producer.serve { reports.all.count == 1 })
        // The first offset went to the message that was sent.
        #expect(reports.all.first?.offset == 0)
        #expect(producer.outstanding == 1)
    }

    @Test func rejectedMessagesThatNobodyServedAreFreedWithTheProducer() throws {
        weak var gone: Producer?
        do {
            let test = try TestCluster()
            let producer = try test.producer(reports: Reports())
            gone = producer
            let topic = try producer.topic(test.topic)
            lending(Array("key".utf8)) { producer.reject(topic, partition: 0, key: $0, keyCount: $1, opaque: nil) }
        }
        #expect(gone == nil)
    }
}
