import CPython
import Testing

@testable import PythonBridge

/// A module made with the bridge, as the extension is: `bridge_fixture`.
enum Fixture {
    /// Counters that were initialised and are alive.
    nonisolated(unsafe) static var alive = 0
    /// Whether the interpreter was finalizing when it was last asked to note that.
    nonisolated(unsafe) static var wasFinalizing: Bool?

    nonisolated(unsafe) fileprivate static var specialLayout = ObjectLayout(of: SpecialFields.self)
}

nonisolated(unsafe) let fixtureDefinition =
    ModuleBuilder.definition(
        name: "bridge_fixture", documentation: "A module for tests.",
        functions: [
            .none(
                "note_finalizing",
                { _, _ in
                    Fixture.wasFinalizing = Interpreter.isFinalizing
                    return cpy_none()!.retained
                }, "note_finalizing()\n--\n\nNotes it."),
            .one("same", { _, object in object!.retained }, "same(object, /)\n--\n\nThe object itself."),
        ],
        execute: { module in
            Python.entered(failure: -1) { python throws(PythonError) in
                try ModuleBuilder.requireOneInterpreter(python, module: "bridge_fixture")
                try makeCounter(python, module!)
                try makeSealed(python, module!)
                try makeSpecial(python, module!)
                return 0
            }
        })

// MARK: Counter: every slot and every kind of method

struct CounterFields {
    struct Owned: OwnedReferences {
        var held: Object?
        var more: Object?
    }

    var count: Int
    var owned: Owned
    var isInitialised: Bool
}

private func counter(_ object: Object?) -> UnsafeMutablePointer<CounterFields> { object!.fields(CounterFields.self) }

nonisolated(unsafe) private let initSignature = Signature("Counter", ["count", "held", "more"])
nonisolated(unsafe) private let addSignature = Signature("add", ["amount", "times"], required: 1)

private func makeCounter(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    var type = TypeBuilder(
        "bridge_fixture.Counter", ObjectLayout(of: CounterFields.self, isWeaklyReferenceable: true))
    type.owns(CounterFields.self) { address(of: &$0.pointee.owned) }
    type.ending { object in if counter(object).pointee.isInitialised { Fixture.alive -= 1 } }
    type.documentation("Counter(count=0, held=None, more=None)\n--\n\nCounts.")
    type.initializer { object, arguments, keywords in
        Python.entered(failure: -1) { python throws(PythonError) in
            try withSlots(3) { slots throws(PythonError) in
                try initSignature.parse(python, tuple: arguments, dictionary: keywords, into: slots)
                if let count = slots[0] { counter(object).pointee.count = Int(try python.int64(count, "count")) }
                if let held = slots[1] { address(of: &counter(object).pointee.owned.held).set(held) }
                if let more = slots[2] { address(of: &counter(object).pointee.owned.more).set(more) }
                if !counter(object).pointee.isInitialised { Fixture.alive += 1 }
                counter(object).pointee.isInitialised = true
                return 0
            }
        }
    }
    type.length { counter($0).pointee.count }
    type.truth { counter($0).pointee.count > 10 ? 1 : 0 }
    type.hash { counter($0).pointee.count &* 31 }
    type.representation { PyUnicode_FromString("<Counter \(counter($0).pointee.count)>") }
    type.string { PyUnicode_FromString("\(counter($0).pointee.count)") }
    type.compare { mine, other, operation in
        guard operation == Py_EQ, cpy_type_of(mine!) == cpy_type_of(other!) else {
            return cpy_not_implemented()!.retained
        }
        let isEqual = counter(mine).pointee.count == counter(other).pointee.count
        return (isEqual ? cpy_true() : cpy_false())!.retained
    }
    type.iterator({ $0!.retained }) { object in
        guard counter(object).pointee.count > 0 else { return nil }
        counter(object).pointee.count -= 1
        return PyLong_FromLong(counter(object).pointee.count)
    }
    type.attributes([
        Attribute(
            "held", "What it holds.", get: { object, _ in (counter(object).pointee.owned.held ?? cpy_none()!).retained }
        ),
        Attribute(
            "count", "How many.", get: { object, _ in PyLong_FromLong(counter(object).pointee.count) },
            set: { object, value, _ in
                Python.entered(failure: -1) { python throws(PythonError) in
                    guard let value else { throw python.error(.typeError, "count cannot be deleted") }
                    counter(object).pointee.count = Int(try python.int64(value, "count"))
                    return 0
                }
            }),
    ])
    type.methods([
        .fast(
            "add",
            { object, arguments, count, keywords in
                Python.entered(failure: nil) { python throws(PythonError) in
                    try withSlots(2) { slots throws(PythonError) in
                        try addSignature.parse(python, arguments, count, keywords, into: slots)
                        let times = try slots[1].map { value throws(PythonError) in try python.int64(value, "times") }
                        counter(object).pointee.count += Int(try python.int64(slots[0]!, "amount") * (times ?? 1))
                        return try python.integer(counter(object).pointee.count).take()
                    }
                }
            }, "add(amount, times=1)\n--\n\nAdds."),
        .none(
            "reset",
            { object, _ in
                counter(object).pointee.count = 0
                return cpy_none()!.retained
            }, "reset()\n--\n\nBack to nothing."),
        .one("plus", { PyNumber_Add(PyLong_FromLong(counter($0).pointee.count), $1) }, "plus(other, /)\n--\n\nA sum."),
        .none(
            "fail",
            { _, _ in
                Python.entered(failure: nil) { python throws(PythonError) in
                    throw python.error(.runtimeError, "as asked")
                }
            }, "fail()\n--\n\nRaises."),
    ])
    _ = try type.build(python, module: module)
}

// MARK: Sealed: a type that Python cannot subclass

private func makeSealed(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    var type = TypeBuilder("bridge_fixture.Sealed", ObjectLayout(of: CounterFields.self), subclassable: false)
    type.new { _, _, _ in
        Python.entered(failure: nil) { python throws(PythonError) in
            throw python.error(.typeError, "Sealed cannot be made")
        }
    }
    _ = try type.build(python, module: module)
}

// MARK: Special: an exception with fields of its own

private struct SpecialFields {
    var code: Int
    var held: Object?
}

private func special(_ object: Object?) -> UnsafeMutablePointer<SpecialFields> {
    Fixture.specialLayout.fields(of: object!, SpecialFields.self)
}

private func makeSpecial(_ python: borrowing Python, _ module: Object) throws(PythonError) {
    let exception = cpy_exc_Exception()!
    let size = try ObjectLayout.basicSize(python, of: exception)
    Fixture.specialLayout = ObjectLayout(of: SpecialFields.self, baseSize: size, isWeaklyReferenceable: true)
    var type = TypeBuilder("bridge_fixture.Special", Fixture.specialLayout, base: exception)
    type.owns(SpecialFields.self) { address(of: &$0.pointee.held) }
    type.attributes([
        Attribute(
            "code", "Its code.", get: { object, _ in PyLong_FromLong(special(object).pointee.code) },
            set: { object, value, _ in
                special(object).pointee.code = PyLong_AsLong(value)
                return 0
            }),
        Attribute(
            "held", "What it holds.", get: { object, _ in (special(object).pointee.held ?? cpy_none()!).retained },
            set: { object, value, _ in
                address(of: &special(object).pointee.held).set(value)
                return 0
            }),
    ])
    _ = try type.build(python, module: module)
}
