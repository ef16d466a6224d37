import CPython
import PythonBridge

extension ProcessState.Types {
    /// Whether an object is an instance of one of them, or of a subclass.
    @inline(__always)
    static func isInstance(_ object: Object, of type: Object?) -> Bool {
        guard let type else { return false }
        return cpy_type_of(object) == type || cpy_is_subtype(cpy_type_of(object), type) != 0
    }
}
