import CPython
import Dispatch
import Testing

@testable import PythonBridge

extension PythonBridgeTests {
    @Suite struct CallFrameTests {
        private let first = UnsafeMutableRawPointer(bitPattern: 0x1000)!
        private let second = UnsafeMutableRawPointer(bitPattern: 0x2000)!

        @Test func framesNestAndTheInnermostIsCurrent() {
            #expect(CallFrame.current == nil)
            CallFrame.with(context: first) { outer in
                #expect(CallFrame.current == outer)
                #expect(outer.pointee.context == first)
                CallFrame.with(context: second) { inner in
                    #expect(CallFrame.current == inner)
                    #expect(inner != outer)
                    #expect(inner.pointee.context == second)
                }
                #expect(CallFrame.current == outer)
            }
            #expect(CallFrame.current == nil)
        }

        @Test func aFrameGivesWhatItsBodyGives() {
            #expect(CallFrame.with(context: nil) { _ in 42 } == 42)
        }

        @Test func eachThreadHasItsOwnFrames() {
            CallFrame.with(context: first) { _ in
                let isEmpty = Box(false)
                #expect(onForeignThread { isEmpty.value = CallFrame.current == nil })
                #expect(isEmpty.value)
            }
        }

        @Test func allThatRunsInsideACallIsInsideOfItButTheHandlersOfSignals() {
            let (first, second) = (first, second)
            #expect(!CallFrame.isInsideCallback(of: first))
            CallFrame.with(context: first) { outer in
                #expect(CallFrame.isInsideCallback(of: first))
                #expect(!CallFrame.isInsideCallback(of: second))
                CallFrame.with(context: second) { inner in
                    #expect(CallFrame.isInsideCallback(of: second))
                    // A handler of a signal may use the second client at will; not the first, whose callback waits.
                    inner.pointee.isOutsideLibrary = true
                    #expect(!CallFrame.isInsideCallback(of: second))
                    #expect(CallFrame.isInsideCallback(of: first))
                    inner.pointee.isOutsideLibrary = false
                    #expect(CallFrame.isInsideCallback(of: second))
                }
                #expect(CallFrame.isInsideCallback(of: first))
            }
            #expect(!CallFrame.isInsideCallback(of: first))
        }

        @Test func theFirstExceptionComesOutOfTheCallAndLaterOnesGoToTheHook() {
            withPython { python throws(PythonError) in
                let hook = try UnraisableHook(python)
                let callable = try python.evaluate("len")
                let text = raised(python) { () throws(PythonError) in
                    try CallFrame.outcome(of: nil) { frame in
                        for number in 1...3 {
                            _ = python.error(.valueError, "number \(number)")
                            frame.record(python, from: callable.object)
                            #expect(PyErr_Occurred() == nil)
                        }
                    }.get(python)
                }
                #expect(text == "ValueError: number 1")
                let caught = try hook.caught(python)
                #expect(
                    caught
                        == "[('ValueError', 'number 2', <built-in function len>), ('ValueError', 'number 3', <built-in"
                        + " function len>)]")
                try hook.remove(python)
            }
        }

        @Test func whatEndsACallComesOutOfItAndWhatWasNotedBeforeGoesToTheHook() {
            withPython { python throws(PythonError) in
                let hook = try UnraisableHook(python)
                let text = raised(python) { () throws(PythonError) in
                    try CallFrame.outcome(of: nil) { frame in
                        _ = python.error(.valueError, "a callback's")
                        frame.record(python, from: nil)
                        _ = python.error(.runtimeError, "a handler's")
                        frame.recordLast(python, from: nil)
                    }.get(python)
                }
                #expect(text == "RuntimeError: a handler's")
                #expect(try hook.caught(python) == "[('ValueError', \"a callback's\", None)]")
                try hook.remove(python)
            }
        }

        @Test func aCallWithoutExceptionsGivesItsValueAndOneWithThemCanKeepBoth() {
            withPython { python throws(PythonError) in
                let value = try CallFrame.outcome(of: nil) { _ in 42 }.get(python)
                #expect(value == 42)
                let outcome = CallFrame.outcome(of: nil) { frame in
                    _ = python.error(.valueError, "once")
                    frame.record(python, from: nil)
                    return 42
                }
                #expect(PyErr_Occurred() == nil)
                let (hasRaised, kept) = (outcome.hasRaised, outcome.value)
                #expect(hasRaised && kept == 42)
                let exception = outcome.exception.take()
                #expect(
                    raised(python) { () throws(PythonError) in try PendingException(owning: exception).raise(python) }
                        == "ValueError: once")
            }
        }

        @Test func aRecordedExceptionKeepsItsTraceback() {
            withPython { python throws(PythonError) in
                let names = try python.execute("def raiser(): raise ValueError('deep')")
                let raiser = try names.object.item("raiser")
                let outcome = CallFrame.outcome(of: nil) { frame in
                    #expect(PyObject_CallObject(raiser, nil) == nil)
                    frame.record(python, from: raiser)
                }
                outcome.exception.restore(python)
                var type: Object?
                var value: Object?
                var traceback: Object?
                PyErr_Fetch(&type, &value, &traceback)
                #expect(traceback != nil)
                for object in [type, value, traceback] { object?.release() }
            }
        }

        // MARK: The GIL

        @Test func aCallbackTakesTheGILThatItsCallHadReleasedAndKeepsItUntilTheReturn() {
            withPython { python throws(PythonError) in
                CallFrame.with(context: nil) { frame in
                    python.detached(frame) {
                        #expect(frame.pointee.detachedState != nil)
                        // What a C callback does.
                        frame.attach()
                        #expect(frame.pointee.detachedState == nil)
                        #expect(PyGILState_Check() == 1)
                        Python.attached { python in _ = python.none.object }
                        // A second one finds it held.
                        frame.attach()
                        #expect(PyGILState_Check() == 1)
                    }
                }
                #expect(PyGILState_Check() == 1)
                let stillWorks = try python.evaluate("1 + 1")
                #expect(stillWorks.object.representation == "2")
            }
        }

        @Test func aCallbackMayReleaseTheGILAgainForAFunctionThatGoesOnWaiting() {
            withPython { python throws(PythonError) in
                let gotIt = Box(false)
                CallFrame.with(context: nil) { frame in
                    python.detached(frame) {
                        frame.attach()
                        frame.detachAgain()
                        #expect(frame.pointee.detachedState != nil)
                        #expect(
                            onForeignThread {
                                _ = Python.attachingForeignThread { _ in gotIt.value = true }
                            })
                    }
                    #expect(frame.pointee.detachedState == nil)
                }
                #expect(gotIt.value)
                #expect(PyGILState_Check() == 1)
            }
        }
    }
}
