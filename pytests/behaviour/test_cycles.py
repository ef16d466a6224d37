"""Every reference cycle through an object of ours is collected, and clients can be referenced weakly."""

import gc
import re
import subprocess
import weakref
from pathlib import Path

import cycles
import find_pythons
import pytest
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, Message, Producer, TopicPartition, cimpl
from mapr_streams_python.testing import MockCluster

SOURCES = Path(__file__).resolve().parents[2] / "Sources" / "MaprStreamsPython"


def owned_fields():
    """(type, field) of every reference in the tables of fields, read from the sources that they are made from."""
    sources = {path: path.read_text() for path in SOURCES.rglob("*.swift")}
    structs = {}
    for text in sources.values():
        for found in re.finditer(r"^( *)struct (\w+): OwnedReferences \{\n(.*?)^\1\}", text, re.M | re.S):
            indent, name, body = found.groups()
            if indent:
                outer = re.findall(r"^struct (\w+)(?:: ~Copyable)? \{", text[: found.start()], re.M)[-1]
                name = f"{outer}.{name}"
            structs[name] = re.findall(r"^ *var (\w+): Object\?$", body, re.M)
    found = []
    for text in sources.values():
        for fields, place in re.findall(r"owns\((\w+)\.self\) \{ address\(of: &\$0\.pointee\.([\w.]+)\) \}", text):
            kind = {"MockClusterFields": "_MockCluster"}.get(fields, fields[: -len("Fields")])
            if place == "owned":
                found += [(kind, field) for field in structs[f"{fields}.Owned"]]
            elif place == "base.callbacks":
                found += [(kind, f"callbacks.{field}") for field in structs["ClientCallbacks"]]
            else:
                found.append((kind, place.rpartition(".")[2]))
    return found


def test_every_reference_that_a_type_owns_has_a_cycle_in_these_tests():
    # All clients have these fields; some kinds refuse the property that would fill them.
    unused = {("Producer", "callbacks.rebalance"), ("Admin", "callbacks.rebalance"), ("Admin", "callbacks.report")}
    assert sorted(set(owned_fields()) - unused) == sorted(cycles.CYCLES)


def test_no_field_of_an_instance_is_a_reference_beside_the_table():
    for path in SOURCES.rglob("*.swift"):
        structs = re.findall(r"^struct (\w+Fields)(?:: ~Copyable)? \{\n(.*?)^\}", path.read_text(), re.M | re.S)
        for name, body in structs:
            outside = re.sub(r"^    struct \w+: OwnedReferences \{.*?^    \}", "", body, flags=re.M | re.S)
            fields = re.findall(r"^    var (\w+): (?:Object\?|PendingException)", outside, re.M)
            # The clients' own are rows by themselves: `owns` names them.
            assert fields == (["timeout"] if name == "ClientFields" else []), f"{path.name}: {name}"


@pytest.fixture(scope="module")
def cluster():
    with MockCluster() as cluster:
        cycles.fill(cluster)
        yield cluster


EVERY = {**cycles.CYCLES, **cycles.OTHERS}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("place", EVERY, ids="-".join)
def test_a_cycle_through_a_field_is_collected(place, cluster):
    assert cycles.is_collected(EVERY[place], cluster)


@pytest.mark.parametrize("python", find_pythons.all_of_them(), ids=lambda python: ".".join(map(str, python.version)))
def test_every_cycle_is_collected_on_this_python(python):
    package = Path(cimpl.__file__).resolve().parents[1]
    program = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[2], None, '__main__')"
    command = [python.executable, "-E", "-s", "-B", "-X", "faulthandler", "-c", program, str(package), cycles.__file__]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.endswith(" cycles\n")


REFERENCED = {
    "Producer": cycles.producer,
    "Consumer": cycles.consumer,
    "_AdminClient": cycles.admin,
    "TopicPartition": lambda: TopicPartition("t"),
    "KafkaError": lambda: KafkaError(1),
    "_MockCluster": lambda: cimpl._MockCluster(1),
}


@pytest.mark.parametrize("name", REFERENCED)
def test_a_weak_reference_ends_with_its_object(name):
    ended = []
    instance = REFERENCED[name]()
    plain, told = weakref.ref(instance), weakref.ref(instance, ended.append)
    gc.collect()
    assert plain() is told() is instance and ended == []
    del instance
    assert plain() is told() is None and ended == [told]


@pytest.mark.parametrize("base", [Producer, Consumer, TopicPartition, KafkaError, cimpl._MockCluster, Message])
def test_an_instance_of_a_derived_class_can_be_referenced_weakly(base):
    class Derived(base):
        pass

    class Slotted(base):
        __slots__ = ("more",)

    arguments = {
        Producer: ({"bootstrap.servers": cycles.NO_SERVER},),
        Consumer: ({"bootstrap.servers": cycles.NO_SERVER, "group.id": "g"},),
        KafkaError: (1,),
        cimpl._MockCluster: (1,),
    }.get(base, ("t",))
    for derived in (Derived, Slotted) if base is not Message else (Derived,):
        instance = derived(*arguments)
        reference = weakref.ref(instance)
        assert reference() is instance
        del instance
        assert reference() is None


@pytest.mark.parametrize("base", [Producer, Consumer, TopicPartition, KafkaError, cimpl._MockCluster])
def test_the_place_of_weak_references_is_no_attribute(base):
    assert "__weaklistoffset__" not in vars(base)


def test_clients_can_be_the_keys_of_a_weak_dictionary():
    names = weakref.WeakKeyDictionary()
    source = cycles.producer()
    names[source] = "source"
    assert names[source] == "source"
    del source
    assert len(names) == 0


LONG_CHAINS = """
from mapr_streams_python import KafkaError, Message, TopicPartition

COUNT = 200_000

error = None
for _ in range(COUNT):
    after = KafkaError(1)
    after.__cause__ = error
    error = after
del after, error

class Derived(KafkaError):
    pass

error = None
for _ in range(COUNT):
    after = Derived(1)
    after.__context__ = error
    error = after
del after, error

message = None
for _ in range(COUNT):
    after = Message("t")
    after.set_value(message)
    message = after
del after, message

error = None
for _ in range(COUNT):
    partition = TopicPartition("t")
    if error is not None:
        partition.__setstate__(error)
    error = KafkaError(1)
    error.partition = partition
del partition, error
print("freed")
"""


def test_a_long_chain_of_objects_is_freed_without_overflowing_the_stack(run_python):
    assert run_python(LONG_CHAINS).check() == "freed\n"


def test_an_instance_that_is_freed_releases_its_class(run_python):
    code = """
import gc, sys, weakref
from mapr_streams_python import KafkaError, Message, TopicPartition, cimpl

for base, arguments in ((KafkaError, (1,)), (TopicPartition, ("t",)), (Message, ("t",)), (cimpl._MockCluster, (1,))):
    before = sys.getrefcount(base)
    many = [base(*arguments) for _ in range(20)]
    del many
    gc.collect()
    # Messages that are freed are kept to be used again, with their type.
    assert sys.getrefcount(base) == before + (20 if base is Message else 0), base
    derived = type("Derived", (base,), {"__del__": lambda self: None})
    before = sys.getrefcount(derived)
    many = [derived(*arguments) for _ in range(20)]
    del many
    gc.collect()
    assert sys.getrefcount(derived) == before, derived
    gone = weakref.ref(derived)
    del derived
    gc.collect()
    assert gone() is None
print("released")
"""
    assert run_python(code).check() == "released\n"
