import CPython
import PythonBridge

/// The module's types, made when it is executed. They are the process's, and never released.
enum Types {
    nonisolated(unsafe) static var kafkaError: Object?
    nonisolated(unsafe) static var kafkaException: Object?
    nonisolated(unsafe) static var topicPartition: Object?
    nonisolated(unsafe) static var message: Object?
    nonisolated(unsafe) static var producer: Object?
    nonisolated(unsafe) static var consumer: Object?

    /// Whether an object is an instance of one of them, or of a subclass.
    @inline(__always)
    static func isInstance(_ object: Object, of type: Object?) -> Bool {
        guard let type else { return false }
        return cpy_type_of(object) == type || cpy_is_subtype(cpy_type_of(object), type) != 0
    }
}
