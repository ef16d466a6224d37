// error: 'reference' used after consume
import PythonBridge

func copy(_ python: borrowing Python) throws(PythonError) {
    let reference = try python.integer(1)
    let other = reference
    _ = other.object
    _ = reference.object
}
