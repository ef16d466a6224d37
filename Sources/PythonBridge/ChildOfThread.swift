import CPython

extension Python {
    /// Ends the child of a fork that was made on a thread which Python has not made: the child consists of that thread alone,
    /// and ends with it, as the child of a Python thread does when the thread's function returns.
    ///
    /// The child's status is what SystemExit says where that is pending, 1 after another exception, otherwise 0.
    ///
    /// - Parameters:
    ///   - callable: what was being called, for `sys.unraisablehook`.
    ///   - process: does nothing where `ProcessState.forks` is this still.
    @inline(never)
    public func endChild(of callable: Object?, ifForkedSince process: Int) {
        if ProcessState.forks == process { return }
        var status: Int32 = 0
        if PyErr_Occurred() != nil {
            status = 1
            if errorIs(.systemExit) {
                let exit = PendingException(fetching: self).take()
                if let exit, let code = PyObject_GetAttrString(exit, "code") {
                    if code.isNone {
                        status = 0
                    } else if cpy_is_exactly_int(code) != 0 {
                        status = Int32(truncatingIfNeeded: PyLong_AsLong(code)) & 0xff
                    } else if let stderr = PySys_GetObject("stderr"), !stderr.isNone {
                        _ = PyFile_WriteObject(code, stderr, Py_PRINT_RAW)
                    }
                }
                PyErr_Clear()
            } else {
                reportUnraisable(callable)
            }
        }
        flush(PySys_GetObject("stdout"))
        flush(PySys_GetObject("stderr"))
        _exit(status)
    }

    private func flush(_ file: Object?) {
        guard let file, !file.isNone else { return }
        if let method = PyObject_GetAttrString(file, "flush") { PyObject_CallObject(method, nil)?.release() }
        PyErr_Clear()
    }
}
