import CPython
import EmbeddedPython
import Testing

@testable import PythonBridge

extension PythonBridgeTests {
    @Suite struct TypeTests {
        /// The value of an expression in which `Counter`, `Sealed` and `Special` are the fixture's types.
        private func value(_ python: borrowing Python, _ expression: String) throws(PythonError) -> String {
            let names = try python.execute("from bridge_fixture import *")
            return try python.evaluate(
                expression,
                [
                    "Counter": names.object.item("Counter"), "Sealed": names.object.item("Sealed"),
                    "Special": names.object.item("Special"),
                ]
            ).object.representation
        }

        private func failure(_ python: borrowing Python, _ expression: String) -> String? {
            raised(python) { () throws(PythonError) in _ = try value(python, expression) }
        }

        @Test(arguments: [
            ("Counter", "<class 'bridge_fixture.Counter'>"), ("Counter.__module__", "'bridge_fixture'"),
            ("Counter.__name__", "'Counter'"), ("Counter.__doc__", "'Counts.'"),
            ("Counter.__text_signature__", "'(count=0, held=None, more=None)'"), ("repr(Counter(3))", "'<Counter 3>'"),
            ("str(Counter(3))", "'3'"), ("len(Counter(3))", "3"), ("bool(Counter(3))", "False"),
            ("bool(Counter(11))", "True"), ("hash(Counter(3))", "93"), ("Counter(3) == Counter(3)", "True"),
            ("Counter(3) == Counter(4)", "False"), ("Counter(3) == 3", "False"), ("list(Counter(3))", "[2, 1, 0]"),
        ]) func everySlotDoesItsWork(_ expression: String, _ result: String) {
            withPython { python throws(PythonError) in #expect(try value(python, expression) == result) }
        }

        @Test(arguments: [
            ("Counter(1).add(2)", "3"), ("Counter(1).add(2, 3)", "7"), ("Counter(1).add(times=2, amount=5)", "11"),
            ("Counter(1).add(**{'amount': 5})", "6"), ("Counter(3).reset()", "None"), ("Counter(3).plus(4)", "7"),
            ("Counter.add(Counter(1), 1)", "2"), ("Counter.add.__doc__", "'Adds.'"),
            ("Counter.add.__text_signature__", "'(amount, times=1)'"),
            ("Counter.plus.__text_signature__", "'(other, /)'"),
        ]) func everyKindOfMethodGetsItsArguments(_ expression: String, _ result: String) {
            withPython { python throws(PythonError) in #expect(try value(python, expression) == result) }
        }

        @Test(arguments: [
            ("Counter(1, 2, 3, 4)", "TypeError: Counter() takes at most 3 positional arguments (4 given)"),
            ("Counter(count='x')", "TypeError: count must be an int, not str"),
            ("Counter().add()", "TypeError: add() missing required argument 'amount' (pos 1)"),
            ("Counter().fail()", "RuntimeError: as asked"),
        ]) func whatASlotOrAMethodRaisesComesOut(_ expression: String, _ text: String) {
            withPython { python throws(PythonError) in #expect(failure(python, expression) == text) }
        }

        @Test func attributesAreReadAndWrittenWhereTheyMayBe() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    from bridge_fixture import Counter
                    counter = Counter(1, held='it')
                    counter.count = 5
                    read = (counter.count, counter.held)
                    """)
                #expect(try names.object.item("read").representation == "(5, 'it')")
                let counter = try names.object.item("counter")
                for (statement, kind) in [
                    ("it.held = 1", "AttributeError"), ("it.count = 'x'", "TypeError"),
                    ("del it.count", "TypeError: count cannot be deleted"), ("it.other = 1", "AttributeError"),
                ] {
                    let text = raised(python) { () throws(PythonError) in
                        _ = try python.execute(statement, ["it": counter]).object
                    }
                    #expect(text?.hasPrefix(kind) == true)
                }
                #expect(try counter.attribute("count").object.representation == "5")
            }
        }

        @Test func aSubclassInPythonWorksAndHasItsOwnAttributes() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    from bridge_fixture import Counter
                    class Louder(Counter):
                        def __init__(self, count): super().__init__(count * 2); self.own = 'mine'
                        def add(self, amount): return super().add(amount, times=10)
                    louder = Louder(3)
                    result = (louder.count, louder.own, louder.add(1), len(louder), isinstance(louder, Counter))
                    """)
                #expect(try names.object.item("result").representation == "(6, 'mine', 16, 16, True)")
            }
        }

        @Test func instancesAreFreedAndSoIsWhatTheyHold() {
            withPython { python throws(PythonError) in
                _ = try python.execute("import gc; gc.collect()").object
                let before = Fixture.alive
                let held = try OwnedObject(PyList_New(0))
                for source in ["Counter(1, it)", "type('Sub', (Counter,), {})(1, it)"] {
                    _ = try python.execute("from bridge_fixture import *\nx = \(source)\ndel x", ["it": held.object])
                        .object
                    _ = try python.execute("import gc; gc.collect()").object
                    #expect(Fixture.alive == before)
                    #expect(cpy_refcount(held.object) == 1)
                }
            }
        }

        @Test func aTypeIsHeldByItsInstancesAndByNoneThatIsGone() {
            withPython { python throws(PythonError) in
                let names = try python.execute("from bridge_fixture import Counter")
                let type = try names.object.item("Counter")
                let references = cpy_refcount(type)
                let instance = try python.call(type, [])
                #expect(cpy_refcount(type) == references + 1)
                #expect(cpy_type_of(instance.object) == type)
                _ = consume instance
                #expect(cpy_refcount(type) == references)
            }
        }

        @Test(arguments: ["held=ring", "more=ring", "1, ring, ring"])
        func aCycleThroughAFieldIsCollected(_ arguments: String) {
            withPython { python throws(PythonError) in
                _ = try python.execute("import gc; gc.collect()").object
                let before = Fixture.alive
                let names = try python.execute(
                    """
                    import gc
                    from bridge_fixture import Counter
                    ring = []
                    ring.append(Counter(\(arguments)))
                    visited = sum(each is ring for each in gc.get_referents(ring[0]))
                    knows_its_type = Counter in gc.get_referents(ring[0])
                    del ring
                    gc.collect()
                    """)
                #expect(Fixture.alive == before)
                #expect(try names.object.item("visited").representation == (arguments.hasPrefix("1") ? "2" : "1"))
                #expect(try names.object.item("knows_its_type").representation == "True")
            }
        }

        @Test func aCycleThroughADerivedClassIsCollected() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    import gc, weakref
                    from bridge_fixture import Counter, Special
                    results = []
                    for base in (Counter, Special):
                        derived = type('Derived', (base,), {})
                        derived.instance = derived()
                        gone = weakref.ref(derived)
                        del derived
                        gc.collect()
                        results.append(gone() is None)
                    """)
                #expect(try names.object.item("results").representation == "[True, True]")
            }
        }

        @Test func aCycleThroughWhatTheBaseTypeHoldsIsCollected() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    import gc, weakref
                    from bridge_fixture import Special
                    class Held: pass
                    results = []
                    for name in ('held', '__cause__', '__context__', 'anything'):
                        held, error = Held(), Special()
                        held.error = error
                        setattr(error, name, Exception(held) if name.startswith('__') else held)
                        gone = weakref.ref(held)
                        del held, error
                        gc.collect()
                        results.append(gone() is None)
                    """)
                #expect(try names.object.item("results").representation == "[True, True, True, True]")
            }
        }

        @Test func aWeakReferenceEndsWithItsInstance() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    import weakref
                    from bridge_fixture import Counter, Special
                    results = []
                    for kind in (Counter, Special, type('Sub', (Counter,), {}), type('Sub', (Special,), {})):
                        instance = kind()
                        ended = []
                        reference = weakref.ref(instance, ended.append)
                        results.append(reference() is instance and not ended)
                        del instance
                        results.append(reference() is None and ended == [reference])
                    """)
                let all = Array(repeating: "True", count: 8).joined(separator: ", ")
                #expect(try names.object.item("results").representation == "[\(all)]")
            }
        }

        @Test func aLongChainOfInstancesIsFreedWithoutAFrameForEach() {
            withPython { python throws(PythonError) in
                let before = Fixture.alive
                _ = try python.execute(
                    """
                    from bridge_fixture import Counter
                    chain = None
                    for number in range(200_000): chain = Counter(number, chain)
                    del chain
                    """
                ).object
                #expect(Fixture.alive == before)
            }
        }

        @Test func anInstanceThatWasNeverInitialisedHasEmptyFields() {
            withPython { python throws(PythonError) in
                #expect(try value(python, "(lambda c: (c.count, c.held))(Counter.__new__(Counter))") == "(0, None)")
            }
        }

        @Test func aTypeThatMayNotBeSubclassedIsNot() {
            withPython { python throws(PythonError) in
                #expect(failure(python, "type('Sub', (Sealed,), {})")?.hasPrefix("TypeError") == true)
                #expect(failure(python, "Sealed()") == "TypeError: Sealed cannot be made")
            }
        }

        @Test func anExceptionTypeHasFieldsOfItsOwnBehindThoseOfItsBase() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    from bridge_fixture import Special
                    class Sub(Special): pass
                    results = []
                    for kind in (Special, Sub):
                        try:
                            error = kind('text', 1)
                            error.code = 12345
                            error.__cause__ = ValueError('why')
                            raise error
                        except Exception as caught:
                            results.append((caught.code, caught.args, str(caught.__cause__), type(caught) is kind))
                    """)
                let results = try names.object.item("results").representation
                #expect(results == "[(12345, ('text', 1), 'why', True), (12345, ('text', 1), 'why', True)]")
            }
        }

        @Test func whatAnExceptionHoldsGoesWithItWhateverASubclassFinalizes() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    import weakref
                    from bridge_fixture import Special
                    class Held: pass
                    class Sub(Special):
                        def __del__(self): pass
                    results = []
                    for kind in (Special, Sub):
                        error = kind()
                        results.append(error.held is not None)
                        error.held = Held()
                        held = weakref.ref(error.held)
                        results.append(held() is error.held)
                        del error
                        results.append(held() is None)
                    """)
                #expect(try names.object.item("results").representation == "[False, True, True, False, True, True]")
            }
        }
    }

    @Suite struct ModuleTests {
        @Test func itHasItsFunctionsItsDocumentationAndItsTypes() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    import bridge_fixture
                    marker = object()
                    result = (bridge_fixture.__name__, bridge_fixture.__doc__, bridge_fixture.same(marker) is marker,
                              bridge_fixture.Counter.__module__)
                    """)
                #expect(
                    try names.object.item("result").representation
                        == "('bridge_fixture', 'A module for tests.', True, 'bridge_fixture')")
            }
        }

        @Test func theVersionIsTheRunningInterpreters() {
            withPython { python throws(PythonError) in
                let (major, minor) = ModuleBuilder.interpreterVersion
                let version = try python.evaluate("__import__('sys').version_info[:2]")
                #expect(version.object.representation == "(\(major), \(minor))")
            }
        }

        @Test func theOneInterpreterMayAskAgain() {
            withPython { python throws(PythonError) in
                for _ in 0..<2 { try ModuleBuilder.requireOneInterpreter(python, module: "bridge_fixture") }
            }
        }

        @Test func aSecondInterpreterIsRefusedAndTheFirstGoesOn() async {
            // In a process of its own: CPython stops checking who holds the GIL once there was a second one.
            await #expect(processExitsWith: .success) {
                withPython { python throws(PythonError) in
                    _ = try python.execute("import bridge_fixture").object
                    let home = PyThreadState_Get()
                    let second = Py_NewInterpreter()
                    #expect(second != nil)
                    let text = raised(python) { () throws(PythonError) in
                        _ = try EmbeddedPython.make(python, "bridge_fixture", fixtureDefinition)
                    }
                    #expect(text?.hasPrefix("ImportError: ") == true)
                    #expect(text?.contains("bridge_fixture") == true)
                    #expect(text?.contains("interpreter") == true)
                    Py_EndInterpreter(second)
                    PyThreadState_Swap(home)
                    let still = try python.evaluate("len(__import__('bridge_fixture').Counter(3))")
                    #expect(still.object.representation == "3")
                }
            }
        }
    }

    @Suite struct InterpreterTests {
        @Test func theDataOfBytesIsWhereItWasLearntToBe() {
            withPython { python throws(PythonError) in
                for text in ["", "x", "longer than a probe, by far"] {
                    let bytes = try python.evaluate("b'\(text)'")
                    let data = UnsafeRawPointer(bytes.object) + ProcessState.bytesDataOffset
                    #expect(data == UnsafeRawPointer(PyBytes_AsString(bytes.object)))
                }
            }
        }

        @Test func aCallWithTwoArgumentsGivesThemAndOwnsTheResult() {
            withPython { python throws(PythonError) in
                let function = try python.evaluate("lambda a, b: [a, b]")
                let first = try OwnedObject(PyList_New(0))
                let second = try python.string("second")
                var arguments: [Object?] = [nil, first.object, second.object]
                let result = try OwnedObject(
                    arguments.withUnsafeMutableBufferPointer { python.call(function.object, two: $0.baseAddress!) })
                #expect(result.object.representation == "[[], 'second']")
                #expect(cpy_refcount(result.object) == 1)
                #expect(cpy_refcount(first.object) == 2)
                _ = consume result
                #expect(cpy_refcount(first.object) == 1)
            }
        }

        @Test func aCallOfABoundMethodMayUseTheSlotBeforeItsArguments() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    class Holder:
                        def both(self, a, b): return (self.name, a, b)
                    holder = Holder()
                    holder.name = 'held'
                    method = holder.both
                    """)
                let method = try names.object.item("method")
                let number = try python.integer(1)
                var arguments: [Object?] = [nil, number.object, number.object]
                let result = try OwnedObject(
                    arguments.withUnsafeMutableBufferPointer { python.call(method, two: $0.baseAddress!) })
                #expect(result.object.representation == "('held', 1, 1)")
                #expect(arguments[0] == nil)
            }
        }

        @Test func whatACalledFunctionRaisesIsPending() {
            withPython { python throws(PythonError) in
                let function = try python.evaluate("lambda a, b: a + b")
                let number = try python.integer(1)
                var arguments: [Object?] = [nil, number.object, cpy_none()]
                let result = arguments.withUnsafeMutableBufferPointer {
                    python.call(function.object, two: $0.baseAddress!)
                }
                #expect(result == nil)
                #expect(pendingText(python)?.hasPrefix("TypeError") == true)
                let text = raised(python) { () throws(PythonError) in
                    _ = try python.call(function.object, [number.object]).object
                }
                #expect(text?.hasPrefix("TypeError") == true)
            }
        }
    }
}
