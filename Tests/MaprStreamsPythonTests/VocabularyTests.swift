import Testing

@testable import MaprStreamsPython
@testable import Streams

extension MaprStreamsPythonTests {
    @Suite struct VocabularyTests {
        @Test(arguments: ClientKind.allCases) func eachPropertyThatTakesAnObjectIsOneOfPythons(_ kind: ClientKind) {
            for property in CallbackProperty.all(of: kind) {
                #expect(PropertyFate(of: property.name, in: .python).kind == .kept, "\(property.name)")
            }
        }

        @Test func whatLibrdkafkaTakesFromCProgramsAloneIsGivenInAnotherWay() {
            let callbacks = PropertyCatalogue.names.filter { $0.hasSuffix("_cb") }
            #expect(callbacks.count > 10)
            for name in callbacks {
                let fate = PropertyFate(of: name, in: .python)
                #expect(fate.kind == .callback || fate.kind == .kept, "\(name)")
                #expect(
                    !fate.note.contains("ClientEvents") && !fate.note.contains("C programs"), "\(name): \(fate.note)")
            }
        }
    }
}
