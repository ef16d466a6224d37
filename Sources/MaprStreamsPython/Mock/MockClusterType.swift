import CPython
import PythonBridge
import Streams

/// What a `_MockCluster` holds.
struct MockClusterFields {
    /// nil before `__init__`, and after `close`.
    var cluster: Unmanaged<MockCluster>?
    /// The process that made it: its threads stay there when the process forks.
    var process: pid_t

    /// The cluster, where it may be used.
    func usable(_ python: borrowing Python) throws(PythonError) -> MockCluster {
        guard let cluster else { throw python.error(.runtimeError, "MockCluster closed") }
        guard process == getpid() else {
            throw python.error(
                .runtimeError, "MockCluster was made before this process was forked: its brokers are the parent's")
        }
        return cluster.takeUnretainedValue()
    }
}

func mockClusterFields(_ object: Object?) -> UnsafeMutablePointer<MockClusterFields> {
    object.unsafelyUnwrapped.fields(MockClusterFields.self)
}

/// `_MockCluster(brokers)`: what `mapr_streams_python.testing.MockCluster` is built on.
func makeMockClusterType(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    let layout = ObjectLayout(of: MockClusterFields.self, isWeaklyReferenceable: true)
    var type = TypeBuilder("mapr_streams_python._MockCluster", layout)
    type.documentation(
        "_MockCluster(brokers, check_topic_names=True)\n--\n\nUse mapr_streams_python.testing.MockCluster.")
    type.initializer(mockClusterInitialize)
    type.ending { object in Python.attached { python in closeMockCluster(&python, object) } }
    type.methods(
        mockClusterLifeMethods + mockClusterTopicMethods + mockClusterFaultMethods + mockClusterRequestMethods)
    Types.mockCluster = try type.build(python, module: module)
}

private let mockClusterLifeMethods: [Method] = [
    .none(
        "bootstrap_servers",
        { object, _ in
            withMockCluster(object, { cluster in cluster.bootstrapServers }) { python, text throws(PythonError) in
                try python.string(text)
            }
        }, "bootstrap_servers($self, /)\n--\n\nFor ``bootstrap.servers``."),
    .none(
        "close",
        { object, _ in
            Python.entered(failure: nil) { python throws(PythonError) in
                closeMockCluster(&python, object)
                return python.none.take()
            }
        }, "close($self, /)\n--\n\nStops the brokers."),
]

nonisolated(unsafe) private let initializerSignature = Signature(
    "_MockCluster", ["brokers", "check_topic_names"], required: 1)

@_cdecl("mapr_MockCluster_init")
func mockClusterInitialize(_ object: Object?, _ arguments: Object?, _ keywords: Object?) -> Int32 {
    Python.entered(failure: -1) { python throws(PythonError) in
        let (brokers, refusesNames) = try withSlots(2) { slots throws(PythonError) in
            try initializerSignature.parse(python, tuple: arguments, dictionary: keywords, into: slots)
            let brokers = try python.int32(slots[0].unsafelyUnwrapped, initializerSignature[0])
            return (brokers, try python.truth(slots[1], default: true))
        }
        guard mockClusterFields(object).pointee.cluster == nil else {
            throw python.error(.runtimeError, "_MockCluster already initialized")
        }
        let cluster = try python.raisingDetached { () throws(StreamsError) in
            try MockCluster(brokers: brokers, refusesNames: refusesNames)
        }
        guard mockClusterFields(object).pointee.cluster == nil else {
            throw python.error(.runtimeError, "_MockCluster already initialized")
        }
        mockClusterFields(object).pointee.cluster = Unmanaged.passRetained(cluster)
        mockClusterFields(object).pointee.process = getpid()
        return 0
    }
}

func closeMockCluster(_ python: inout Python, _ object: Object?) {
    guard let cluster = mockClusterFields(object).pointee.cluster else { return }
    mockClusterFields(object).pointee.cluster = nil
    // In the child of a fork it is forgotten: nothing of librdkafka's may be touched there.
    guard mockClusterFields(object).pointee.process == getpid() else { return }
    python.detached { cluster.release() }
}
