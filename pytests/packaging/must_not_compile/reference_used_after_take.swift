// error: 'reference' consumed more than once
import CPython
import PythonBridge

func twice(_ python: borrowing Python) throws(PythonError) -> (Object, Object) {
    let reference = try python.integer(1)
    let first = reference.take()
    return (first, reference.take())
}
