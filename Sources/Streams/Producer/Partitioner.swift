import CRdkafka

/// librdkafka's partitioners of keys, as functions. Each gives one partition of so many for the bytes of a key.
public enum Partitioner {
    /// Java's, and that of `partitioner` `murmur2`. - Note: `rd_kafka_msg_partitioner_murmur2`.
    public static func murmur2(_ key: UnsafeRawBufferPointer, of count: Int32) -> Int32 {
        rd_kafka_msg_partitioner_murmur2(nil, start(of: key), key.count, count, nil, nil)
    }

    /// That of `partitioner` `consistent`: a CRC. - Note: `rd_kafka_msg_partitioner_consistent`.
    public static func consistent(_ key: UnsafeRawBufferPointer, of count: Int32) -> Int32 {
        rd_kafka_msg_partitioner_consistent(nil, start(of: key), key.count, count, nil, nil)
    }

    /// Sarama's, and that of `partitioner` `fnv1a`. - Note: `rd_kafka_msg_partitioner_fnv1a`.
    public static func fnv1a(_ key: UnsafeRawBufferPointer, of count: Int32) -> Int32 {
        rd_kafka_msg_partitioner_fnv1a(nil, start(of: key), key.count, count, nil, nil)
    }

    /// librdkafka reads nothing of an empty key, and takes none that is not there.
    private static func start(of key: UnsafeRawBufferPointer) -> UnsafeRawPointer {
        key.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    }
}
