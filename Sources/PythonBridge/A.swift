import CPython
public func none() -> UnsafeMutablePointer<PyObject> { cpy_none()! }
