// error: 'python' cannot be captured by an escaping closure since it is a borrowed parameter
import PythonBridge

func later(_ python: borrowing Python) -> () -> Void {
    { _ = python.none }
}
