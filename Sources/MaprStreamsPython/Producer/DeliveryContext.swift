import CPython
import PythonBridge
import Streams

/// What a message's delivery report needs to know, in the one pointer that librdkafka keeps for us: its callback, and
/// whether its value is lent. Both are references, owned until the report.
///
/// A lent value is the payload of a `bytes` object that the program handed over. librdkafka reads it where it is, and
/// nobody can change it. Copying would cost the time and the memory of the copy, but holding a small object costs more
/// than its copy does: up to 512 bytes CPython's objects come from pools of their own, beyond that from malloc, as
/// librdkafka's messages do.
struct DeliveryContext {
    /// How long a value is lent rather than copied.
    static let shortestLent = 512
    /// Objects are aligned to more than one byte.
    private static let lendingMark: UInt = 1

    let callback: Object?
    let isLending: Bool

    @inline(__always)
    init(callback: Object?, isLending: Bool) {
        self.callback = callback
        self.isLending = isLending
    }

    @inline(__always)
    init(of record: Record) { self.init(opaque: record.opaque) }

    @inline(__always)
    init(opaque: UnsafeMutableRawPointer?) {
        let word = UInt(bitPattern: opaque)
        callback = Object(bitPattern: word & ~Self.lendingMark)
        isLending = word & Self.lendingMark != 0
    }

    @inline(__always)
    var opaque: UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: callback) | (isLending ? Self.lendingMark : 0))
    }

    /// The object whose payload the record has. The caller takes over the reference.
    @inline(__always)
    static func lentValue(_ record: Record) -> Object {
        (record.value.unsafelyUnwrapped - ProcessState.bytesDataOffset).assumingMemoryBound(to: PyObject.self)
    }
}
