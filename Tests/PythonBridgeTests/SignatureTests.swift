import CPython
import Testing

@testable import PythonBridge

extension PythonBridgeTests {
    @Suite struct SignatureTests {
        /// What a call distributed over the slots: the representation of each, nil for an empty one.
        private typealias Slots = [String?]

        /// Parses a FASTCALL: `positional` and `keywords` are expressions.
        private func parse(
            _ python: borrowing Python, _ signature: Signature, _ positional: [String],
            _ keywords: [(name: String, value: String)] = [], interned: Bool = true
        ) throws(PythonError) -> Slots {
            let values = try OwnedObject(PyList_New(0))
            for expression in positional + keywords.map(\.value) {
                PyList_Append(values.object, try python.evaluate(expression).object)
            }
            let names = try OwnedObject(PyTuple_New(keywords.count))
            for (index, keyword) in keywords.enumerated() {
                let name = interned ? PyUnicode_InternFromString(keyword.name) : try python.string(keyword.name).take()
                PyTuple_SetItem(names.object, index, name)
            }
            return try parse(
                python, signature, values.object, positional.count, keywords.isEmpty ? nil : names.object)
        }

        private func parse(
            _ python: borrowing Python, _ signature: Signature, _ values: Object, _ count: Int, _ names: Object?
        ) throws(PythonError) -> Slots {
            var arguments: [Object?] = (0..<cpy_size(values)).map { PyList_GetItem(values, $0) }
            arguments.append(nil)  // so that there is an address even without arguments
            let slots = UnsafeMutablePointer<Object?>.allocate(capacity: signature.count + 1)
            slots.initialize(repeating: nil, count: signature.count + 1)
            defer { slots.deallocate() }
            try arguments.withUnsafeBufferPointer { arguments throws(PythonError) in
                try signature.parse(python, arguments.baseAddress, count, names, into: slots)
            }
            #expect(slots[signature.count] == nil, "wrote past the slots")
            return (0..<signature.count).map { slots[$0]?.representation }
        }

        private func failure(
            _ python: borrowing Python, _ signature: Signature, _ positional: [String],
            _ keywords: [(name: String, value: String)] = []
        ) -> String? {
            raised(python) { () throws(PythonError) in _ = try parse(python, signature, positional, keywords) }
        }

        private func abc(required: Int = 1, positional: Int? = nil) -> Signature {
            Signature("function", ["alpha", "beta", "gamma"], required: required, positional: positional)
        }

        @Test func argumentsByPositionFillTheSlotsInTheirOrder() {
            withPython { python throws(PythonError) in
                let signature = abc()
                #expect(try parse(python, signature, ["1"]) == ["1", nil, nil])
                #expect(try parse(python, signature, ["1", "2", "3"]) == ["1", "2", "3"])
            }
        }

        @Test(arguments: [true, false]) func keywordsFindTheirSlotsInternedOrNot(_ interned: Bool) {
            withPython { python throws(PythonError) in
                let signature = abc()
                #expect(
                    try parse(python, signature, ["1"], [("gamma", "3")], interned: interned) == ["1", nil, "3"])
                #expect(
                    try parse(
                        python, signature, [], [("gamma", "3"), ("alpha", "1"), ("beta", "2")], interned: interned)
                        == ["1", "2", "3"])
            }
        }

        @Test func aTupleOfNamesThatWasSeenBeforeIsReadTheSameWay() {
            withPython { python throws(PythonError) in
                let signature = abc()
                let names = try python.evaluate("('gamma', 'beta')")
                for value in 0..<3 {
                    let values = try python.evaluate("[0, \(value), \(value + 10)]")
                    let slots = try parse(python, signature, values.object, 1, names.object)
                    #expect(slots == ["0", "\(value + 10)", "\(value)"])
                }
                // And a known tuple is still checked against what came by position.
                let values = try python.evaluate("[1, 2, 3, 4]")
                let text = raised(python) { () throws(PythonError) in
                    _ = try parse(python, signature, values.object, 2, names.object)
                }
                #expect(text == "TypeError: function() got multiple values for argument 'beta'")
            }
        }

        @Test func moreTuplesOfNamesThanAreRememberedAreAllReadRight() {
            withPython { python throws(PythonError) in
                let signature = abc(required: 0)
                let all = try python.evaluate("[tuple(n) for n in [['alpha'], ['beta'], ['gamma']] * 20]")
                let value = try python.evaluate("['x']")
                for round in 0..<2 {
                    for index in 0..<60 {
                        let names = PyList_GetItem(all.object, index)
                        let slots = try parse(python, signature, value.object, 0, names)
                        #expect(slots[index % 3] == "'x'", "round \(round), tuple \(index)")
                        #expect(slots.compactMap { $0 }.count == 1)
                    }
                }
            }
        }

        @Test func aRememberedTupleOfNamesStaysAlive() {
            withPython { python throws(PythonError) in
                let signature = abc(required: 0)
                let value = try python.evaluate("['x']")
                // Were it let go, its address would soon be another tuple's, with other names.
                for index in 0..<1000 {
                    let name = ["alpha", "beta", "gamma"][index % 3]
                    let names = try python.evaluate("tuple(['\(name)'])")
                    #expect(try parse(python, signature, value.object, 0, names.object)[index % 3] == "'x'")
                }
            }
        }

        @Test func moreThanEightKeywordsAreReadToo() {
            withPython { python throws(PythonError) in
                let signature = Signature("many", ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], required: 1)
                let names = ["j", "i", "h", "g", "f", "e", "d", "c", "b"]
                let keywords = names.map { (name: $0, value: "'\($0)'") }
                let expected: Slots = ["0"] + names.reversed().map { "'\($0)'" }
                #expect(try parse(python, signature, ["0"], keywords) == expected)
                #expect(
                    failure(python, signature, ["0", "1"], keywords)
                        == "TypeError: many() got multiple values for argument 'b'")
                #expect(
                    failure(python, signature, [], keywords)
                        == "TypeError: many() missing required argument 'a' (pos 1)")
            }
        }

        @Test func anArgumentGivenTwiceIsATypeErrorThatNamesIt() {
            withPython { python throws(PythonError) in
                #expect(
                    failure(python, abc(), ["1", "2"], [("gamma", "3"), ("alpha", "1")])
                        == "TypeError: function() got multiple values for argument 'alpha'")
            }
        }

        @Test func anUnknownKeywordIsATypeErrorThatNamesIt() {
            withPython { python throws(PythonError) in
                let signature = abc()
                for _ in 0..<2 {
                    #expect(
                        failure(python, signature, ["1"], [("delta", "4")])
                            == "TypeError: function() got an unexpected keyword argument 'delta'")
                }
            }
        }

        @Test func tooManyArgumentsByPositionAreATypeErrorThatCountsThem() {
            withPython { python throws(PythonError) in
                #expect(
                    failure(python, abc(), ["1", "2", "3", "4"])
                        == "TypeError: function() takes at most 3 positional arguments (4 given)")
                #expect(
                    failure(python, abc(positional: 1), ["1", "2"])
                        == "TypeError: function() takes at most 1 positional argument (2 given)")
                // What may not come by position may come by keyword.
                #expect(try parse(python, abc(positional: 1), ["1"], [("beta", "2")]) == ["1", "2", nil])
            }
        }

        @Test func aMissingArgumentIsATypeErrorThatNamesIt() {
            withPython { python throws(PythonError) in
                #expect(failure(python, abc(), []) == "TypeError: function() missing required argument 'alpha' (pos 1)")
                #expect(
                    failure(python, abc(), [], [("beta", "2")])
                        == "TypeError: function() missing required argument 'alpha' (pos 1)")
                #expect(
                    failure(python, abc(required: 2), ["1"])
                        == "TypeError: function() missing required argument 'beta' (pos 2)")
                #expect(try parse(python, abc(required: 2), ["1"], [("beta", "2")]) == ["1", "2", nil])
                #expect(try parse(python, abc(required: 0), []) == [nil, nil, nil])
            }
        }

        @Test func argumentsAreLentAndNotCounted() {
            withPython { python throws(PythonError) in
                let object = try OwnedObject(PyList_New(0))
                let values = try OwnedObject(PyList_New(0))
                PyList_Append(values.object, object.object)
                let names = try python.evaluate("('alpha',)")
                for _ in 0..<5 { _ = try parse(python, abc(), values.object, 0, names.object) }
                #expect(cpy_refcount(object.object) == 2)
            }
        }

        // MARK: Tuple and dictionary

        private func parse(
            _ python: borrowing Python, tuple: String, dictionary: String?
        ) throws(PythonError) -> Slots {
            let tuple = try python.evaluate(tuple)
            let dictionary = try dictionary.map { text throws(PythonError) in try python.evaluate(text).take() }
            defer { dictionary?.release() }
            return try withManySlots(3) { slots throws(PythonError) in
                try abc().parse(python, tuple: tuple.object, dictionary: dictionary, into: slots)
                return (0..<3).map { slots[$0]?.representation }
            }
        }

        @Test func aTupleAndADictionaryAreDistributedByTheSameRules() {
            withPython { python throws(PythonError) in
                #expect(try parse(python, tuple: "(1, 2)", dictionary: nil) == ["1", "2", nil])
                #expect(try parse(python, tuple: "()", dictionary: "{'gamma': 3, 'alpha': 1}") == ["1", nil, "3"])
                #expect(try parse(python, tuple: "(1,)", dictionary: "{}") == ["1", nil, nil])
                let failures: [(String, String?, String)] = [
                    ("(1, 2, 3, 4)", nil, "function() takes at most 3 positional arguments (4 given)"),
                    ("(1,)", "{'alpha': 1}", "function() got multiple values for argument 'alpha'"),
                    ("(1,)", "{'delta': 1}", "function() got an unexpected keyword argument 'delta'"),
                    ("(1,)", "{5: 1}", "function() got an unexpected keyword argument 5"),
                    ("()", "{'beta': 1}", "function() missing required argument 'alpha' (pos 1)"),
                ]
                for (tuple, dictionary, text) in failures {
                    let raised = raised(python) { () throws(PythonError) in
                        _ = try parse(python, tuple: tuple, dictionary: dictionary)
                    }
                    #expect(raised == "TypeError: \(text)")
                }
            }
        }

        @Test func slotsBeginEmptyAndAreTheCallersAlone() {
            withPython { python throws(PythonError) in
                try withSlots(8) { outer throws(PythonError) in
                    for index in 0..<8 {
                        #expect(outer[index] == nil)
                        outer[index] = cpy_none()
                    }
                    try withSlots(8) { inner throws(PythonError) in
                        for index in 0..<8 { #expect(inner[index] == nil) }
                    }
                    for index in 0..<8 { #expect(outer[index] == cpy_none()) }
                }
            }
        }
    }
}
