import CPython

/// A module with multi-phase initialisation whose state is the process's own.
public struct ModuleBuilder {
    public typealias Execute = @convention(c) (Object?) -> Int32

    /// The definition, which lives for ever, for `PyModuleDef_Init`.
    ///
    /// Interpreters that know the slot (3.12 and later) are told that a second one in the same process cannot import
    /// the module; `requireOneInterpreter` tells the older ones.
    public static func definition(
        name: StaticString, documentation: StaticString, functions: [Method], execute: @escaping Execute
    ) -> UnsafeMutablePointer<PyModuleDef> {
        var slots = [
            PyModuleDef_Slot(slot: Py_mod_exec, value: unsafeBitCast(execute, to: UnsafeMutableRawPointer.self))
        ]
        if Self.interpreterVersion >= (3, 12) {
            // Py_mod_multiple_interpreters: Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED
            slots.append(PyModuleDef_Slot(slot: 3, value: nil))
        }
        let table = UnsafeMutablePointer<PyModuleDef_Slot>.allocate(capacity: slots.count + 1)
        for (index, slot) in slots.enumerated() { (table + index).initialize(to: slot) }
        (table + slots.count).initialize(to: PyModuleDef_Slot())
        let definition = UnsafeMutablePointer<PyModuleDef>.allocate(capacity: 1)
        var value = PyModuleDef()
        cpy_set_head(&value)
        value.m_name = name.cString
        value.m_doc = documentation.cString
        value.m_size = 0
        value.m_methods = Method.table(functions)
        value.m_slots = table
        definition.initialize(to: value)
        return definition
    }

    /// Refuses a second interpreter: types, names and clients belong to the process.
    public static func requireOneInterpreter(_ python: borrowing Python, module: StaticString) throws(PythonError) {
        let here = PyInterpreterState_Get()
        if let home = ProcessState.home, home != here {
            throw python.error(
                .importError,
                "\(module) works in one interpreter per process only: it is in use in another one already")
        }
        ProcessState.home = here
    }

    /// Major and minor version of the interpreter that runs, which need not be the one whose headers built this.
    static var interpreterVersion: (Int, Int) {
        let text = String(cString: Py_GetVersion())
        let parts = text.split(separator: ".", maxSplits: 2)
        let major = parts.first.flatMap { Int($0) } ?? 3
        let minor = parts.count > 1 ? Int(parts[1]) ?? 9 : 9
        return (major, minor)
    }
}
