import CRdkafka

/// A broker, as answers name it.
public struct Node: Sendable {
    public let id: Int32
    /// Empty of a broker that is down.
    public let host: String
    public let port: Int32
    /// Nil where it has none, or where librdkafka is older than 2.3.0.
    public let rack: String?
}

/// The functions that read a broker of an answer.
struct NodeReader {
    private let id: rdk_rd_kafka_Node_id
    private let host: rdk_rd_kafka_Node_host
    private let port: rdk_rd_kafka_Node_port
    private let rack: rdk_rd_kafka_Node_rack?

    init() throws(StreamsError) {
        id = try Symbols.Groups.nodeID.required
        host = try Symbols.Groups.nodeHost.required
        port = try Symbols.Groups.nodePort.required
        rack = Symbols.Groups.nodeRack.address
    }

    func read(_ node: OpaquePointer?) -> Node? {
        guard let node else { return nil }
        return Node(
            id: id(node), host: String(optional: host(node)) ?? "", port: Int32(port(node)),
            rack: rack.flatMap { String(optional: $0(node)) })
    }

    func read(_ nodes: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int) -> [Node] {
        guard let nodes else { return [] }
        return (0..<count).compactMap { read(nodes[$0]) }
    }
}
