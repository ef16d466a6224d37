import CPython
import Dispatch
import EmbeddedPython
import Testing

@testable import PythonBridge

/// All tests of the bridge, one after the other: they share one interpreter, and count references.
@Suite(.serialized) enum PythonBridgeTests {}

/// The one interpreter of the process.
enum Embedded {
    /// Starts it, with the fixture imported, and leaves it to whoever attaches.
    static let started: Void = {
        EmbeddedPython.import("bridge_fixture", fixtureDefinition)
    }()
}

/// Runs a test's body attached to the interpreter. An exception that comes out of it, or that it leaves pending, fails
/// the test.
func withPython(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (inout Python) throws(PythonError) -> Void
) {
    _ = Embedded.started
    let ran: Void? = Python.attachingForeignThread { python in
        do throws(PythonError) {
            try body(&python)
        } catch {
            let text = pendingText(python) ?? "PythonError without a pending exception"
            Issue.record("an exception came out of the test: \(text)", sourceLocation: sourceLocation)
        }
        let left = pendingText(python)
        #expect(left == nil, "the test left an exception pending", sourceLocation: sourceLocation)
    }
    #expect(ran != nil, sourceLocation: sourceLocation)
}

/// Takes the pending exception off. - Returns: its type and text, or nil where none is pending.
func pendingText(_ python: borrowing Python) -> String? {
    guard PyErr_Occurred() != nil else { return nil }
    let pending = PendingException(fetching: python)
    return pending.description
}

/// What `body` raises, as its type and text; nil where it raises nothing.
func raised(_ python: borrowing Python, _ body: () throws(PythonError) -> Void) -> String? {
    do throws(PythonError) {
        try body()
        return nil
    } catch {
        return pendingText(python) ?? "PythonError without a pending exception"
    }
}

extension Python {
    /// The value of an expression. - Parameter names: what it may refer to.
    func evaluate(_ expression: String, _ names: [String: Object] = [:]) throws(PythonError) -> OwnedObject {
        let scope = try scope(names)
        return try run(expression, Py_eval_input, in: scope.object)
    }

    /// Runs statements. - Returns: their names, as a dict.
    func execute(_ source: String, _ names: [String: Object] = [:]) throws(PythonError) -> OwnedObject {
        let scope = try scope(names)
        let result = try run(source, Py_file_input, in: scope.object)
        _ = result.object
        return scope
    }

    private func scope(_ names: [String: Object]) throws(PythonError) -> OwnedObject {
        let scope = try OwnedObject(PyDict_New())
        PyDict_SetItemString(scope.object, "__builtins__", PyEval_GetBuiltins())
        for (name, object) in names { PyDict_SetItemString(scope.object, name, object) }
        return scope
    }

    private func run(_ source: String, _ kind: Int32, in scope: Object) throws(PythonError) -> OwnedObject {
        let code = try OwnedObject(Py_CompileString(source, "<test>", kind))
        return try OwnedObject(PyEval_EvalCode(code.object, scope, scope))
    }
}

extension UnsafeMutablePointer where Pointee == PyObject {
    /// An item of a dict, borrowed.
    func item(_ name: String) throws(PythonError) -> Object {
        guard let item = PyDict_GetItemString(self, name) else { throw PythonError() }
        return item
    }

    /// The text of an attribute that is a str.
    func attributeText(_ name: StaticString) -> String? {
        guard let value = try? attribute(name) else { return nil }
        return value.object.text
    }
}

/// Runs `body` on a thread that Python has not made, and waits for it. - Returns: false where it did not end in time.
func onForeignThread(seconds: Int = 60, _ body: @escaping @Sendable () -> Void) -> Bool {
    let done = DispatchSemaphore(value: 0)
    DispatchQueue(label: "foreign").async {
        body()
        done.signal()
    }
    return done.wait(timeout: .now() + .seconds(seconds)) == .success
}

/// A value that several threads use in turn: what orders them is the GIL or a semaphore.
final class Box<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}
