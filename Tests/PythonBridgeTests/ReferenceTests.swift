import CPython
import Testing

@testable import PythonBridge

extension PythonBridgeTests {
    @Suite struct ReferenceTests {
        /// A new object that nobody else knows, and its reference.
        private func fresh() -> Object { PyList_New(0) }

        @Test func takingOverAReferenceAddsNoneAndLettingGoGivesItBack() {
            withPython { _ in
                let object = fresh()
                cpy_incref(object)
                do {
                    let owned = OwnedObject(owning: object)
                    #expect(cpy_refcount(owned.object) == 2)
                }
                #expect(cpy_refcount(object) == 1)
                object.release()
            }
        }

        @Test func retainingAddsOneForAsLongAsTheReferenceLives() {
            withPython { _ in
                let object = fresh()
                do {
                    let owned = OwnedObject(retaining: object)
                    #expect(cpy_refcount(owned.object) == 2)
                }
                #expect(cpy_refcount(object) == 1)
                object.release()
            }
        }

        @Test func aReferenceLivesToTheEndOfItsScopeWhereverItIsLastUsed() {
            // The whole bridge hands out the bare pointer of an owned object and goes on using it.
            withPython { _ in
                let object = fresh()
                do {
                    let owned = OwnedObject(retaining: object)
                    let bare = owned.object
                    #expect(cpy_refcount(bare) == 2)
                    #expect(cpy_refcount(bare) == 2)
                }
                #expect(cpy_refcount(object) == 1)
                object.release()
            }
        }

        @Test func whatIsTakenIsTheCallersAndIsNotReleased() {
            withPython { _ in
                let object = fresh()
                let taken = OwnedObject(retaining: object).take()
                #expect(taken == object)
                #expect(cpy_refcount(object) == 2)
                taken.release()
                #expect(cpy_refcount(object) == 1)
                object.release()
            }
        }

        @Test func aReferenceIsReleasedWhereAnErrorLeavesItsScope() {
            withPython { python in
                let object = fresh()
                let text = raised(python) { () throws(PythonError) in
                    let owned = OwnedObject(retaining: object)
                    #expect(cpy_refcount(owned.object) == 2)
                    throw python.error(.valueError, "out")
                }
                #expect(text == "ValueError: out")
                #expect(cpy_refcount(object) == 1)
                object.release()
            }
        }

        @Test func nullIsAnErrorThatIsPendingAlready() {
            withPython { python in
                let text = raised(python) { () throws(PythonError) in
                    _ = try OwnedObject(PyObject_GetAttrString(cpy_none(), "nothing")).object
                }
                #expect(text?.hasPrefix("AttributeError") == true)
            }
        }

        @Test func retainedIsTheSameObjectWithOneReferenceMore() {
            withPython { _ in
                let object = fresh()
                #expect(object.retained == object)
                #expect(cpy_refcount(object) == 2)
                object.release()
                #expect(cpy_refcount(object) == 1)
                object.release()
            }
        }

        @Test func clearingAFieldReleasesOnceAndLeavesNil() {
            withPython { _ in
                let object = fresh()
                var field: Object? = object.retained
                clear(&field)
                #expect(field == nil)
                #expect(cpy_refcount(object) == 1)
                clear(&field)
                #expect(cpy_refcount(object) == 1)
                object.release()
            }
        }

        @Test func replacingAFieldReleasesWhatItHeld() {
            withPython { _ in
                let first = fresh()
                let second = fresh()
                var field: Object?
                replace(&field, with: OwnedObject(retaining: first))
                #expect(cpy_refcount(first) == 2)
                replace(&field, with: OwnedObject(retaining: second))
                #expect(cpy_refcount(first) == 1)
                #expect(cpy_refcount(second) == 2)
                // With itself: never without a reference in between.
                replace(&field, with: OwnedObject(retaining: second))
                #expect(cpy_refcount(second) == 2)
                clear(&field)
                first.release()
                second.release()
            }
        }

        @Test func aFinalizerThatRunsDuringAClearFindsTheFieldEmpty() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    class Watcher:
                        def __init__(self, seen): self.seen = seen
                        def __del__(self): self.seen.append('gone')
                    seen = []
                    watcher = Watcher(seen)
                    """)
                let seen = try names.object.item("seen")
                var field: Object? = try names.object.item("watcher").retained
                PyDict_DelItemString(names.object, "watcher")
                #expect(cpy_size(seen) == 0)
                clear(&field)
                #expect(field == nil)
                #expect(cpy_size(seen) == 1)
            }
        }

        @Test func typeNameTextAndRepresentationAreForMessages() {
            withPython { python throws(PythonError) in
                let text = try python.string("wörld")
                #expect(text.object.typeName == "str")
                #expect(text.object.text == "wörld")
                #expect(text.object.representation == "'wörld'")
                #expect(cpy_none()!.text == nil)
                #expect(cpy_none()!.isNone)
                #expect(!text.object.isNone)
            }
        }

        @Test func aLoneSurrogateHasNoTextAndLeavesNoException() {
            withPython { python throws(PythonError) in
                let surrogate = try python.evaluate("'\\ud800'")
                #expect(surrogate.object.text == nil)
            }
        }

        @Test func aReprThatRaisesFallsBackToTheTypesNameAndLeavesNoException() {
            withPython { python throws(PythonError) in
                let names = try python.execute(
                    """
                    class Silent:
                        def __repr__(self): raise RuntimeError('no')
                    silent = Silent()
                    """)
                #expect(try names.object.item("silent").representation == "<Silent>")
            }
        }

        @Test func attributesAreOwnedByTheCaller() {
            withPython { python throws(PythonError) in
                let names = try python.execute("class Holder: pass\nholder = Holder()\nholder.it = []")
                let holder = try names.object.item("holder")
                let first = try holder.attribute("it")
                #expect(cpy_refcount(first.object) == 2)
                #expect(raised(python) { () throws(PythonError) in _ = try holder.attribute("other").object } != nil)
            }
        }

        #if DEBUG
            @Test func aDebugBuildStopsWhereAnObjectIsReleasedWithoutTheGIL() async {
                await #expect(processExitsWith: .failure) {
                    _ = Embedded.started
                    var object: Object?
                    _ = Python.attachingForeignThread { _ in object = PyList_New(0) }
                    object!.release()
                }
            }
        #endif
    }
}
