"""Every public name, method and keyword of the newest confluent-kafka is here, but for share groups.

Compared with the wheel whose librdkafka the tests run with (tools/requirements-librdkafka.txt): it is looked at in an
interpreter of its own, and the keywords of its extension, which tells of none, are those of its stubs.
"""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
import run_variant

from mapr_streams_python import kafka, libversion

MODULES = ["", "admin", "cimpl", "deserializing_consumer", "error", "serialization", "serializing_producer"]

# Share groups, a preview there.
NOT_HERE = {
    "AcknowledgeType",
    "ConcurrentModificationException",
    "DeserializingShareConsumer",
    "IllegalStateException",
    "Messages",
    "SHARE_ACKNOWLEDGE_TYPE_ACCEPT",
    "SHARE_ACKNOWLEDGE_TYPE_REJECT",
    "SHARE_ACKNOWLEDGE_TYPE_RELEASE",
    "ShareConsumer",
}
# How it does what it does: functions that its modules import from each other, and names of typing.
INTERNAL = {
    "DeliveryCallback",
    "HeadersType",
    "SharedClusterIdResolver",
    "TYPE_CHECKING",
    "build_serdes",
    "close_serdes",
    "pop_serde_props",
    "propagate_cluster_id_resolver",
    "string_type",
}
# What a module has of another one.
IMPORTED = {"deserializing_consumer": {"Message"}, "error": {"Message"}}
# What the stubs give a name, and is taken by position alone there.
BY_POSITION = {
    "Consumer.assign",
    "Consumer.incremental_assign",
    "Consumer.incremental_unassign",
    "Message.set_error",
    "Message.set_headers",
    "Message.set_key",
    "Message.set_value",
}
PROTOCOLS = ["__bool__", "__enter__", "__eq__", "__exit__", "__gt__", "__hash__", "__int__", "__len__", "__lt__"]

LOOK = """
import enum, importlib, inspect, json, sys

def keywords(function):
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name != "self"]

def described(value):
    if inspect.isclass(value):
        public = [name for name in dir(value) if not name.startswith("_") or name in PROTOCOLS]
        members = {name: keywords(getattr(value, name)) for name in public if callable(getattr(value, name, None))}
        if issubclass(value, enum.Enum):
            return {"members": {}, "values": {name: one.value for name, one in value.__members__.items()}}
        told = {"members": members, "attributes": public, "made with": keywords(value)}
        told["values"] = {n: getattr(value, n) for n in public if isinstance(getattr(value, n), (int, str))}
        if value.__name__ == "KafkaError":
            # Those of the loaded librdkafka are known. Its own begin with _.
            told.pop("values")
            told["codes"] = {n: getattr(value, n) for n in dir(value) if n.isupper()}
            told["attributes"] = [name for name in public if name not in told["codes"]]
        return told
    if isinstance(value, (int, str)):
        return {"value": value}
    return {"keywords": keywords(value)} if callable(value) else None

found = {}
for module in MODULES:
    names = vars(importlib.import_module(f"confluent_kafka.{module}".rstrip("."))).items()
    found[module] = {
        name: described(value)
        for name, value in names
        if not name.startswith("_") and not inspect.ismodule(value)
        and getattr(value, "__module__", None) not in ("typing", "collections.abc", "enum", "functools")
    }
print(json.dumps(found, default=repr))
"""


@pytest.fixture(scope="module")
def newest():
    return run_variant.newer_librdkafka().parent


@pytest.fixture(scope="module")
def theirs(newest):
    """{module: {name: what it is}}"""
    code = f"MODULES, PROTOCOLS = {MODULES!r}, {PROTOCOLS!r}\n{LOOK}"
    ran = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(newest)}, capture_output=True, text=True)
    if ran.returncode and "cimpl" in ran.stderr:
        pytest.skip(f"the wheel is one of another interpreter: {ran.stderr.splitlines()[-1]}")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def stubs(newest):
    """The classes of its extension: {class: {method: keywords}}"""
    tree = ast.parse(Path(newest, "confluent_kafka", "cimpl.pyi").read_text())
    found: dict[str, dict[str, set[str]]] = {}
    for one in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for method in (node for node in one.body if isinstance(node, ast.FunctionDef)):
            known = found.setdefault(one.name, {}).setdefault(method.name, set())
            known |= {argument.arg for argument in [*method.args.args[1:], *method.args.kwonlyargs]}
    return found


def ours(module):
    """This package's module, as programs get it that import the other by name."""
    if module in ("", "cimpl"):
        return kafka
    return __import__(f"mapr_streams_python.kafka.{module}", fromlist=["_"])


def accepted(function):
    """The keywords of a callable; None where it takes any."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        # An exception of Python's own has it.
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}


def wanted(theirs, module):
    left_out = NOT_HERE | INTERNAL | IMPORTED.get(module, set())
    return {name: what for name, what in theirs[module].items() if name not in left_out}


@pytest.mark.parametrize("module", MODULES)
def test_every_name_is_here_with_its_value(theirs, module):
    found = wanted(theirs, module)
    assert len(found) > 3
    assert [name for name in found if not hasattr(ours(module), name)] == []
    values = {name: what["value"] for name, what in found.items() if what and "value" in what}
    assert {name: value for name, value in values.items() if getattr(ours(module), name) != value} == {}


@pytest.mark.parametrize("module", MODULES)
def test_every_class_has_its_methods_and_values(theirs, module):
    missing = []
    for name, what in wanted(theirs, module).items():
        if what and "members" in what:
            one = getattr(ours(module), name)
            # What only its objects have is what they are made with.
            attributes = {*what.get("attributes", []), *what["members"]}
            missing += [
                f"{name}.{attribute}"
                for attribute in sorted(attributes)
                if not hasattr(one, attribute) and attribute not in (accepted(one) or ())
            ]
            missing += [
                f"{name}.{member} = {value}"
                for member, value in what.get("values", {}).items()
                if (lambda found: getattr(found, "value", found))(getattr(one, member, None)) != value
            ]
    assert missing == []


@pytest.mark.parametrize("module", MODULES)
def test_every_function_takes_its_keywords(theirs, module):
    missing = []

    def look(name, function, keywords):
        known = accepted(function)
        if keywords and known is not None:
            missing.extend(f"{name}({keyword}=)" for keyword in keywords if keyword not in known)

    for name, what in wanted(theirs, module).items():
        one = getattr(ours(module), name)
        if what and "members" in what:
            look(name, one, what.get("made with"))
            for member, keywords in what["members"].items():
                if not member.startswith("__"):
                    look(f"{name}.{member}", getattr(one, member), keywords)
        elif what and what.get("keywords"):
            look(name, one, what["keywords"])
    assert missing == []


@pytest.mark.parametrize("name", ["Consumer", "KafkaError", "Message", "NewPartitions", "NewTopic", "Producer", "Uuid"])
def test_every_method_of_the_extension_takes_its_keywords(stubs, name):
    one, missing = getattr(kafka, name), []
    assert stubs[name]
    for method, keywords in stubs[name].items():
        if f"{name}.{method}" in BY_POSITION or (method.startswith("__") and method != "__init__"):
            continue
        if (name, method) == ("KafkaError", "__init__"):
            # So it is called when the program runs.
            keywords = keywords - {"code"} | {"error"}
        known = accepted(one if method == "__init__" else getattr(one, method))
        if known is not None:
            missing += [f"{method}({keyword}=)" for keyword in sorted(keywords - known)]
    assert missing == []


@pytest.mark.skipif(libversion()[0] != "2.16.0", reason="the codes are those of the loaded librdkafka")
def test_every_error_code_is_here_where_librdkafka_has_it(theirs):
    codes = theirs[""]["KafkaError"]["codes"]
    assert len(codes) > 180
    assert {name: code for name, code in codes.items() if getattr(kafka.KafkaError, name, None) != code} == {}
