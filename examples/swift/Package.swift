// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "streaming",
    dependencies: [.package(name: "mapr-streams-python", path: "../..")],
    targets: [
        .executableTarget(
            name: "Streaming", dependencies: [.product(name: "Streams", package: "mapr-streams-python")])
    ],
    swiftLanguageModes: [.v6]
)
