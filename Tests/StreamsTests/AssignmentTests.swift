import CRdkafka
import Testing

@testable import Streams

@Suite struct AssignmentTests {
    @Test func assignedPartitionsAreTheAssignment() throws {
        let test = try TestCluster(partitions: 3)
        let consumer = try test.consumer()
        #expect(try consumer.assignment().isEmpty)
        try consumer.assign([test.partition(0), test.partition(2)])
        #expect(try consumer.assignment().map(\.partition).sorted() == [0, 2])
        try consumer.unassign()
        #expect(try consumer.assignment().isEmpty)
    }

    @Test func partitionsAreAddedAndTakenAwayOneByOne() throws {
        let test = try TestCluster(partitions: 3)
        let consumer = try test.consumer()
        try consumer.incrementalAssign([test.partition(0), test.partition(1)])
        try consumer.incrementalUnassign([test.partition(0)])
        #expect(try consumer.assignment().map(\.partition) == [1])
        // librdkafka gives an error object here, not a code.
        let error = thrown { () throws(StreamsError) in try consumer.incrementalUnassign([test.partition(2)]) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.reason?.isEmpty == false)
    }

    @Test func subscribingAnAssignedConsumerIsAConflictInTheMaprDialect() throws {
        let test = try TestCluster()
        let consumer = try test.consumer(dialect: .mapr)
        try consumer.assign([test.partition(0)])
        let error = thrown { () throws(StreamsError) in try consumer.subscribe([test.topic]) }
        #expect(error?.code == .conflict)
        #expect(error?.text.contains("unassign()") == true)
        try consumer.unassign()
        #expect(thrown { () throws(StreamsError) in try consumer.subscribe([test.topic]) } == nil)
    }

    @Test func subscribingAnAssignedConsumerIsFineInTheKafkaDialect() throws {
        let test = try TestCluster()
        let consumer = try test.consumer(dialect: .kafka)
        try consumer.assign([test.partition(0)])
        #expect(thrown { () throws(StreamsError) in try consumer.subscribe([test.topic]) } == nil)
    }

    @Test func aSubscriptionMayBeReplacedAndEnded() throws {
        let test = try TestCluster()
        let consumer = try test.consumer(dialect: .mapr)
        try consumer.subscribe([test.topic])
        try consumer.subscribe(["^top.*", "another"])
        try consumer.unsubscribe()
    }

    @Test func aBadPatternIsAnInvalidArgument() throws {
        let test = try TestCluster()
        let consumer = try test.consumer()
        let error = thrown { () throws(StreamsError) in try consumer.subscribe(["^(unclosed"]) }
        #expect(error?.code == .invalidArgument)
        #expect(thrown { () throws(StreamsError) in try consumer.subscribe([]) }?.code == .invalidArgument)
    }

    @Test func aConsumerWithoutAGroupCannotSubscribe() throws {
        let test = try TestCluster()
        let configuration = Configuration(dialect: .mapr)
        try configuration.set("bootstrap.servers", test.cluster.bootstrapServers)
        let consumer = try Consumer(configuration: configuration, events: ClientEvents())
        #expect(
            thrown { () throws(StreamsError) in try consumer.subscribe([test.topic]) }?.code == .unknownGroup)
        // And there is nothing to wait for when it closes.
        #expect(try !consumer.beginClose())
        #expect(consumer.serveClose(milliseconds: 0))
    }

    @Test func messagesOfAPausedPartitionStayAwayUntilItIsResumed() throws {
        let test = try TestCluster(partitions: 2)
        try test.fill(["paused"], partition: 0)
        try test.fill(["running"], partition: 1)
        let consumer = try test.consumer(dialect: .kafka)
        try consumer.assign([test.partition(0, offset: 0), test.partition(1, offset: 0)])
        try consumer.pause([test.partition(0)])
        #expect(consumer.next(count: 1).map(\.value) == ["running"])
        try consumer.resume([test.partition(0)])
        #expect(consumer.next(count: 1).map(\.value) == ["paused"])
    }
}
