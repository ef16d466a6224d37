// error: 'python' is borrowed and cannot be consumed
import PythonBridge

struct Keeper: ~Copyable {
    var token: Python
}

func keep(_ python: borrowing Python) -> Keeper {
    Keeper(token: python)
}
