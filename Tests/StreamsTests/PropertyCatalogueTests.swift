import Testing

@testable import Streams

@Suite struct PropertyCatalogueTests {
    @Test func itKnowsPropertiesOfClientsTopicsAndTheirAliases() {
        let names = PropertyCatalogue.names
        for name in ["bootstrap.servers", "metadata.broker.list", "group.id", "acks", "auto.offset.reset", "debug"] {
            #expect(names.contains(name))
        }
        #expect(!names.contains("Property"))
        #expect(names.allSatisfy { !$0.isEmpty && !$0.contains(" ") && !$0.contains("|") && !$0.hasPrefix("-") })
        #expect(names == names.sorted())
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: [
        ("bootstrap.server", "bootstrap.servers"), ("bootstrap_servers", "bootstrap.servers"),
        ("BOOTSTRAP.SERVERS", "bootstrap.servers"), ("gruop.id", "group.id"),
        ("auto.ofset.reset", "auto.offset.reset"), ("enable.auto.comit", "enable.auto.commit"),
        ("lingerms", "linger.ms"),
    ]) func aSlipOfThePenFindsTheProperty(_ slip: String, _ property: String) {
        #expect(PropertyCatalogue.nearest(to: slip) == property)
    }

    @Test(arguments: ["", "x", "ab", "something.else.entirely", "zzzzzzzz"])
    func aNameThatIsLikeNoOtherFindsNone(_ name: String) {
        #expect(PropertyCatalogue.nearest(to: name) == nil)
    }

    @Test func extraNamesAreSuggestedToo() {
        #expect(PropertyCatalogue.nearest(to: "oath_cb") != "oauth_cb")
        #expect(PropertyCatalogue.nearest(to: "oath_cb", among: ["oauth_cb"]) == "oauth_cb")
        #expect(PropertyCatalogue.nearest(to: "on_delivry", among: ["on_delivery", "logger"]) == "on_delivery")
    }

    @Test(arguments: [
        ("abc", "abc", 0), ("abc", "abd", 1), ("abc", "ab", 1), ("abc", "xabc", 1), ("abc", "acb", 1),
        ("abcd", "badc", 2), ("kitten", "sitting", 3), ("", "abc", 3), ("", "", 0),
    ]) func theDistanceCountsInsertionsDeletionsReplacementsAndSwaps(_ a: String, _ b: String, _ distance: Int) {
        #expect(PropertyCatalogue.editDistance(Array(a.utf8), Array(b.utf8), limit: 10) == distance)
        #expect(PropertyCatalogue.editDistance(Array(b.utf8), Array(a.utf8), limit: 10) == distance)
    }

    @Test func textsThatDifferInLengthByMoreThanTheLimitAreNotCompared() {
        #expect(PropertyCatalogue.editDistance(Array("a".utf8), Array("abcdef".utf8), limit: 2) == 3)
    }
}
