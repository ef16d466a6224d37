import CPython
import Testing

@testable import PythonBridge

extension PythonBridgeTests {
    @Suite struct BorrowedBytesTests {
        private func contents(_ bytes: BorrowedBytes) -> [UInt8]? {
            bytes.start.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: bytes.count)) }
        }

        @Test(arguments: [
            ("b'abc'", "abc"), ("'abc'", "abc"), ("'ß'", "ß"), ("bytearray(b'abc')", "abc"),
            ("memoryview(b'abcd')[1:3]", "bc"), ("type('B', (bytes,), {})(b'abc')", "abc"),
            ("type('S', (str,), {})('abc')", "abc"), ("__import__('array').array('B', b'abc')", "abc"),
        ]) func everythingThatHoldsBytesLendsThem(_ expression: String, _ text: String) {
            withPython { python throws(PythonError) in
                let object = try python.evaluate(expression)
                var bytes = BorrowedBytes()
                try bytes.borrow(python, object.object, "value")
                #expect(contents(bytes) == Array(text.utf8))
                bytes.release()
            }
        }

        @Test(arguments: ["b''", "''", "bytearray()", "memoryview(b'')"])
        func emptyIsNotTheSameAsNone(_ expression: String) {
            withPython { python throws(PythonError) in
                let object = try python.evaluate(expression)
                var bytes = BorrowedBytes()
                try bytes.borrow(python, object.object, "value")
                #expect(bytes.start != nil)
                #expect(bytes.count == 0)
                bytes.release()
                var none = BorrowedBytes()
                try none.borrow(python, cpy_none(), "value")
                #expect(none.start == nil)
                try none.borrow(python, nil, "value")
                #expect(none.start == nil)
            }
        }

        @Test func theLentAddressIsTheObjectsOwn() {
            withPython { python throws(PythonError) in
                let object = try python.evaluate("b'not copied'")
                var bytes = BorrowedBytes()
                try bytes.borrow(python, object.object, "value")
                #expect(bytes.start == UnsafeRawPointer(PyBytes_AsString(object.object)))
            }
        }

        @Test func aBufferIsLockedUntilItIsReleased() {
            withPython { python throws(PythonError) in
                let object = try python.evaluate("bytearray(b'abc')")
                let references = cpy_refcount(object.object)
                var bytes = BorrowedBytes()
                try bytes.borrow(python, object.object, "value")
                #expect(cpy_refcount(object.object) == references + 1)
                let locked = raised(python) { () throws(PythonError) in
                    _ = try python.execute("it.append(1)", ["it": object.object]).object
                }
                #expect(locked?.hasPrefix("BufferError") == true)
                bytes.release()
                #expect(cpy_refcount(object.object) == references)
                _ = try python.execute("it.append(1)", ["it": object.object]).object
                // Again does no harm.
                bytes.release()
                #expect(cpy_refcount(object.object) == references)
            }
        }

        @Test(arguments: ["5", "1.5", "[]", "{}", "object()", "True"])
        func whatHoldsNoBytesIsATypeErrorThatNamesTheArgument(_ expression: String) {
            withPython { python throws(PythonError) in
                let object = try python.evaluate(expression)
                let references = cpy_refcount(object.object)
                var bytes = BorrowedBytes()
                let text = raised(python) { () throws(PythonError) in try bytes.borrow(python, object.object, "key") }
                #expect(
                    text
                        == "TypeError: key must be str, bytes, a bytes-like object or None, not"
                        + " \(object.object.typeName)"
                )
                #expect(bytes.start == nil)
                bytes.release()
                #expect(cpy_refcount(object.object) == references)
            }
        }

        @Test func aBufferWithGapsIsRefusedAndNotHeld() {
            withPython { python throws(PythonError) in
                let names = try python.execute("base = bytearray(b'abcdef')\nview = memoryview(base)[::2]")
                let view = try names.object.item("view")
                var bytes = BorrowedBytes()
                let text = raised(python) { () throws(PythonError) in try bytes.borrow(python, view, "value") }
                #expect(text?.hasPrefix("BufferError") == true)
                #expect(bytes.start == nil)
                bytes.release()
                // Nothing holds on to it.
                let base = try names.object.item("base")
                _ = try python.execute("view.release()\nbase.append(1)", ["view": view, "base": base]).object
            }
        }

        @Test func aLoneSurrogateIsAUnicodeError() {
            withPython { python throws(PythonError) in
                let object = try python.evaluate("'\\ud800'")
                var bytes = BorrowedBytes()
                let text = raised(python) { () throws(PythonError) in try bytes.borrow(python, object.object, "value") }
                #expect(text?.hasPrefix("UnicodeEncodeError") == true)
                bytes.release()
            }
        }
    }
}
