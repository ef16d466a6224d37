// error: noncopyable 'reference' cannot be consumed when captured by an escaping closure or borrowed by a non-Escapable type
import PythonBridge

func giveAway(_ python: inout Python) throws(PythonError) {
    let reference = try python.integer(1)
    python.detached { _ = reference.take() }
}
