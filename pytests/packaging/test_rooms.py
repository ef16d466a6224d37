"""The rooms of `Sources/` are apart, and what is to exist once does: see docs/architecture.md."""

import re
from pathlib import Path

import pytest

from mapr_streams_python import Consumer, Message, Producer
from mapr_streams_python.admin import AdminClient
from mapr_streams_python.testing import MockCluster

SOURCES = Path(__file__).resolve().parents[2] / "Sources"


def files(room):
    found = [file for kind in ("*.swift", "*.h", "*.c") for file in sorted((SOURCES / room).rglob(kind))]
    assert found
    return found


def code(file):
    return re.sub(r"//.*", "", file.read_text())


def where(pattern, room="."):
    """The files, from Sources on, whose code has a match."""
    return {str(file.relative_to(SOURCES)) for file in files(room) if re.search(pattern, code(file), re.MULTILINE)}


@pytest.mark.parametrize(
    ("room", "known"),
    [
        ("Streams", {"CRdkafka", "CServing", "CSystem", "Synchronization"}),
        ("PythonBridge", {"CPython"}),
        ("MaprStreamsPython", {"CPython", "CSystem", "PythonBridge", "Streams"}),
    ],
)
def test_a_room_knows_those_below_it_alone(room, known):
    imported = {
        name for file in files(room) for name in re.findall(r"^(?:@\w+ )*import (\w+)", code(file), re.MULTILINE)
    }
    assert imported <= known


def test_streams_does_not_speak_of_python():
    assert where("(?i)python", "Streams") == set()


def test_no_text_of_streams_names_a_method_that_is_pythons():
    types = (Producer, Consumer, AdminClient, Message, MockCluster)
    # librdkafka's names have underscores too, and begin otherwise.
    methods = sorted({name for kind in types for name in dir(kind) if re.fullmatch("[a-z]+(_[a-z]+)+", name)})
    assert "list_topics" in methods and "leader_epoch" in methods
    found = [
        (file.name, name)
        for file in files("Streams")
        for text in re.findall(r'"(?:[^"\\\n]|\\.)*"', code(file))
        for name in re.findall(rf"(?<![\w.])(?:{'|'.join(methods)})\b", text)
    ]
    assert found == []


BRIDGE, EXTENSION, STREAMS = "PythonBridge", "MaprStreamsPython", "Streams"


@pytest.mark.parametrize(
    ("mechanism", "pattern", "places"),
    [
        (
            "look-up of a function: librdkafka's, CPython's, that of a library's path and the C library's",
            r"\bdlsym\(",
            {
                "CRdkafka/optional.h",
                f"{BRIDGE}/Interpreter.swift",
                f"{STREAMS}/Support/Librdkafka.swift",
                "CSystem/shim.h",
            },
        ),
        ("wait, between whose slices signals are looked for", "PyErr_CheckSignals", {f"{BRIDGE}/Python.swift"}),
        ("exception that waits", "PyErr_(Fetch|Restore|WriteUnraisable)", {f"{BRIDGE}/Errors.swift"}),
        ("parser of arguments", r"_unpack|PyArg_|\bcpy_distribute\(slots", {f"{BRIDGE}/Arguments.swift"}),
        ("place of head arithmetic", "MemoryLayout<PyObject>", {f"{BRIDGE}/ObjectLayout.swift"}),
        ("owner of a queue", "rd_kafka_queue_destroy", {f"{STREAMS}/Queues/EventQueue.swift"}),
        (
            "table of a type's fields",
            "Py_tp_(traverse|clear)",
            {f"{BRIDGE}/TypeBuilder.swift", f"{BRIDGE}/FieldTable.swift"},
        ),
        (
            "reader of lists of partitions, which maps the names",
            r"\bfrom: rd_kafka_topic_partition_list_t|\.elems\b",
            {f"{STREAMS}/Topics/TopicPartition.swift"},
        ),
    ],
    ids=lambda value: value.split(",")[0].split(":")[0] if isinstance(value, str) else "",
)
def test_there_is_one(mechanism, pattern, places):
    assert where(pattern) == places


def test_a_function_with_a_name_in_c_is_listed_as_a_method_in_its_own_file():
    """In another, a build without optimization has that name twice, and does not link."""
    texts = [code(file) for file in files("MaprStreamsPython")]
    exported = [set(re.findall(r'^@_cdecl\("\w+"\)\n(?:public )?func (\w+)', text, re.MULTILINE)) for text in texts]
    listed = [set(re.findall(r'\.(?:fast|none|one)\(\s*"\w+", (\w+),', text)) for text in texts]
    assert any(here & there for here, there in zip(exported, listed))
    assert set().union(*exported) & set().union(*(there - here for here, there in zip(exported, listed))) == set()


def test_what_the_process_has_and_changes_is_in_one_place_of_each_room():
    changing = r"^\s*(?:\w+ )*nonisolated\(unsafe\) (?:\w+(?:\(set\))? )*static var"
    assert where(changing, BRIDGE) == {f"{BRIDGE}/ProcessState.swift"}
    assert where(changing, EXTENSION) == {f"{EXTENSION}/ProcessState.swift"}
    for room in (BRIDGE, EXTENSION):
        assert where(r"^(?:\w+ )*nonisolated\(unsafe\) (?:\w+ )*var", room) == set()


@pytest.mark.parametrize("kind", ["Producer", "Consumer", "Admin"])
def test_a_concept_has_the_same_file_name_in_both_layers(kind):
    """But for what one of them alone has anything to say of, see docs/architecture.md."""
    of_python = {"Producer": {"Delivery", "Room", "Send"}, "Consumer": set(), "Admin": {"Requests"}}
    of_librdkafka = {"Producer": set(), "Consumer": {"MissingTopics"}, "Admin": set()}
    concepts = {
        room: {file.stem.partition("+")[2] for file in files(f"{room}/{kind}") if "+" in file.stem}
        for room in (STREAMS, EXTENSION)
    }
    assert concepts[EXTENSION] - concepts[STREAMS] == of_python[kind]
    assert concepts[STREAMS] - concepts[EXTENSION] == of_librdkafka[kind]
