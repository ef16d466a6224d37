import CPython
import CSystem
import PythonBridge
import Streams

/// What `oauth_cb` has returned: `(token, expiry in seconds since the epoch[, principal[, extensions]])`.
func parseToken(_ python: borrowing Python, _ result: Object) throws(PythonError) -> ClientEvents.Token {
    guard cpy_is_tuple(result) != 0, (2...4).contains(cpy_size(result)) else {
        throw python.error(
            .typeError,
            "oauth_cb must return a tuple of token, expiry time and, if needed, principal and extensions, not"
                + " \(result.typeName)")
    }
    let value = try python.text(PyTuple_GetItem(result, 0).unsafelyUnwrapped, named: "the token")
    let expiry = try expiryMilliseconds(python, PyTuple_GetItem(result, 1).unsafelyUnwrapped)
    var principal = ""
    var extensions: [(name: String, value: String)] = []
    if cpy_size(result) > 2 {
        let text = PyTuple_GetItem(result, 2).unsafelyUnwrapped
        if !text.isNone { principal = try python.text(text, named: "the principal") }
    }
    if cpy_size(result) > 3 {
        let given = PyTuple_GetItem(result, 3).unsafelyUnwrapped
        if !given.isNone { extensions = try parseExtensions(python, given) }
    }
    return ClientEvents.Token(value: value, expiry: expiry, principal: principal, extensions: extensions)
}

private func parseExtensions(
    _ python: borrowing Python, _ given: Object
) throws(PythonError) -> [(name: String, value: String)] {
    guard try python.isMapping(given) else {
        throw python.error(.typeError, "the extensions must be a dict, not \(given.typeName)")
    }
    let dictionary = try OwnedObject(PyDict_New())
    if PyDict_Update(dictionary.object, given) != 0 { throw PythonError() }
    var extensions: [(name: String, value: String)] = []
    var position = 0
    var key: Object?
    var value: Object?
    while PyDict_Next(dictionary.object, &position, &key, &value) != 0 {
        let name = try python.text(key.unsafelyUnwrapped, named: "the name of an extension")
        let text = try python.text(value.unsafelyUnwrapped, named: "the value of extension \"\(name)\"")
        extensions.append((name, text))
    }
    return extensions
}

/// An expiry time in librdkafka's milliseconds.
private func expiryMilliseconds(_ python: borrowing Python, _ object: Object) throws(PythonError) -> Int64 {
    let seconds = PyFloat_AsDouble(object)
    if seconds == -1 && PyErr_Occurred() != nil {
        guard python.errorIs(.typeError) else { throw PythonError() }
        PyErr_Clear()
        throw python.error(
            .typeError, "the token's expiry time must be a number of seconds since the epoch, not \(object.typeName)")
    }
    let expected = "the token's expiry time must be in seconds since the epoch, as time.time() gives them"
    let now = Double(time(nil))
    // A hundred years from now; milliseconds taken for seconds are more than fifty thousand.
    guard seconds.isFinite else { throw python.error(.valueError, "\(expected), not \(seconds)") }
    guard seconds < now + 3.2e9 else {
        throw python.error(.valueError, "\(expected): \(object.representation) looks like milliseconds")
    }
    guard seconds > now else {
        throw python.error(
            .valueError,
            "\(expected), and lie in the future: \(object.representation) is a time that is over, or was meant as the token's"
                + " lifetime")
    }
    return Int64(seconds * 1000)
}
