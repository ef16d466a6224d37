import CPython
import PythonBridge
import Streams

/// librdkafka's partitioners as functions of the module.
let partitionerFunctions: [Method] = [
    .fast(
        "murmur2", murmur2,
        """
        murmur2($module, key, partition_count, /)
        --

        The partition that Java's clients, and the property ``partitioner`` ``murmur2``, choose for a key.

        :param bytes key: the key, or another bytes-like object
        :param int partition_count: how many partitions there are
        :rtype: int
        :raises ValueError: there is no partition

        ``rd_kafka_msg_partitioner_murmur2``.
        """),
    .fast(
        "consistent", consistent,
        """
        consistent($module, key, partition_count, /)
        --

        The partition that the property ``partitioner`` ``consistent``, and for a key that is not empty librdkafka's default, choose.

        :param bytes key: the key, or another bytes-like object
        :param int partition_count: how many partitions there are
        :rtype: int
        :raises ValueError: there is no partition

        ``rd_kafka_msg_partitioner_consistent``.
        """),
    .fast(
        "fnv1a", fnv1a,
        """
        fnv1a($module, key, partition_count, /)
        --

        The partition that Sarama, and the property ``partitioner`` ``fnv1a``, choose for a key.

        :param bytes key: the key, or another bytes-like object
        :param int partition_count: how many partitions there are
        :rtype: int
        :raises ValueError: there is no partition

        ``rd_kafka_msg_partitioner_fnv1a``.
        """),
]

@_cdecl("mapr_murmur2")
func murmur2(_ module: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?) -> Object? {
    partition("murmur2", arguments, count, keywords) { Partitioner.murmur2($0, of: $1) }
}

@_cdecl("mapr_consistent")
func consistent(_ module: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?) -> Object? {
    partition("consistent", arguments, count, keywords) { Partitioner.consistent($0, of: $1) }
}

@_cdecl("mapr_fnv1a")
func fnv1a(_ module: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?) -> Object? {
    partition("fnv1a", arguments, count, keywords) { Partitioner.fnv1a($0, of: $1) }
}

private func partition(
    _ name: StaticString, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?,
    _ choose: (UnsafeRawBufferPointer, Int32) -> Int32
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        if count != 2 || keywords.map({ cpy_size($0) > 0 }) == true {
            throw python.error(.typeError, "\(name)() takes exactly 2 positional arguments, key and partition_count")
        }
        let given = arguments.unsafelyUnwrapped[0].unsafelyUnwrapped
        guard cpy_is_str(given) == 0, !given.isNone else {
            throw python.error(.typeError, "key must be a bytes-like object, not \(given.typeName)")
        }
        let partitions = try python.int32(arguments.unsafelyUnwrapped[1].unsafelyUnwrapped, "partition_count")
        guard partitions > 0 else {
            throw python.error(.valueError, "partition_count must be > 0, not \(partitions)")
        }
        var key = BorrowedBytes()
        defer { key.release() }
        try key.borrow(python, given, "key")
        let chosen = choose(UnsafeRawBufferPointer(start: key.start, count: key.count), partitions)
        return try python.integer(Int(chosen)).take()
    }
}
