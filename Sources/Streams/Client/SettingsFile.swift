/// The file of settings, less the rules for names.
struct SettingsFile {
    /// The lowest first.
    private(set) var settings: [OutsideSettings.Setting] = []
    private(set) var overrides: [OutsideSettings.Setting] = []

    private enum Section { case client, producer, consumer, names, override }

    init(_ text: String, path: String) throws(StreamsError) {
        var section: Section?
        // What is of one kind of client goes over what is of all.
        var own: [OutsideSettings.Setting] = []
        for (index, bytes) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            let place = "\(path), line \(index + 1)"
            let line = Substring(bytes).trimmedOfBlanks
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("[") {
                section = try Self.section(line, at: place)
                continue
            }
            guard let here = section else {
                let what = PropertyCatalogue.tellsOfSecret(line) ? "this" : line
                throw Self.wrong(
                    place, "\(what) stands in no section: [client], [producer], [consumer], [names] or [override]")
            }
            if here == .names { continue }
            let setting = try Self.setting(line, of: here, at: place)
            switch here {
            case .client: settings.append(setting)
            case .override: overrides.append(setting)
            default: own.append(setting)
            }
        }
        settings += own
    }

    private static func section(_ line: String, at place: String) throws(StreamsError) -> Section {
        switch line {
        case "[client]": .client
        case "[producer]": .producer
        case "[consumer]": .consumer
        case "[names]": .names
        case "[override]": .override
        default:
            throw wrong(place, "\(line) is none of the sections [client], [producer], [consumer], [names], [override]")
        }
    }

    private static func setting(
        _ line: String, of section: Section, at place: String
    ) throws(StreamsError) -> OutsideSettings.Setting {
        guard let equals = line.firstIndex(of: "=") else {
            let what = PropertyCatalogue.tellsOfSecret(line) ? "this" : line
            throw wrong(place, "\(what) is no setting; a setting is property = value")
        }
        let name = line[..<equals].trimmedOfBlanks
        let value = line[line.index(after: equals)...].trimmedOfBlanks
        guard PropertyCatalogue.settable.contains(name) else {
            throw wrong(place, OutsideSettings.whyNotSettable(name))
        }
        let ofProperty = PropertyCatalogue.clients(of: name)
        let ofSection: PropertyCatalogue.Clients =
            switch section {
            case .producer: .producers
            case .consumer: .consumers
            default: .all
            }
        if ofSection != .all && ofProperty != .all && ofSection != ofProperty {
            let kind = ofProperty == .consumers ? "consumers" : "producers"
            throw wrong(place, "\"\(name)\" is a property of \(kind), and this section is not theirs")
        }
        return OutsideSettings.Setting(
            name: name, value: value, origin: place, isOverride: section == .override,
            clients: ofSection == .all ? ofProperty : ofSection)
    }

    private static func wrong(_ place: String, _ problem: String) -> StreamsError {
        StreamsError(.invalidArgument, reason: "\(place): \(problem)")
    }
}

extension Substring {
    /// Without spaces, tabs and carriage returns around it.
    var trimmedOfBlanks: String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }
        let bytes = utf8
        guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[first...last])
    }
}
