// What the other files here do wrongly, done rightly: it must compile, or their errors prove nothing.
import CPython
import PythonBridge

func length(_ python: borrowing Python, _ object: Object) throws(PythonError) -> Int {
    let text = try OwnedObject(PyObject_Str(object))
    return cpy_size(text.object)
}

func entryPoint(_ object: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let count = try length(python, object.unsafelyUnwrapped)
        let waited = python.detached { count + 1 }
        let result = try python.integer(waited)
        return result.take()
    }
}
