import CPython
import PythonBridge
import Streams

/// Requests about records.
nonisolated(unsafe) let recordRequests = [
    // TopicPartitions
    AdminRow(name: "delete_records") { python, admin, arguments, options, answer throws(PythonError) in
        let partitions = try python.topicPartitions(arguments, "topic_partition_offsets")
        try python.raising { () throws(StreamsError) in
            try admin.deleteRecords(
                before: partitions, options: options,
                then: answer.completion { python, results throws(PythonError) in
                    try python.list(results) { offset throws(PythonError) in try python.integer(Int(offset)) }
                })
        }
    }
]
