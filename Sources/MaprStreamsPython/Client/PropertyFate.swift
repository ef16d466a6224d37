import CPython
import PythonBridge
import Streams

/// `_property_fate(name)`, for the migration check.
func propertyFate(_ module: Object?, _ argument: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let fate = PropertyFate(of: try python.text(argument.unsafelyUnwrapped, "name"))
        let tuple = try OwnedObject(PyTuple_New(3))
        PyTuple_SetItem(tuple.object, 0, try python.string(fate.kind.name).take())
        let target = try fate.target.map { text throws(PythonError) in try python.string(text).take() }
        PyTuple_SetItem(tuple.object, 1, target ?? python.none.take())
        PyTuple_SetItem(tuple.object, 2, try python.string(fate.note).take())
        return tuple.take()
    }
}

extension PropertyFate.Kind {
    fileprivate var name: String {
        switch self {
        case .kept: "kept"
        case .mapped: "mapped"
        case .withoutEffect: "without effect"
        case .callback: "callback"
        case .renamed: "renamed"
        case .elsewhere: "elsewhere"
        case .known: "known"
        case .unknown: "unknown"
        }
    }
}
