// swift-tools-version: 6.0
import PackageDescription

// The extension is built by setup.py, which adds the linker options of a Python extension module. A plain
// `swift build` and `swift test` work too: they build the same targets without those options.
let package = Package(
    name: "mapr-streams-python",
    products: [
        .library(name: "MaprStreamsPython", type: .dynamic, targets: ["MaprStreamsPython"]),
        .library(name: "Streams", targets: ["Streams"]),
    ],
    targets: [
        .systemLibrary(
            name: "CRdkafka",
            pkgConfig: "rdkafka",
            providers: [.apt(["librdkafka-dev"]), .brew(["librdkafka"])]
        ),
        .systemLibrary(
            name: "CPython",
            pkgConfig: "python3",
            providers: [.apt(["python3-dev"]), .brew(["python3"])]
        ),
        // libpython itself, which the tests link and the extension never does.
        .systemLibrary(
            name: "CPythonEmbed",
            pkgConfig: "python3-embed",
            providers: [.apt(["python3-dev"]), .brew(["python3"])]
        ),
        .systemLibrary(name: "CSystem"),
        .target(name: "CServing", dependencies: ["CRdkafka"]),
        .target(name: "Streams", dependencies: ["CRdkafka", "CServing", "CSystem"]),
        .target(name: "PythonBridge", dependencies: ["CPython"]),
        .target(name: "MaprStreamsPython", dependencies: ["Streams", "PythonBridge", "CSystem"]),
        .testTarget(name: "StreamsTests", dependencies: ["Streams"]),
        // For the tests that run in one process, and so share an interpreter.
        .target(
            name: "EmbeddedPython", dependencies: ["PythonBridge", "CPython", "CPythonEmbed"],
            path: "Tests/EmbeddedPython"),
        .testTarget(name: "PythonBridgeTests", dependencies: ["PythonBridge", "CPython", "EmbeddedPython"]),
        .testTarget(
            name: "MaprStreamsPythonTests",
            dependencies: ["MaprStreamsPython", "Streams", "PythonBridge", "CPython", "EmbeddedPython"]),
    ],
    swiftLanguageModes: [.v6]
)
