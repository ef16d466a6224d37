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

    /// The file that it was loaded from; nil where the loader does not say. - Note: `dladdr`.
    public static var path: String? {
        dlsym(handle, "rd_kafka_version").flatMap { sys_file_of($0) }.map { String(cString: $0) }
    }

    /// What it was built with, as in `gzip,snappy,ssl`. - Note: `rd_kafka_conf_get` of `builtin.features`.
    public static var features: String {
        let configuration = rd_kafka_conf_new()
        defer { rd_kafka_conf_destroy(configuration) }
        var text = [CChar](repeating: 0, count: 1024)
        var size = text.count
        guard rd_kafka_conf_get(configuration, "builtin.features", &text, &size) == RD_KAFKA_CONF_OK else { return "" }
        return String(errorText: text)
    }
}
