// error: cannot use mutating member on immutable value: 'python'
import PythonBridge

func wait(_ python: borrowing Python) {
    python.detached {}
}
