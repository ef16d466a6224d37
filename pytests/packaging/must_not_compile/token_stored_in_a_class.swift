// error: missing reinitialization of inout parameter 'python' after consume
import PythonBridge

final class Keeper {
    let token: Python
    init(token: consuming Python) { self.token = token }
}

func keep(_ python: inout Python) -> Keeper {
    Keeper(token: python)
}
