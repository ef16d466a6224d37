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

        /// A field in memory that does not move.
        private final class Holder {
            var field: Object?
            var address: UnsafeMutablePointer<Object?> { PythonBridge.address(of: &field) }
        }

        @Test func clearingAFieldReleasesOnceAndLeavesNil() {
            withPython { _ in
                let object = fresh()
                let holder = Holder()
                holder.field = object.retained
                holder.address.clear()
                #expect(holder.field == nil)
                #expect(cpy_refcount(object) == 1)
                holder.address.clear()
                #expect(cpy_refcount(object) == 1)
                object.release()
            }
        }

        @Test func replacingAFieldReleasesWhatItHeld() {
            withPython { _ in
                let first = fresh()
                let second = fresh()
                let holder = Holder()
                holder.address.set(first)
                #expect(cpy_refcount(first) == 2)
                holder.address.set(second)
                #expect(cpy_refcount(first) == 1)
                #expect(cpy_refcount(second) == 2)
                // With itself: never without a reference in between.
                holder.address.set(second)
                #expect(cpy_refcount(second) == 2)
                holder.address.set(nil)
                #expect(cpy_refcount(second) == 1)
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
                let holder = Holder()
                holder.field = try names.object.item("watcher").retained
                PyDict_DelItemString(names.object, "watcher")
                #expect(cpy_size(seen) == 0)
                holder.address.clear()
                #expect(holder.field == nil)
                #expect(cpy_size(seen) == 1)
            }
        }

        /// What finalizers call: it sets the field that is being cleared or replaced.
        nonisolated(unsafe) private static var comesBack: (() -> Void)?

        /// Puts an object into a field whose finalizer calls `comesBack`.
        private func fill(_ python: borrowing Python, _ holder: Holder) throws(PythonError) {
            let function = UnsafeMutablePointer<PyMethodDef>.allocate(capacity: 1)
            function.initialize(
                to: PyMethodDef(
                    ml_name: ("come_back" as StaticString).cString,
                    ml_meth: { _, _ in
                        ReferenceTests.comesBack?()
                        return cpy_none()!.retained
                    }, ml_flags: METH_NOARGS, ml_doc: nil))
            let callable = try OwnedObject(PyCFunction_NewEx(function, nil, nil))
            let names = try python.execute(
                """
                class Finalized:
                    def __del__(self): come_back()
                finalized = Finalized()
                """, ["come_back": callable.object])
            holder.field = try names.object.item("finalized").retained
            PyDict_DelItemString(names.object, "finalized")
        }

        // The compiler's check of exclusive access stops the process where a field is set while it is being changed.
        @Test func aFinalizerMaySetTheFieldThatIsBeingCleared() {
            withPython { python throws(PythonError) in
                let holder = Holder()
                try fill(python, holder)
                let other = fresh()
                Self.comesBack = { holder.field = other.retained }
                holder.address.clear()
                Self.comesBack = nil
                #expect(holder.field == other)
                holder.address.clear()
                other.release()
            }
        }

        @Test func aFinalizerMaySetTheFieldThatIsBeingReplaced() {
            withPython { python throws(PythonError) in
                let holder = Holder()
                try fill(python, holder)
                let (new, last) = (fresh(), fresh())
                Self.comesBack = { holder.address.set(last) }
                holder.address.set(new)
                Self.comesBack = nil
                // The finalizer came last.
                #expect(holder.field == last)
                holder.address.clear()
                #expect(cpy_refcount(new) == 1)
                new.release()
                last.release()
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
