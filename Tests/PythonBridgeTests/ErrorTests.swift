import CPython
import Testing

@testable import PythonBridge

extension PythonBridgeTests {
    @Suite struct ErrorTests {
        @Test func eachKindRaisesItsException() {
            withPython { python throws(PythonError) in
                let kinds: [(ExceptionKind, String)] = [
                    (.attributeError, "AttributeError"), (.bufferError, "BufferError"), (.importError, "ImportError"),
                    (.memoryError, "MemoryError"), (.overflowError, "OverflowError"),
                    (.runtimeError, "RuntimeError"), (.typeError, "TypeError"), (.valueError, "ValueError"),
                ]
                for (kind, name) in kinds {
                    _ = python.error(kind, "größer")
                    let isOfThisKind = python.errorIs(kind)
                    #expect(isOfThisKind)
                    for (other, _) in kinds where other != kind {
                        let isOfAnother = python.errorIs(other)
                        #expect(!isOfAnother)
                    }
                    #expect(pendingText(python) == "\(name): größer")
                }
            }
        }

        @Test func aPendingExceptionKeepsItsTypeValueAndTraceback() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    class Special(Exception): pass
                    special = Special('it')
                    def raiser(): raise special
                    """)
                let special = try names.object.item("special")
                let raiser = try names.object.item("raiser")
                #expect(PyObject_CallObject(raiser, nil) == nil)
                let pending = PendingException(fetching: python)
                #expect(PyErr_Occurred() == nil)
                #expect(pending.description == "Special: it")
                // Other exceptions come and go meanwhile.
                _ = python.error(.valueError, "another")
                PyErr_Clear()
                pending.restore(python)
                var type: Object?
                var value: Object?
                var traceback: Object?
                PyErr_Fetch(&type, &value, &traceback)
                #expect(try type == names.object.item("Special"))
                #expect(value == special)
                #expect(traceback != nil)
                for object in [type, value, traceback] { object?.release() }
            }
        }

        @Test func whatIsRestoredOrDroppedIsReleasedOnce() {
            withPython { python throws(PythonError) in
                let names = try python.execute("special = ValueError('it')")
                let special = try names.object.item("special")
                let references = cpy_refcount(special)
                PyErr_SetObject(cpy_type_of(special), special)
                let restored = PendingException(fetching: python)
                restored.restore(python)
                PyErr_Clear()
                #expect(cpy_refcount(special) == references)
                PyErr_SetObject(cpy_type_of(special), special)
                _ = PendingException(fetching: python)
                #expect(PyErr_Occurred() == nil)
                #expect(cpy_refcount(special) == references)
            }
        }

        @Test func anExceptionThatIsKeptAsOneObjectComesBackWhole() {
            withPython { python throws(PythonError) in
                let names = try python.execute("def raiser(): {}['key']")
                let raiser = try names.object.item("raiser")
                #expect(PyObject_CallObject(raiser, nil) == nil)
                let kept = PendingException(fetching: python).take()!
                #expect(PyErr_Occurred() == nil)
                #expect(cpy_refcount(kept) == 1)
                PendingException(owning: kept).restore(python)
                var type: Object?
                var value: Object?
                var traceback: Object?
                PyErr_Fetch(&type, &value, &traceback)
                #expect(value == kept)
                #expect(type?.attributeText("__name__") == "KeyError")
                #expect(traceback != nil)
                for object in [type, traceback] { object?.release() }
                #expect(cpy_refcount(kept) == 1)
                value?.release()
            }
        }

        @Test func noExceptionIsKeptAsNone() {
            withPython { python throws(PythonError) in
                let none = PendingException(fetching: python)
                let isEmpty = none.isEmpty
                #expect(isEmpty)
                none.restore(python)
                #expect(PyErr_Occurred() == nil)
                #expect(raised(python) { () throws(PythonError) in try PendingException().raise(python) } == nil)
            }
        }

        @Test func theFirstOfTwoExceptionsIsRaisedAndTheOtherReported() {
            withPython { python throws(PythonError) in
                let hook = try UnraisableHook(python)
                var exception = PendingException()
                exception.add(PendingException(), python, nil)
                for number in 1...2 {
                    _ = python.error(.valueError, "number \(number)")
                    exception.add(PendingException(fetching: python), python, nil)
                }
                exception.add(PendingException(), python, nil)
                var failure: PythonError?
                do throws(PythonError) { try exception.raise(python) } catch { failure = error }
                #expect(failure != nil)
                #expect(pendingText(python) == "ValueError: number 1")
                #expect(try hook.caught(python) == "[('ValueError', 'number 2', None)]")
                try hook.remove(python)
            }
        }

        @Test func anExceptionIsOfItsTypeAndOfThoseThatItDerivesFrom() {
            withPython { python throws(PythonError) in
                _ = python.error(.valueError, "it")
                let exception = PendingException(fetching: python)
                let answers = [cpy_exc_ValueError()!, cpy_exc_Exception()!, cpy_exc_TypeError()!].map {
                    exception.isInstance(of: $0)
                }
                #expect(answers == [true, true, false])
            }
        }

        @Test func anExceptionWhoseTextCannotBeMadeIsDescribedByItsType() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    class Mute(Exception):
                        def __str__(self): raise RuntimeError('no')
                    mute = Mute()
                    """)
                let mute = try names.object.item("mute")
                PyErr_SetObject(cpy_type_of(mute), mute)
                let pending = PendingException(fetching: python)
                #expect(pending.description == "Mute")
                #expect(PyErr_Occurred() == nil)
            }
        }

        @Test func whatNobodyCanCatchGoesToTheUnraisableHook() {
            withPython { python throws(PythonError) in
                let hook = try UnraisableHook(python)
                let callable = try python.evaluate("len")
                _ = python.error(.valueError, "lost")
                python.reportUnraisable(callable.object)
                #expect(PyErr_Occurred() == nil)
                #expect(try hook.caught(python) == "[('ValueError', 'lost', <built-in function len>)]")
                try hook.remove(python)
            }
        }

        @Test func enteredGivesTheFailureWhereItsBodyThrowsAndLeavesTheExceptionPending() {
            withPython { python throws(PythonError) in
                let failed = Python.entered(failure: Int32(-1)) { python throws(PythonError) in
                    throw python.error(.valueError, "as a slot does")
                }
                #expect(failed == -1)
                #expect(pendingText(python) == "ValueError: as a slot does")
                #expect(Python.entered(failure: -1) { _ throws(PythonError) in 5 } == 5)
            }
        }
    }
}

/// A `sys.unraisablehook` that keeps what it gets.
struct UnraisableHook {
    private let names: Object

    init(_ python: borrowing Python) throws(PythonError) {
        names = try python.execute(
            """
            import sys
            caught = []
            def hook(unraisable):
                caught.append((unraisable.exc_type.__name__, str(unraisable.exc_value), unraisable.object))
            sys.unraisablehook = hook
            """
        ).take()
    }

    func caught(_ python: borrowing Python) throws(PythonError) -> String { try names.item("caught").representation }

    func remove(_ python: borrowing Python) throws(PythonError) {
        _ = try python.execute("import sys\nsys.unraisablehook = sys.__unraisablehook__").object
        names.release()
    }
}
