import CPython
import PythonBridge
import Streams

// What a name or a value of the configuration may be in Python, and what text librdkafka gets for it.

extension Python {
    /// A property's name.
    func propertyName(_ object: Object) throws(PythonError) -> String {
        guard cpy_is_str(object) != 0 else {
            throw error(
                .typeError,
                "the name of a configuration property must be str, not \(object.typeName): \(object.representation)")
        }
        return try text(object, named: "the name of a configuration property")
    }

    /// A property's value; nil for None, which empties it.
    ///
    /// - Parameter configuration: knows which properties are lists.
    func propertyValue(
        _ object: Object, of name: String, in configuration: Configuration, knownElsewhere: [String]
    ) throws(PythonError) -> String? {
        if object.isNone { return nil }
        if cpy_is_bool(object) != 0 { return object == cpy_true() ? "true" : "false" }
        let what = "configuration property \"\(name)\""
        if let number = try numberText(object) { return try text(number.object, named: what) }
        if let words = try textOrPath(object, what) { return words }
        // Of a property that there is not, or that is a function, the type of the value is not what is wrong.
        try raising { () throws(StreamsError) in
            try configuration.checkTakesText(name, knownElsewhere: knownElsewhere)
        }
        let separator = PropertyCatalogue.separator(of: name)
        if cpy_is_list(object) != 0 || cpy_is_tuple(object) != 0 {
            guard let separator else {
                throw error(.typeError, "\(what) takes one value, not a \(object.typeName)")
            }
            return try joined(object, separator, what)
        }
        let list = separator == nil ? "" : ", or a list of str"
        throw error(
            .typeError, "\(what) must be str, int, float, bool, bytes, a path or None\(list), not \(object.typeName)")
    }

    private func joined(_ object: Object, _ separator: String, _ what: String) throws(PythonError) -> String {
        guard let elements = try elements(of: object) else { throw PythonError() }
        var parts: [String] = []
        for index in 0..<elements.count {
            guard let part = try textOrPath(elements[index], "\(what)[\(index)]") else {
                throw error(.typeError, "\(what)[\(index)] must be str, not \(elements[index].typeName)")
            }
            parts.append(part)
        }
        return parts.joined(separator: separator)
    }

    /// The digits of an int or float; nil for anything else. A subclass may have a `str()` of its own, as enums have.
    private func numberText(_ object: Object) throws(PythonError) -> OwnedObject? {
        if PyIndex_Check(object) != 0 { return try OwnedObject(PyNumber_ToBase(object, 10)) }
        guard cpy_is_float(object) != 0 else { return nil }
        let plain = try OwnedObject(PyFloat_FromDouble(PyFloat_AsDouble(object)))
        return try OwnedObject(PyObject_Repr(plain.object))
    }

    /// The text of a str, of bytes, of a path, and of an enum's member whose value is one of these; nil for anything
    /// else.
    private func textOrPath(_ object: Object, _ what: String) throws(PythonError) -> String? {
        if cpy_is_str(object) != 0 { return try text(object, named: what) }
        if cpy_is_bytes(object) != 0 {
            guard let decoded = PyUnicode_FromEncodedObject(object, "utf-8", "strict") else {
                throw errorIs(.valueError) ? invalid("\(what) is bytes that are not UTF-8") : PythonError()
            }
            // Named: a temporary would let go of the text before it is read.
            let words = OwnedObject(owning: decoded)
            return try text(words.object, named: what)
        }
        if try hasAttribute(cpy_type_of(object).unsafelyUnwrapped, "__fspath__") {
            let path = try OwnedObject(PyOS_FSPath(object))
            return try textOrPath(path.object, what)
        }
        let module = try OwnedObject(PyImport_ImportModule("enum"))
        let type = try module.object.attribute("Enum")
        guard cpy_is_subtype(cpy_type_of(object), type.object) != 0 else { return nil }
        let value = try object.attribute("value")
        return cpy_is_str(value.object) != 0 ? try text(value.object, named: what) : nil
    }

    /// The text of a str for librdkafka, to which a null character is the end of it.
    ///
    /// - Throws: `ValueError` that names what it is the text of.
    func text(_ object: Object, named what: String) throws(PythonError) -> String {
        guard cpy_is_str(object) != 0 else {
            throw error(.typeError, "\(what) must be str, not \(object.typeName)")
        }
        var count = 0
        guard let start = object.utf8(&count) else {
            throw errorIs(.valueError)
                ? invalid("\(what) has a surrogate without its other half\(shown(object, what))") : PythonError()
        }
        guard memchr(start, 0, count) == nil else {
            throw error(.valueError, "\(what) must not contain a null character\(shown(object, what))")
        }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// The value, for an error's text, unless it is of a property that holds a secret.
    private func shown(_ object: Object, _ what: String) -> String {
        PropertyCatalogue.tellsOfSecret(what) ? "" : ": \(object.representation)"
    }

    /// Raises in place of the pending exception.
    private func invalid(_ message: String) -> PythonError {
        PyErr_Clear()
        return error(.valueError, message)
    }

    /// Whether an object is a mapping, which a configuration may be.
    func isMapping(_ object: Object) throws(PythonError) -> Bool {
        if cpy_is_dict(object) != 0 { return true }
        if PyMapping_Check(object) == 0 { return false }
        return try hasAttribute(object, "keys")
    }
}
