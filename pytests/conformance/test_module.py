"""The module: names, versions, constants, and what importing it costs."""

import re
import textwrap

import pytest
from limits import HANG

import mapr_streams_python
from mapr_streams_python import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    ThrottleEvent,
    TopicPartition,
    _version,
    cimpl,
)
from mapr_streams_python.testing import wait_until

CLASSES = (Consumer, Producer, Message, TopicPartition, KafkaError, KafkaException)


def test_version_is_the_package_version_and_its_number():
    text, number = mapr_streams_python.version()
    assert text == mapr_streams_python.__version__
    assert type(number) is int
    major, minor, patch = (int(part) for part in text.split("."))
    assert number == major << 24 | minor << 16 | patch << 8


def test_libversion_is_the_version_of_the_loaded_librdkafka():
    text, number = mapr_streams_python.libversion()
    assert type(text) is str
    major, minor, patch = (int(part) for part in text.split("-")[0].split("."))
    assert number >> 8 == major << 16 | minor << 8 | patch
    # 0xff is librdkafka's mark of a final release.
    assert number & 0xFF == 0xFF


@pytest.mark.parametrize("function", ["version", "libversion"])
def test_version_functions_take_no_arguments(function):
    with pytest.raises(TypeError):
        getattr(mapr_streams_python, function)(1)


def test_offset_constants():
    assert mapr_streams_python.OFFSET_BEGINNING == -2
    assert mapr_streams_python.OFFSET_END == -1
    assert mapr_streams_python.OFFSET_STORED == -1000
    assert mapr_streams_python.OFFSET_INVALID == -1001


def test_timestamp_constants():
    assert mapr_streams_python.TIMESTAMP_NOT_AVAILABLE == 0
    assert mapr_streams_python.TIMESTAMP_CREATE_TIME == 1
    assert mapr_streams_python.TIMESTAMP_LOG_APPEND_TIME == 2


def test_every_name_in_all_exists():
    assert [name for name in mapr_streams_python.__all__ if not hasattr(mapr_streams_python, name)] == []


def test_the_extension_module_holds_the_same_objects():
    names = [cls.__name__ for cls in CLASSES] + ["version", "libversion", "OFFSET_END", "TIMESTAMP_CREATE_TIME"]
    for name in names:
        assert getattr(cimpl, name) is getattr(mapr_streams_python, name)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_types_call_themselves_by_their_documented_names(cls):
    assert repr(cls) == f"<class 'mapr_streams_python.{cls.__name__}'>"
    assert cls.__module__ == "mapr_streams_python"


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_types_can_be_subclassed(cls):
    subclass = type("Subclass", (cls,), {"extra": 1})
    assert issubclass(subclass, cls)


@pytest.mark.parametrize("cls", [*CLASSES, ThrottleEvent], ids=lambda cls: cls.__name__)
def test_everything_public_has_a_docstring(cls):
    undocumented = [
        name
        for name, member in vars(cls).items()
        if not name.startswith("_") and callable(member) and not (member.__doc__ or "").strip()
    ]
    assert undocumented == []
    assert cls.__doc__.strip()


def test_the_module_functions_have_docstrings():
    assert mapr_streams_python.__doc__.strip()
    assert cimpl.__doc__.strip()
    assert cimpl.version.__doc__.strip()
    assert cimpl.libversion.__doc__.strip()


def test_throttle_event_prints_the_broker_and_milliseconds():
    event = ThrottleEvent("broker.example:9092", 3, 0.25)
    assert (event.broker_name, event.broker_id, event.throttle_time) == ("broker.example:9092", 3, 0.25)
    assert str(event) == "broker.example:9092/3 throttled for 250 ms"


def test_importing_loads_no_heavy_modules(run_python):
    code = """
        import sys
        before = set(sys.modules)
        import mapr_streams_python
        heavy = {"typing", "enum", "logging", "re", "json", "collections.abc", "dataclasses", "ctypes", "inspect"}
        print(sorted(heavy & (set(sys.modules) - before)))
    """
    assert run_python(textwrap.dedent(code)).check().strip() == "[]"


def described(client_type, properties=None):
    """The configuration of a new client, as librdkafka logs it."""

    class Logger:
        def __init__(self):
            self.lines = []

        def log(self, level, text, *arguments):
            self.lines.append(text % arguments)

    logger = Logger()
    client = client_type({"group.id": "g", "debug": "conf", "logger": logger, **(properties or {})})
    try:
        wait_until(lambda: any("client.software.version" in line for line in logger.lines), HANG, polling=[client])
    finally:
        client.close()
    return dict(re.findall(r"(client\.software\.\w+) = (.+)", "\n".join(logger.lines)))


@pytest.mark.parametrize("client_type", [Consumer, Producer], ids=["consumer", "producer"])
def test_brokers_are_told_the_version_of_this_package(client_type, monkeypatch):
    monkeypatch.setattr(_version, "__version__", "12.34.56")
    assert described(client_type) == {
        "client.software.name": "mapr-streams-python",
        "client.software.version": "12.34.56",
    }
    told = described(client_type, {"client.software.version": "mine"})
    assert told["client.software.version"] == "mine"
