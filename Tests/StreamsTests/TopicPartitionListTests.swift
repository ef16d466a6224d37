import CRdkafka
import Testing

@testable import Streams

@Suite struct TopicPartitionListTests {
    @Test func allThatIsPutInComesOut() {
        let partitions = [
            TopicPartition("first", 3, offset: 42, metadata: "größer als ✓"),
            TopicPartition("second", 0, offset: -2),
            TopicPartition("third"),
        ]
        let list = TopicPartitionList(partitions).partitions
        #expect(list.map(\.topic) == ["first", "second", "third"])
        #expect(list.map(\.partition) == [3, 0, TopicPartition.unassignedPartition])
        #expect(list.map(\.offset) == [42, -2, TopicPartition.invalidOffset])
        #expect(list.map(\.metadata) == ["größer als ✓", nil, nil])
        #expect(list.map(\.error) == [nil, nil, nil])
    }

    @Test func emptyMetadataIsNotTheSameAsNone() {
        let list = TopicPartitionList([TopicPartition("t", 0, metadata: ""), TopicPartition("t", 1)]).partitions
        #expect(list.map(\.metadata) == ["", nil])
    }

    @Test func longMetadataIsCopiedWhole() {
        let text = String(repeating: "0123456789", count: 1000)
        #expect(TopicPartitionList([TopicPartition("t", 0, metadata: text)]).partitions.first?.metadata == text)
    }

    @Test func theLeaderEpochIsKeptWhereLibrdkafkaKnowsOne() {
        let epoch = TopicPartitionList([TopicPartition("t", 0, leaderEpoch: 7)]).partitions.first?.leaderEpoch
        #expect(epoch == (Librdkafka.isAtLeast(2, 1) ? 7 : nil))
        #expect(TopicPartitionList([TopicPartition("t", 0)]).partitions.first?.leaderEpoch == nil)
    }

    @Test func anErrorOfAPartitionIsRead() {
        let list = TopicPartitionList([TopicPartition("t", 0), TopicPartition("t", 1)])
        list.withRaw { $0.pointee.elems[1].err = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART }
        #expect(list.partitions.map { $0.error?.name } == [nil, "UNKNOWN_TOPIC_OR_PART"])
    }

    @Test func topicsOfASubscriptionHaveNoPartition() {
        let list = TopicPartitionList(topics: ["a", "^b.*"]).partitions
        #expect(list.map(\.topic) == ["a", "^b.*"])
        #expect(list.allSatisfy { $0.partition == TopicPartition.unassignedPartition })
    }

    @Test func anEmptyListAndNoListHaveNoPartitions() {
        #expect(TopicPartitionList([]).partitions.isEmpty)
        #expect(TopicPartitionList.partitions(of: nil).isEmpty)
    }
}
