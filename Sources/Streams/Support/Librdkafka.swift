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

    /// A function that is newer than the oldest librdkafka we support, or that a vendor's build may lack.
    static func function<Function>(_ name: String, as _: Function.Type) -> Function? {
        guard let address = dlsym(handle, name) else { return nil }
        return unsafeBitCast(address, to: Function.self)
    }

    /// A function without which a call cannot do its work.
    ///
    /// - Throws: `_NOT_IMPLEMENTED`, naming the function and the library's version.
    static func requiredFunction<Function>(
        _ name: String, as type: Function.Type
    ) throws(StreamsError) -> Function {
        guard let function = function(name, as: type) else {
            throw StreamsError(
                .notImplemented, reason: "the loaded librdkafka \(versionText) does not have \(name)")
        }
        return function
    }

    /// The loaded library, found by the name that it was linked by: an interpreter loads its extensions, and what they
    /// need, where a search of the whole process does not look.
    nonisolated(unsafe) private static let handle: UnsafeMutableRawPointer? = {
        #if os(Linux)
            let name = "librdkafka.so.1"
        #else
            let name = "librdkafka.1.dylib"
        #endif
        return dlopen(name, RTLD_LAZY | RTLD_NOLOAD) ?? dlopen(nil, RTLD_LAZY)
    }()
}
