import CPython
import EmbeddedPython
import PythonBridge
import Testing

@testable import MaprStreamsPython

/// What the extension does below what Python sees. One test after the other: they share the pools of the process.
@Suite(.serialized) enum MaprStreamsPythonTests {}

private let imported: Void = {
    EmbeddedPython.import("mapr_streams_python.cimpl", moduleDefinition)
    let hasVersion = Python.attachingForeignThread { python in
        // Of the package, which would load the extension that is installed, clients ask for nothing but its version.
        let program = """
            import sys, types
            package = sys.modules["mapr_streams_python"] = types.ModuleType("mapr_streams_python")
            package._version = sys.modules["mapr_streams_python._version"] = types.ModuleType("_version")
            package._version.__version__ = "1.0.0"
            """
        do throws(PythonError) {
            let scope = try OwnedObject(PyDict_New())
            PyDict_SetItemString(scope.object, "__builtins__", PyEval_GetBuiltins())
            let code = try OwnedObject(Py_CompileString(program, "<package>", Py_file_input))
            _ = try OwnedObject(PyEval_EvalCode(code.object, scope.object, scope.object))
            return true
        } catch {
            PyErr_Print()
            return false
        }
    }
    precondition(hasVersion == true)
}()

/// Runs a test's body attached to an interpreter that has imported the extension.
func withExtension(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (inout Python) throws(PythonError) -> Void
) {
    _ = imported
    let ran: Void? = Python.attachingForeignThread { python in
        do throws(PythonError) {
            try body(&python)
        } catch {
            Issue.record(
                "an exception came out of the test: \(PendingException(fetching: python).description)",
                sourceLocation: sourceLocation)
        }
        #expect(PyErr_Occurred() == nil, sourceLocation: sourceLocation)
    }
    #expect(ran != nil, sourceLocation: sourceLocation)
}

extension Python {
    /// The value of an expression, in which `cimpl` is the extension.
    func evaluate(_ expression: String) throws(PythonError) -> OwnedObject {
        let scope = try OwnedObject(PyDict_New())
        PyDict_SetItemString(scope.object, "__builtins__", PyEval_GetBuiltins())
        let text = try string("mapr_streams_python.cimpl")
        PyDict_SetItemString(scope.object, "cimpl", PyDict_GetItem(PyImport_GetModuleDict(), text.object))
        let code = try OwnedObject(Py_CompileString(expression, "<test>", Py_eval_input))
        return try OwnedObject(PyEval_EvalCode(code.object, scope.object, scope.object))
    }
}
