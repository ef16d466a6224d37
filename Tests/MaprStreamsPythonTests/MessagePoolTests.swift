import CPython
import PythonBridge
import Testing

@testable import MaprStreamsPython

extension MaprStreamsPythonTests {
    @Suite struct MessagePoolTests {
        @Test func aMessageThatIsFreedIsTheNextOne() {
            withExtension { python throws(PythonError) in
                let address: Object
                do {
                    let message = try python.evaluate("cimpl.Message('topic')")
                    address = message.object
                }
                // Whether or not messages that a program makes come from the pool, they go into it.
                let next = MessagePool.take()
                #expect(next == address)
                if let next { #expect(MessagePool.put(next)) }
            }
        }

        @Test func itKeepsNoMoreThanItHasRoomFor() {
            withExtension { _ throws(PythonError) in
                var taken: [Object] = []
                for _ in 0...MessagePool.capacity { taken.append(try OwnedObject(MessagePool.take()).take()) }
                // All are out, those that were in it included: each of them is another object.
                #expect(Set(taken.map { UInt(bitPattern: $0) }).count == taken.count)
                var kept = 0
                for message in taken where MessagePool.put(message) { kept += 1 }
                #expect(kept == MessagePool.capacity)
            }
        }
    }
}
