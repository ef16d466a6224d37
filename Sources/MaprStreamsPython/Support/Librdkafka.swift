import CPython
import PythonBridge
import Streams

// What is known of the librdkafka that is loaded: for `known_faults` and `python -m mapr_streams_python info`.

/// `_known_faults()`: the whole table, and of each row whether the loaded librdkafka has it.
func moduleKnownFaults(_ module: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let rows = try OwnedObject(PyList_New(0))
        let release = Librdkafka.version
        for fault in KnownFaults.all {
            let row = try OwnedObject(PyTuple_New(7))
            PyTuple_SetItem(row.object, 0, try python.string(fault.text).take())
            PyTuple_SetItem(row.object, 1, try number(python, fault.issue))
            PyTuple_SetItem(row.object, 2, try python.string(fault.releases).take())
            PyTuple_SetItem(row.object, 3, try text(python, fault.mended?.text))
            PyTuple_SetItem(row.object, 4, try python.string(fault.whoMeets).take())
            PyTuple_SetItem(row.object, 5, try text(python, fault.kept))
            PyTuple_SetItem(row.object, 6, PyBool_FromLong(KnownFaults.isLoaded(fault, version: release) ? 1 : 0))
            if PyList_Append(rows.object, row.object) != 0 { throw PythonError() }
        }
        return rows.take()
    }
}

/// `_loaded_library()`: the path and the features of librdkafka.
func moduleLoadedLibrary(_ module: Object?, _ unused: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let path = try OwnedObject(try text(python, Librdkafka.path))
        let features = try python.string(Librdkafka.features)
        return try OwnedObject(cpy_tuple2(path.object, features.object)).take()
    }
}

private func text(_ python: borrowing Python, _ text: String?) throws(PythonError) -> Object {
    guard let text else { return python.none.take() }
    return try python.string(text).take()
}

private func number(_ python: borrowing Python, _ number: Int?) throws(PythonError) -> Object {
    guard let number else { return python.none.take() }
    return try python.integer(number).take()
}
