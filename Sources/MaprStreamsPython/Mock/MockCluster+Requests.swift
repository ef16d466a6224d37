import CPython
import PythonBridge
import Streams

/// Which requests the brokers got.
let mockClusterRequestMethods: [Method] = [
    .none(
        "start_request_tracking",
        { object, _ in
            withMockCluster(object, { cluster throws(StreamsError) in try cluster.startRequestTracking() }) {
                python, _ in python.none
            }
        }, "start_request_tracking($self, /)\n--\n\n``rd_kafka_mock_start_request_tracking``"),
    .none(
        "stop_request_tracking",
        { object, _ in
            withMockCluster(object, { cluster throws(StreamsError) in try cluster.stopRequestTracking() }) {
                python, _ in python.none
            }
        }, "stop_request_tracking($self, /)\n--\n\n``rd_kafka_mock_stop_request_tracking``"),
    .none(
        "clear_requests",
        { object, _ in
            withMockCluster(object, { cluster throws(StreamsError) in try cluster.clearRequests() }) {
                python, _ in python.none
            }
        }, "clear_requests($self, /)\n--\n\n``rd_kafka_mock_clear_requests``"),
    .none(
        "requests",
        { object, _ in
            withMockCluster(object, { cluster throws(StreamsError) in try cluster.requests() }) {
                python, requests throws(PythonError) in
                try python.list(count: requests.count) { index throws(PythonError) in
                    let request = requests[index]
                    let numbers = [Int(request.broker), Int(request.apiKey), Int(request.timestamp)]
                    return try python.tuple(count: 3) { place throws(PythonError) in
                        try python.integer(numbers[place])
                    }
                }
            }
        }, "requests($self, /)\n--\n\n``rd_kafka_mock_get_requests``: (broker id, API key, microseconds) of each."),
]
