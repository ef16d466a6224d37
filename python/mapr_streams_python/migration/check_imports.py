"""What an application imports of the client, and which of it this package has."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from functools import lru_cache

from .. import cimpl
from .._alias import KEPT
from .check_findings import Finding
from .check_syntax import Node, field, text

PACKAGES = ("mapr_streams_python", "confluent_kafka")


def package_of(node: Node) -> str:
    """The package that a statement imports, or imports from."""
    if node.type == "import_from_statement":
        module = field(node, "module_name")
    elif node.type == "import_statement":
        module = next(iter(node.fields("name")), None)
        module = field(module, "name") if module is not None and module.type == "aliased_import" else module
    else:
        return ""
    return text(module).split(".")[0] if module is not None else ""


def imported(node: Node) -> Iterator[Finding]:
    """The findings of a statement that imports."""
    package = package_of(node)
    if package == "confluent_kafka":
        yield Finding.at(
            node.source,
            node,
            "import",
            "confluent_kafka was the name of MapR's package from EEP 5.0 on: python -m mapr_streams_python run "
            "runs the program as it is",
        )
    if package in PACKAGES and node.type == "import_from_statement":
        module = field(node, "module_name")
        folder = text(module).split(".", 1)[1] if module is not None and "." in text(module) else ""
        if folder and not has_module(folder):
            yield Finding.at(node.source, node, "import", missing(f"has no module {folder}", folder))
        elif not folder or folder == "cimpl":
            for name in node.fields("name"):
                original = field(name, "name") if name.type == "aliased_import" else name
                if original is not None and not has_name(text(original)):
                    problem = missing(f"has no {text(original)} to import", text(original))
                    yield Finding.at(node.source, name, "import", problem)
    elif package in PACKAGES:
        for name in node.fields("name"):
            original = field(name, "name") if name.type == "aliased_import" else name
            folder = text(original).split(".", 1)[1] if original is not None and "." in text(original) else ""
            if folder and not has_module(folder):
                yield Finding.at(node.source, name, "import", missing(f"has no module {folder}", folder))


def missing(problem: str, name: str) -> str:
    """What is to be said of a name that the package does not have."""
    problem = f"mapr_streams_python {problem}"
    if name.split(".")[0] not in KEPT:
        return problem
    return (
        f"{problem}: that of an installed confluent-kafka works on this client, in a program that is started by"
        " python -m mapr_streams_python run and imports it from confluent_kafka"
    )


@lru_cache
def has_module(name: str) -> bool:
    """Whether there is a module of this name below the package."""
    try:
        return importlib.util.find_spec(f"mapr_streams_python.{name}") is not None
    except ModuleNotFoundError:
        return False


def has_name(name: str) -> bool:
    """Whether the package has a name to import."""
    import mapr_streams_python

    return hasattr(mapr_streams_python, name) or hasattr(cimpl, name) or has_module(name)
