import CPython
import Dispatch
import Glibc
import Testing

@testable import PythonBridge

extension PythonBridgeTests {
    @Suite struct AttachmentTests {
        @Test func aDetachedThreadLetsAnotherOneHaveTheGIL() {
            withPython { python throws(PythonError) in
                let answer = Box("")
                let ended = python.detached {
                    onForeignThread {
                        _ = Python.attachingForeignThread { python in
                            answer.value = (try? python.evaluate("6 * 7").object.representation) ?? "failed"
                        }
                    }
                }
                #expect(ended)
                #expect(answer.value == "42")
                // And this thread has it again.
                #expect(try python.evaluate("2 * 2").object.representation == "4")
            }
        }

        @Test func anAttachedThreadKeepsEveryOtherOneOut() {
            withPython { python throws(PythonError) in
                let asked = DispatchSemaphore(value: 0)
                let done = DispatchSemaphore(value: 0)
                let order = Box<[String]>([])
                DispatchQueue(label: "foreign").async {
                    asked.signal()
                    _ = Python.attachingForeignThread { _ in order.value.append("other") }
                    done.signal()
                }
                asked.wait()
                // Attached all this time: were it not, the other thread could write first.
                for _ in 0..<1000 { _ = try python.string("busy").object }
                order.value.append("this")
                python.detached { done.wait() }
                #expect(order.value == ["this", "other"])
            }
        }

        @Test func detachedGivesItsResultAndPassesItsErrorOn() {
            struct Own: Error, Equatable { let number: Int }
            withPython { python throws(PythonError) in
                #expect(python.detached { 5 } == 5)
                var caught: Own?
                do throws(Own) {
                    try python.detached { () throws(Own) in throw Own(number: 7) }
                } catch {
                    caught = error
                }
                #expect(caught == Own(number: 7))
                #expect(PyGILState_Check() == 1)
            }
        }

        @Test func aPendingExceptionSurvivesADetachedCall() {
            withPython { python throws(PythonError) in
                _ = python.error(.valueError, "before")
                python.detached {}
                #expect(pendingText(python) == "ValueError: before")
            }
        }

        @Test func aForeignThreadIsAttachedForItsBodyAlone() {
            _ = Embedded.started
            let states = Box<[Int32]>([])
            let ended = onForeignThread {
                let result = Python.attachingForeignThread { python -> String in
                    states.value.append(PyGILState_Check())
                    return (try? python.evaluate("'from ' + 'afar'").object.text) ?? ""
                }
                states.value.append(result == "from afar" ? 100 : -100)
                states.value.append(PyGILState_Check())
            }
            #expect(ended)
            #expect(states.value == [1, 100, 0])
        }

        @Test func attachmentsNestOnOneThread() {
            withPython { python throws(PythonError) in
                let inner = Python.attachingForeignThread { _ in PyGILState_Check() }
                #expect(inner == 1)
                #expect(PyGILState_Check() == 1)
            }
        }

        @Test func manyForeignThreadsTakeTurns() {
            _ = Embedded.started
            let total = Box(0)
            let done = DispatchGroup()
            for _ in 0..<8 {
                DispatchQueue(label: "foreign").async(group: done) {
                    for _ in 0..<200 {
                        _ = Python.attachingForeignThread { _ in total.value += 1 }
                    }
                }
            }
            #expect(done.wait(timeout: .now() + .seconds(120)) == .success)
            // Without the GIL some of the additions would be lost.
            #expect(total.value == 1600)
        }

        // In processes of their own: Python runs signal handlers on the thread that started it alone, and ends once.

        @Test func whatASignalHandlerRaisesComesOutWhereSignalsAreLookedFor() async {
            await #expect(processExitsWith: .success) {
                withPython { python throws(PythonError) in
                    #expect(raised(python) { () throws(PythonError) in try python.checkSignals() } == nil)
                    _ = try python.execute(
                        """
                        import signal
                        def handler(number, frame): raise KeyboardInterrupt('stop')
                        signal.signal(signal.SIGUSR1, handler)
                        """
                    ).object
                    kill(getpid(), SIGUSR1)
                    var text: String?
                    for _ in 0..<60_000 where text == nil {
                        text = raised(python) { () throws(PythonError) in try python.checkSignals() }
                        usleep(1000)
                    }
                    #expect(text == "KeyboardInterrupt: stop")
                }
            }
        }

        @Test func anInterpreterThatIsGoingAwaySaysSo() async {
            await #expect(processExitsWith: .success) {
                withPython { python throws(PythonError) in
                    #expect(!Interpreter.isFinalizing)
                    // What a module still holds is deleted when the interpreter is about to be gone.
                    _ = try python.execute(
                        """
                        import sys, bridge_fixture
                        class Late:
                            def __del__(self, note=bridge_fixture.note_finalizing): note()
                        sys.modules['late'] = Late()
                        """
                    ).object
                }
                PyGILState_Ensure()
                Py_FinalizeEx()
                #expect(Fixture.wasFinalizing == true)
            }
        }
    }
}
