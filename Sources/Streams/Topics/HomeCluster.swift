import CSystem

/// The cluster whose streams are known by two names: `/path` and `/mapr/<cluster>/path`.
///
/// It is looked up when the first name that begins with `/mapr/` comes.
final class HomeCluster: Sendable {
    /// The setting that names it.
    static let environmentVariable = "MAPR_STREAMS_HOME_CLUSTER"
    /// Where MapR is installed, unless it says otherwise.
    private static let defaultInstallation = "/opt/mapr"

    private enum State: Sendable {
        case unknown
        case known([UInt8]?)
    }

    private let state: Guarded<State>

    /// - Parameter name: nil to take the first word of MapR's own `mapr-clusters.conf`.
    init(_ name: String?) {
        if let name, !name.isEmpty {
            state = Guarded(.known(Array(name.utf8)), acrossForks: true)
        } else {
            state = Guarded(.unknown, acrossForks: true)
        }
    }

    /// A cluster that is known, or known to be unknown, for tests.
    init(known name: [UInt8]?) { state = Guarded(.known(name), acrossForks: true) }

    /// Its name, or nil where nothing tells it.
    var name: [UInt8]? {
        if case .known(let name) = state.withLock({ $0 }) { return name }
        // Without the lock, which a fork waits for: the file may be on a slow disk.
        let found = Self.nameInConfiguration()
        return state.withLock { state in
            // Another thread may have found it meanwhile: all say the same.
            if case .known(let name) = state { return name }
            state = .known(found)
            return found
        }
    }

    /// MapR's own, whose first word is the cluster.
    static var file: String {
        let installation = getenv("MAPR_HOME").map { String(cString: $0) } ?? ""
        return "\(installation.isEmpty ? defaultInstallation : installation)/conf/mapr-clusters.conf"
    }

    /// What to say of a name below `/mapr/<cluster>`, where no home is known.
    func questionAbout(cluster: String, in name: [UInt8]) -> String {
        "\"\(text(name))\" names the cluster \(cluster), and it is not known whether that is this application's own, whose"
            + " streams have names without /mapr/\(cluster) too: set the environment variable"
            + " \(Self.environmentVariable) to the name of its own cluster, which is \(cluster) or another. \(Self.file),"
            + " which says so on a node of MapR's, names none"
    }

    private static func nameInConfiguration() -> [UInt8]? {
        guard let file = fopen(file, "r") else { return nil }
        defer { fclose(file) }
        // Lines that are longer continue in the next piece, whose first word is then taken for one; names are not so long.
        let size = 4096
        let line = UnsafeMutablePointer<CChar>.allocate(capacity: size)
        defer { line.deallocate() }
        while fgets(line, Int32(size), file) != nil {
            let words = String(cString: line).utf8.split(whereSeparator: { $0 <= UInt8(ascii: " ") })
            if let first = words.first, first.first != UInt8(ascii: "#") { return Array(first) }
        }
        return nil
    }
}
