import CPython
import PythonBridge
import Streams

/// The name of a header, as it was last seen: programs give the same few str objects again and again.
///
/// The table is the process's (`ProcessState.headerNames`).
struct HeaderName {
    private static let count = 32

    /// An exact str, which nothing can change; owned.
    var object: Object?
    var utf8: UnsafePointer<CChar>?
    var size: Int

    static func prepare() {
        if ProcessState.headerNames != nil { return }
        let table = UnsafeMutablePointer<HeaderName>.allocate(capacity: count)
        table.initialize(repeating: HeaderName(object: nil, utf8: nil, size: 0), count: count)
        ProcessState.headerNames = table
    }

    /// The place of a str in the table.
    @inline(__always)
    static func entry(of name: Object) -> UnsafeMutablePointer<HeaderName> {
        let address = Int(bitPattern: name)
        return ProcessState.headerNames.unsafelyUnwrapped + ((address >> 4 ^ address >> 9) & (count - 1))
    }
}

/// The headers of a message to be produced: a dict, or a list of pairs.
@inline(never)
func parseHeaders(_ python: borrowing Python, _ object: Object) throws(PythonError) -> Headers {
    if cpy_is_list(object) != 0 {
        let headers = Headers(capacity: cpy_size(object))
        var index = 0
        while index < cpy_size(object) {
            let pair = PyList_GetItem(object, index).unsafelyUnwrapped
            guard cpy_is_tuple(pair) != 0, cpy_size(pair) == 2 else {
                throw python.error(.typeError, "Headers are expected to be a list of (key, value) tuples")
            }
            let (name, value): (Object?, Object?)
            if ProcessState.tupleItemsOffset != 0 {
                (name, value) = (pair.itemsOfTuple[0], pair.itemsOfTuple[1])
            } else {
                (name, value) = (PyTuple_GetItem(pair, 0), PyTuple_GetItem(pair, 1))
            }
            try addHeader(python, headers, name.unsafelyUnwrapped, value.unsafelyUnwrapped)
            index += 1
        }
        return headers
    }
    guard cpy_is_dict(object) != 0 else {
        throw python.error(
            .typeError, "expected headers to be dict or list of (key, value) tuples, not \(object.typeName)")
    }
    let headers = Headers(capacity: PyDict_Size(object))
    var position = 0
    var name: Object?
    var value: Object?
    while PyDict_Next(object, &position, &name, &value) != 0 {
        try addHeader(python, headers, name.unsafelyUnwrapped, value.unsafelyUnwrapped)
    }
    return headers
}

/// The same for what runs no code of the application's, and cannot fail: a list of pairs of a name that is in the table, and
/// bytes. - Returns: nil where it is not that.
@inline(__always)
func plainHeaders(_ object: Object) -> Headers? {
    guard cpy_is_list(object) != 0, ProcessState.tupleItemsOffset != 0 else { return nil }
    let count = cpy_size(object)
    let headers = Headers(capacity: count)
    for index in 0..<count {
        let pair = PyList_GetItem(object, index).unsafelyUnwrapped
        guard cpy_is_tuple(pair) != 0, cpy_size(pair) == 2 else { return nil }
        let items = pair.itemsOfTuple
        let name = items[0].unsafelyUnwrapped
        let value = items[1].unsafelyUnwrapped
        let known = HeaderName.entry(of: name)
        guard known.pointee.object == name, cpy_is_exactly_bytes(value) != 0 else { return nil }
        headers.add(
            known.pointee.utf8.unsafelyUnwrapped, nameCount: known.pointee.size,
            value: UnsafeRawPointer(value) + ProcessState.bytesDataOffset, valueCount: cpy_size(value))
    }
    return headers
}

/// Appends a header, both of whose parts the caller's list or dictionary lends.
@inline(__always)
private func addHeader(
    _ python: borrowing Python, _ headers: borrowing Headers, _ name: Object, _ value: Object
) throws(PythonError) {
    let known = HeaderName.entry(of: name)
    guard known.pointee.object == name, cpy_is_exactly_bytes(value) != 0 else {
        return try addOtherHeader(python, headers, name, value)
    }
    headers.add(
        known.pointee.utf8.unsafelyUnwrapped, nameCount: known.pointee.size,
        value: UnsafeRawPointer(value) + ProcessState.bytesDataOffset, valueCount: cpy_size(value))
}

/// The same for a name that is not in the table, and for values of other types. Reading a buffer may run code of the
/// application's, and that may empty the list or dictionary: both parts are held meanwhile.
@inline(never)
private func addOtherHeader(
    _ python: borrowing Python, _ headers: borrowing Headers, _ name: Object, _ value: Object
) throws(PythonError) {
    let value = OwnedObject(retaining: value)
    let name = OwnedObject(retaining: name)
    guard cpy_is_str(name.object) != 0 else {
        let advice = cpy_is_bytes(name.object) != 0 ? ": decode it first" : ""
        throw python.error(.typeError, "a header's name must be str, not \(name.object.typeName)\(advice)")
    }
    var nameCount = 0
    guard let text = name.object.utf8(&nameCount) else { throw PythonError() }
    if memchr(text, 0, nameCount) != nil {
        throw python.error(
            .valueError, "a header's name must not contain a null character: \(name.object.representation)")
    }
    if cpy_is_exactly_str(name.object) != 0 {
        let known = HeaderName.entry(of: name.object)
        let old = known.pointee.object
        known.pointee = HeaderName(object: name.object.retained, utf8: text, size: nameCount)
        old?.release()
    }
    var bytes = BorrowedBytes()
    do throws(PythonError) {
        try bytes.borrow(python, value.object, "header value")
    } catch {
        if python.errorIs(.typeError) {
            PyErr_Clear()
            throw python.error(
                .typeError,
                "expected header value to be None, binary, or unicode string, not \(value.object.typeName)")
        }
        throw error
    }
    headers.add(text, nameCount: nameCount, value: bytes.start, valueCount: bytes.count)
    bytes.release()
}
