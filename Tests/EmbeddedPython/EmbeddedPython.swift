import CPython
import CPythonEmbed
import Dispatch
import Glibc
import PythonBridge

/// The interpreter of the process that runs the tests.
public enum EmbeddedPython {
    private static let started: Void = {
        // The interpreter is the one that was linked, whatever the shell that started the tests is set up for.
        unsetenv("PYTHONHOME")
        unsetenv("PYTHONPATH")
        Py_InitializeEx(0)
        let isPrepared = Python.entered(failure: false) { python throws(PythonError) in
            try Interpreter.prepare(python)
            return true
        }
        precondition(isPrepared)
        PyEval_SaveThread()
    }()

    /// Makes a module, and puts it where programs that import it find it.
    public static func `import`(_ name: StaticString, _ definition: UnsafeMutablePointer<PyModuleDef>) {
        _ = started
        let isImported = Python.attachingForeignThread { python in
            do throws(PythonError) {
                let module = try make(python, name, definition)
                let key = try python.string("\(name)")
                return PyDict_SetItem(PyImport_GetModuleDict(), key.object, module.object) == 0
            } catch {
                PyErr_Print()
                return false
            }
        }
        precondition(isImported == true)
    }

    /// Makes a module in the interpreter that runs, as an import would.
    public static func make(
        _ python: borrowing Python, _ name: StaticString, _ definition: UnsafeMutablePointer<PyModuleDef>
    ) throws(PythonError) -> OwnedObject {
        PyModuleDef_Init(definition)
        let machinery = try OwnedObject(PyImport_ImportModule("importlib.machinery"))
        let type = try machinery.object.attribute("ModuleSpec")
        let text = try python.string("\(name)")
        let specification = try python.call(type.object, [text.object, python.none.object])
        let module = try OwnedObject(
            PyModule_FromDefAndSpec2(definition, specification.object, PYTHON_API_VERSION))
        guard PyModule_ExecDef(module.object, definition) == 0 else { throw PythonError() }
        return module
    }
}
