// error: overlapping accesses to 'python'
import CPython
import PythonBridge

func use(_ python: borrowing Python) throws(PythonError) { _ = try python.integer(1).object }

func entryPoint(_ object: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        try python.detached { () throws(PythonError) in try use(python) }
        return nil
    }
}
