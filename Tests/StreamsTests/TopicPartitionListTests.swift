import CRdkafka
import Testing

@testable import Streams

@Suite struct TopicPartitionListTests {
    @Test func namesAreKafkasInsideAndTheApplicationsOutside() throws {
        let names = TopicNames(try NameSettings(homeCluster: "home"), defaultStream: "/s")
        let given = [TopicPartition("t", 0), TopicPartition("/mapr/home/a:b", 1)]
        let list = try TopicPartitionList(given, names: names)
        let raw = list.withRaw { TopicPartitionList.partitions(of: $0, names: nil) }
        #expect(raw.map { $0.topic } == ["s--t", "a--b"])
        #expect(list.partitions.map { $0.topic } == ["/s:t", "/mapr/home/a:b"])
        let topics = try TopicPartitionList(topics: ["^re", "/x:y"], names: names)
        #expect(
            topics.withRaw { TopicPartitionList.partitions(of: $0, names: nil) }.map { $0.topic } == [
                "^s--(re)", "x--y",
            ])
        #expect(throws: StreamsError.self) { try TopicPartitionList([TopicPartition("/a", 0)], names: names) }
    }

    @Test func allThatIsPutInComesOut() throws {
        let partitions = [
            TopicPartition("first", 3, offset: 42, metadata: "größer als ✓"),
            TopicPartition("second", 0, offset: -2),
            TopicPartition("third"),
        ]
        let list = try TopicPartitionList(partitions, names: nil).partitions
        #expect(list.map(\.topic) == ["first", "second", "third"])
        #expect(list.map(\.partition) == [3, 0, TopicPartition.unassignedPartition])
        #expect(list.map(\.offset) == [42, -2, TopicPartition.invalidOffset])
        #expect(list.map(\.metadata) == ["größer als ✓", nil, nil])
        #expect(list.map(\.error) == [nil, nil, nil])
    }

    @Test func emptyMetadataIsNotTheSameAsNone() throws {
        let list = try TopicPartitionList([TopicPartition("t", 0, metadata: ""), TopicPartition("t", 1)], names: nil)
            .partitions
        #expect(list.map(\.metadata) == ["", nil])
    }

    @Test func longMetadataIsCopiedWhole() throws {
        let text = String(repeating: "0123456789", count: 1000)
        #expect(
            try TopicPartitionList([TopicPartition("t", 0, metadata: text)], names: nil).partitions.first?.metadata
                == text)
    }

    @Test func theLeaderEpochIsKeptWhereLibrdkafkaKnowsOne() throws {
        let epoch = try TopicPartitionList([TopicPartition("t", 0, leaderEpoch: 7)], names: nil).partitions.first?
            .leaderEpoch
        #expect(epoch == (Librdkafka.isAtLeast(2, 1) ? 7 : nil))
        #expect(try TopicPartitionList([TopicPartition("t", 0)], names: nil).partitions.first?.leaderEpoch == nil)
    }

    @Test func anErrorOfAPartitionIsRead() throws {
        let list = try TopicPartitionList([TopicPartition("t", 0), TopicPartition("t", 1)], names: nil)
        list.withRaw { $0.pointee.elems[1].err = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART }
        #expect(list.partitions.map { $0.error?.name } == [nil, "UNKNOWN_TOPIC_OR_PART"])
    }

    @Test func topicsOfASubscriptionHaveNoPartition() throws {
        let list = try TopicPartitionList(topics: ["a", "^b.*"], names: nil).partitions
        #expect(list.map(\.topic) == ["a", "^b.*"])
        #expect(list.allSatisfy { $0.partition == TopicPartition.unassignedPartition })
    }

    @Test func anEmptyListAndNoListHaveNoPartitions() throws {
        #expect(try TopicPartitionList([], names: nil).partitions.isEmpty)
        #expect(TopicPartitionList.partitions(of: nil, names: nil).isEmpty)
    }
}
