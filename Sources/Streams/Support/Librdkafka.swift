import CRdkafka
import CSystem

/// The librdkafka that this process has loaded, which need not be the one that this was built with.
public enum Librdkafka {
    /// `0xMMmmrrxx`: major, minor, revision, pre-release (0xff for a release). - Note: `rd_kafka_version`.
    public static var version: Int32 { rd_kafka_version() }

    /// - Note: `rd_kafka_version_str`.
    public static var versionText: String { String(cString: rd_kafka_version_str()) }

    /// Whether the loaded library is at least this version.
    public static func isAtLeast(_ major: Int32, _ minor: Int32, _ revision: Int32 = 0) -> Bool {
        version >> 8 >= major << 16 | minor << 8 | revision
    }

    /// The loaded library, found by the name that it was linked by: an interpreter loads its extensions, and what they
    /// need, where a search of the whole process does not look.
    nonisolated(unsafe) static let handle: UnsafeMutableRawPointer? = {
        #if !canImport(Darwin)
            let name = "librdkafka.so.1"
        #else
            let name = "librdkafka.1.dylib"
        #endif
        return dlopen(name, RTLD_LAZY | RTLD_NOLOAD) ?? dlopen(nil, RTLD_LAZY)
    }()
}
