import CPython
import PythonBridge
import Testing

@testable import MaprStreamsPython
@testable import Streams

extension MaprStreamsPythonTests {
    /// What an answer does with the callable that it is for: failures that no Python program brings about.
    @Suite struct AdminAnswerTests {
        /// Tells `result` to a callable that notes what it was called with. - Returns: that, as text.
        private func told(
            _ result: Result<Int, StreamsError>,
            callable: String = "lambda exception, answer: kept.append((exception, answer))",
            _ wrap: @escaping (borrowing Python, Int) throws(PythonError) -> OwnedObject
        ) -> String {
            var text = ""
            withExtension { python throws(PythonError) in
                let program = "(lambda kept: (\(callable), kept))([])"
                let pair = try python.evaluate(program)
                let (function, kept) = (PyTuple_GetItem(pair.object, 0), PyTuple_GetItem(pair.object, 1))
                let before = Py_REFCNT(function)
                AdminAnswer(function.unsafelyUnwrapped).completion(wrap)(result)
                // It has given its reference back.
                let after = Py_REFCNT(function)
                #expect(after == before)
                let shown = try OwnedObject(PyObject_Repr(kept))
                text = try python.text(shown.object, "shown")
            }
            return text
        }

        @Test func anAnswerIsToldWithoutAnException() {
            #expect(
                told(.success(5)) { python, number throws(PythonError) in try python.integer(number) } == "[(None, 5)]")
        }

        @Test func aFailureIsToldAsTheExceptionThatWouldBeRaised() {
            let text = told(.failure(StreamsError(.timedOut, reason: "late"))) { python, _ throws(PythonError) in
                python.none
            }
            #expect(
                text.hasPrefix("[(") && text.contains("_TIMED_OUT") && text.contains("late")
                    && text.hasSuffix(", None)]"))
        }

        @Test func anAnswerThatNothingCanBeMadeOfIsToldAsWhatWentWrong() {
            let text = told(.success(5)) { python, _ throws(PythonError) in
                throw python.error(.memoryError, "no room for it")
            }
            #expect(text == "[(MemoryError('no room for it'), None)]")
        }

        @Test func whatTheCallableRaisesIsReportedAndHarmsNobody() {
            // Reported to sys.unraisablehook, which is this test's.
            withExtension { python throws(PythonError) in
                let hook = """
                    (lambda sys, kept: (setattr(sys, "unraisablehook", lambda raised: kept.append(raised.exc_type)), kept, sys))(
                        __import__("sys"), [])
                    """
                let noted = try python.evaluate(hook)
                let callable = try python.evaluate("lambda exception, answer: 1 // 0")
                let nothing: (borrowing Python, Int) throws(PythonError) -> OwnedObject = {
                    python, _ throws(PythonError) in python.none
                }
                AdminAnswer(callable.object).completion(nothing)(.success(1))
                let kept = try OwnedObject(PyObject_Repr(PyTuple_GetItem(noted.object, 1)))
                let text = try python.text(kept.object, "kept")
                #expect(text == "[<class 'ZeroDivisionError'>]")
                _ = try python.evaluate(
                    "setattr(__import__('sys'), 'unraisablehook', __import__('sys').__unraisablehook__)")
            }
        }

        @Test func everyRowHasANameOfItsOwn() {
            let names = AdminRow.all.map { "\($0.name)" }
            #expect(names.count == 22)
            #expect(Set(names).count == names.count)
        }
    }
}
