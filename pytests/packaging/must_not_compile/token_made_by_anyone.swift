// error: 'Python' initializer is inaccessible due to 'internal' protection level
import PythonBridge

func withoutTheGIL() {
    let python = Python()
    _ = python.none
}
