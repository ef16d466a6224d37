import CPython
import Testing

@testable import PythonBridge

extension PythonBridgeTests {
    @Suite struct ConversionTests {
        @Test func textOfEveryKindBecomesAStr() {
            withPython { python throws(PythonError) in
                for text in ["", "plain", "größer", "🙂", "with\0nul"] {
                    let object = try python.string(text)
                    #expect(object.object.text == text)
                }
                let fromC = try python.string(cString: "from C: ß")
                #expect(fromC.object.text == "from C: ß")
            }
        }

        @Test func whatIsNotUTF8InACStringIsReplaced() {
            withPython { python throws(PythonError) in
                let bytes: [CChar] = [0x61, -1, 0x62, 0]
                let taken = try bytes.withUnsafeBufferPointer { buffer throws(PythonError) in
                    try python.string(cString: buffer.baseAddress!).take()
                }
                let object = OwnedObject(owning: taken)
                #expect(object.object.text == "a\u{fffd}b")
            }
        }

        @Test func bytesIntegersAndBooleansKeepTheirValues() {
            withPython { python throws(PythonError) in
                let bytes = try python.bytes("abc", 2)
                #expect(bytes.object.representation == "b'ab'")
                #expect(try python.bytes(nil, 0).object.representation == "b''")
                for value in [0, -1, Int.max, Int.min] {
                    let number = try python.integer(value)
                    #expect(number.object.representation == "\(value)")
                }
                #expect(python.boolean(true).object == cpy_true())
                #expect(python.boolean(false).object == cpy_false())
                #expect(python.none.object.isNone)
            }
        }

        @Test func aListIsMadeOfWhatIsGivenForEachIndex() {
            withPython { python throws(PythonError) in
                let list = try python.list(count: 3) { index throws(PythonError) in try python.integer(index * 10) }
                #expect(list.object.representation == "[0, 10, 20]")
                #expect(
                    try python.list(count: 0) { _ throws(PythonError) in python.none }.object.representation == "[]")
            }
        }

        @Test func aListThatCannotBeFinishedIsLetGo() {
            withPython { python throws(PythonError) in
                let item = try OwnedObject(PyList_New(0))
                let text = raised(python) { () throws(PythonError) in
                    let list = try python.list(count: 3) { index throws(PythonError) in
                        if index == 2 { throw python.error(.valueError, "no third") }
                        return OwnedObject(retaining: item.object)
                    }
                    _ = list.object
                }
                #expect(text == "ValueError: no third")
                #expect(cpy_refcount(item.object) == 1)
            }
        }

        // MARK: Integers

        @Test(arguments: [
            ("0", Int32(0)), ("-7", -7), ("2**31 - 1", .max), ("-2**31", .min), ("True", 1),
            ("type('I', (), {'__index__': lambda self: 5})()", 5),
        ]) func whatIsAnIntegerBecomesOne(_ expression: String, _ value: Int32) {
            withPython { python throws(PythonError) in
                let object = try python.evaluate(expression)
                #expect(try python.int32(object.object, "number") == value)
                #expect(try python.int64(object.object, "number") == Int64(value))
            }
        }

        @Test(arguments: ["2**31", "-2**31 - 1", "2**63 - 1", "2**64", "-2**100"])
        func whatDoesNotFit32BitsIsAnOverflowErrorThatNamesTheArgument(_ expression: String) {
            withPython { python throws(PythonError) in
                let object = try python.evaluate(expression)
                let text = raised(python) { () throws(PythonError) in _ = try python.int32(object.object, "partition") }
                #expect(text?.hasPrefix("OverflowError: partition ") == true)
            }
        }

        @Test func sixtyFourBitsAreTakenWholeAndNoMore() {
            withPython { python throws(PythonError) in
                for (expression, value) in [("2**63 - 1", Int64.max), ("-2**63", .min)] {
                    let object = try python.evaluate(expression)
                    #expect(try python.int64(object.object, "offset") == value)
                }
                for expression in ["2**63", "-2**63 - 1"] {
                    let object = try python.evaluate(expression)
                    let text = raised(python) { () throws(PythonError) in _ = try python.int64(object.object, "offset")
                    }
                    #expect(text?.hasPrefix("OverflowError: offset ") == true)
                }
            }
        }

        @Test(arguments: ["1.0", "'1'", "None", "[]", "b'1'"])
        func whatIsNoIntegerIsATypeErrorThatNamesTheArgumentAndTheType(_ expression: String) {
            withPython { python throws(PythonError) in
                let object = try python.evaluate(expression)
                let text = raised(python) { () throws(PythonError) in _ = try python.int32(object.object, "partition") }
                #expect(text == "TypeError: partition must be an int, not \(object.object.typeName)")
            }
        }

        @Test func anExceptionOfTheArgumentsOwnIsNotCoveredUp() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    class Broken:
                        def __index__(self): raise KeyError('mine')
                        def __float__(self): raise KeyError('mine')
                        def __bool__(self): raise KeyError('mine')
                    broken = Broken()
                    """)
                let broken = try names.object.item("broken")
                #expect(
                    raised(python) { () throws(PythonError) in _ = try python.int64(broken, "n") } == "KeyError: 'mine'"
                )
                #expect(
                    raised(python) { () throws(PythonError) in _ = try python.milliseconds(broken) }
                        == "KeyError: 'mine'")
                #expect(
                    raised(python) { () throws(PythonError) in _ = try python.truth(broken, default: true) }
                        == "KeyError: 'mine'")
            }
        }

        @Test func truthIsPythonsAndNoneIsTheDefault() {
            withPython { python throws(PythonError) in
                for (expression, truth) in [("1", true), ("0", false), ("'x'", true), ("[]", false)] {
                    let object = try python.evaluate(expression)
                    #expect(try python.truth(object.object, default: !truth) == truth)
                }
                for fallback in [true, false] {
                    #expect(try python.truth(nil, default: fallback) == fallback)
                    #expect(try python.truth(cpy_none(), default: fallback) == fallback)
                }
            }
        }

        // MARK: Time-outs

        @Test(arguments: [
            ("None", Int32(-1)), ("-1", -1), ("-0.5", -1), ("-2**100", -1), ("float('-inf')", -1), ("0", 0), ("0.0", 0),
            ("-0.0", 0), ("1", 1000), ("True", 1000), ("0.25", 250), ("0.0001", 1), ("1e-300", 1), ("1.0001", 1001),
            ("2147483", 2_147_483_000), ("2147484", .max), ("2**100", .max), ("1e300", .max), ("float('inf')", .max),
            ("type('F', (), {'__float__': lambda self: 0.5})()", 500),
        ]) func secondsBecomeMilliseconds(_ expression: String, _ milliseconds: Int32) {
            withPython { python throws(PythonError) in
                let object = try python.evaluate(expression)
                #expect(try python.milliseconds(object.object) == milliseconds)
            }
        }

        @Test func aMissingTimeOutWaitsForEver() {
            withPython { python throws(PythonError) in #expect(try python.milliseconds(nil) == -1) }
        }

        @Test func notANumberIsAValueError() {
            withPython { python throws(PythonError) in
                let nan = try python.evaluate("float('nan')")
                let text = raised(python) { () throws(PythonError) in _ = try python.milliseconds(nan.object) }
                #expect(text == "ValueError: timeout must not be NaN")
            }
        }

        @Test(arguments: ["'1'", "[]", "b'1'"]) func whatIsNoNumberIsATypeError(_ expression: String) {
            withPython { python throws(PythonError) in
                let object = try python.evaluate(expression)
                let text = raised(python) { () throws(PythonError) in _ = try python.milliseconds(object.object) }
                #expect(
                    text == "TypeError: timeout must be a number of seconds or None, not \(object.object.typeName)")
            }
        }

        // MARK: Text and callables

        @Test func textMustBeStrAndACStringHasNoNulInside() {
            withPython { python throws(PythonError) in
                let nul = try python.evaluate("'a\\0b'")
                #expect(try python.text(nul.object, "topic") == "a\0b")
                #expect(
                    raised(python) { () throws(PythonError) in _ = try python.cString(nul.object, "topic") }
                        == "ValueError: topic must not contain a null character")
                let plain = try python.string("töpic")
                #expect(String(cString: try python.cString(plain.object, "topic")) == "töpic")
                let bytes = try python.evaluate("b'x'")
                for text in [
                    raised(python, { () throws(PythonError) in _ = try python.text(bytes.object, "topic") }),
                    raised(python, { () throws(PythonError) in _ = try python.cString(bytes.object, "topic") }),
                ] { #expect(text == "TypeError: topic must be str, not bytes") }
                let surrogate = try python.evaluate("'\\ud800'")
                for text in [
                    raised(python, { () throws(PythonError) in _ = try python.text(surrogate.object, "topic") }),
                    raised(python, { () throws(PythonError) in _ = try python.cString(surrogate.object, "topic") }),
                ] { #expect(text?.hasPrefix("UnicodeEncodeError") == true) }
            }
        }

        @Test func aCallableIsGivenBackAndNoneIsNone() {
            withPython { python throws(PythonError) in
                let function = try python.evaluate("len")
                #expect(try python.callable(function.object, "callback") == function.object)
                #expect(try python.callable(cpy_none(), "callback") == nil)
                #expect(try python.callable(nil, "callback") == nil)
                let number = try python.integer(5)
                let text = raised(python) { () throws(PythonError) in _ = try python.callable(number.object, "callback")
                }
                #expect(text == "TypeError: callback must be callable, not int")
            }
        }
    }
}
