import CPython
import PythonBridge
import Streams

// What the methods of `_MockCluster` have in common: all of their arguments are given, and each has one type.

/// The arguments of one call, by the parameters' order.
struct MockArguments {
    fileprivate let signature: Signature
    fileprivate let slots: UnsafeMutablePointer<Object?>

    private func object(_ index: Int) -> Object { slots[index].unsafelyUnwrapped }

    func text(_ python: borrowing Python, _ index: Int) throws(PythonError) -> String {
        // Lent by the argument.
        String(cString: try python.cString(object(index), signature[index]))
    }

    func int16(_ python: borrowing Python, _ index: Int) throws(PythonError) -> Int16 {
        try python.int16(object(index), signature[index])
    }

    func int32(_ python: borrowing Python, _ index: Int) throws(PythonError) -> Int32 {
        try python.int32(object(index), signature[index])
    }

    func int64(_ python: borrowing Python, _ index: Int) throws(PythonError) -> Int64 {
        try python.int64(object(index), signature[index])
    }

    func int32s(_ python: borrowing Python, _ index: Int) throws(PythonError) -> [Int32] {
        let object = object(index)
        guard cpy_is_list(object) != 0, let elements = try python.elements(of: object) else {
            throw python.error(.typeError, "\(signature[index]) must be a list of int, not \(object.typeName)")
        }
        var numbers: [Int32] = []
        for place in 0..<elements.count { numbers.append(try python.int32(elements[place], signature[index])) }
        return numbers
    }

    func codes(_ python: borrowing Python, _ index: Int) throws(PythonError) -> [ErrorCode] {
        try int32s(python, index).map { ErrorCode(rawValue: $0) }
    }
}

/// What is done to a cluster, without the GIL, once the arguments are read.
typealias MockAction<Result> = (MockCluster) throws(StreamsError) -> Result

/// Reads the arguments with the GIL held, then runs the action that `read` gives.
func withMockCluster<Result>(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?, _ signature: Signature,
    _ read: (borrowing Python, MockArguments) throws(PythonError) -> MockAction<Result>,
    returning convert: (borrowing Python, Result) throws(PythonError) -> OwnedObject
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let action = try withSlots(signature.count) { slots throws(PythonError) in
            try signature.parse(python, arguments, count, keywords, into: slots)
            return try read(python, MockArguments(signature: signature, slots: slots))
        }
        return try finish(&python, object, action, convert)
    }
}

/// The same for an action that returns nothing.
func withMockCluster(
    _ object: Object?, _ arguments: UnsafePointer<Object?>?, _ count: Int, _ keywords: Object?, _ signature: Signature,
    _ read: (borrowing Python, MockArguments) throws(PythonError) -> MockAction<Void>
) -> Object? {
    withMockCluster(object, arguments, count, keywords, signature, read) { python, _ in python.none }
}

/// The same for a method without arguments.
func withMockCluster<Result>(
    _ object: Object?, _ action: MockAction<Result>,
    returning convert: (borrowing Python, Result) throws(PythonError) -> OwnedObject
) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in try finish(&python, object, action, convert) }
}

private func finish<Result>(
    _ python: inout Python, _ object: Object?, _ action: MockAction<Result>,
    _ convert: (borrowing Python, Result) throws(PythonError) -> OwnedObject
) throws(PythonError) -> Object {
    let cluster = try mockClusterFields(object).pointee.usable(python)
    let result = try python.raisingDetached { () throws(StreamsError) in try action(cluster) }
    return try convert(python, result).take()
}
