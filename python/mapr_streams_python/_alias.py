"""This package by another one's name."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

DIALECTS = {"mapr": "mapr_streams_python", "kafka": "mapr_streams_python.kafka"}

# What is kept of the package that is installed under the name: Python over names that this package has too, and what
# these parts have in common.
KEPT = ("avro", "schema_registry", "_types", "_util")

# What `python -m mapr_streams_python run` puts before everything else on the path.
START = os.path.join(os.path.dirname(os.path.realpath(__file__)), "migration", "start")


class _Alias(MetaPathFinder, Loader):
    """Finds the modules of this package below another name, and what it lacks in the package that is installed."""

    def __init__(self, name: str, package: str) -> None:
        self.name = name
        self.package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(f"{self.name}."):
            return None
        if self._module(fullname) is not None:
            return ModuleSpec(fullname, self)
        # Further below, the path is that of the installed package, and the other finders look there.
        return self._kept(fullname) if fullname[len(self.name) + 1 :] in KEPT else None

    def _kept(self, fullname: str) -> ModuleSpec | None:
        installed = self._asked_of_others(self.name, _without_start(sys.path))
        if installed is None or installed.submodule_search_locations is None:
            return None
        return self._asked_of_others(fullname, installed.submodule_search_locations)

    def _asked_of_others(self, fullname: str, path: Sequence[str] | None) -> ModuleSpec | None:
        finders = [finder for finder in sys.meta_path if finder is not self]
        found = (finder.find_spec(fullname, path) for finder in finders if hasattr(finder, "find_spec"))
        return next((spec for spec in found if spec is not None), None)

    def _module(self, fullname: str) -> str | None:
        below = fullname[len(self.name) + 1 :]
        if below == "cimpl":
            # Where it is imported from matters less than whose dialect its clients have.
            return self.package if self.package != "mapr_streams_python" else "mapr_streams_python.cimpl"
        # What a dialect has of its own goes before what both have in common.
        for package in dict.fromkeys((self.package, "mapr_streams_python")):
            with contextlib.suppress(ModuleNotFoundError):
                if importlib.util.find_spec(f"{package}.{below}") is not None:
                    return f"{package}.{below}"
        return None

    def exec_module(self, module: ModuleType) -> None:
        # The very module, and no copy of it: its types are the same under both names.
        name = module.__name__
        sys.modules[name] = importlib.import_module(self._module(name) or self.package)


def _offer_modules(package: ModuleType, name: str) -> None:
    """Makes `from NAME import avro` find what `import NAME.avro` finds.

    Python asks the module for the attribute, and then for a module below the name that it has itself.
    """
    own = package.__getattr__

    def __getattr__(attribute: str) -> object:
        try:
            return own(attribute)
        except AttributeError:
            module = f"{name}.{attribute}"
            if attribute.startswith("__") or not attribute.isidentifier():
                raise
            if (sys.modules[module] if module in sys.modules else importlib.util.find_spec(module)) is None:
                raise
        return importlib.import_module(module)

    package.__dict__["__getattr__"] = __getattr__


def _without_start(paths: Sequence[str]) -> list[str]:
    """A path without the folder whose module of the other package's name is what leads here."""
    return [path for path in paths if os.path.realpath(path or os.curdir) != START]


def install_as(name: str = "confluent_kafka", dialect: str = "kafka") -> str | None:
    """See `mapr_streams_python.install_as`, which keeps this module out of programs that do not need it."""
    if dialect not in DIALECTS:
        raise ValueError(f'dialect must be "kafka" or "mapr", not {dialect!r}')
    if not name.isidentifier() or name == "mapr_streams_python":
        raise ValueError(f"name must be that of another top-level package, not {name!r}")
    package = importlib.import_module(DIALECTS[dialect])
    present = sys.modules.get(name)
    if present is not None and present is not package:
        file = getattr(present, "__file__", None)
        where = f", from {file}" if file else ""
        raise RuntimeError(
            f"{name} is imported already{where}: call install_as before the first import of it, or start the program by"
            " python -m mapr_streams_python run"
        )
    installed = installed_version(name)
    if present is None:
        sys.meta_path.insert(0, _Alias(name, package.__name__))
        sys.modules[name] = package
        _offer_modules(package, name)
    return installed


def installed_version(name: str) -> str | None:
    """The version of the distribution that brings a package, or None where there is none."""
    try:
        return importlib.metadata.version(name.replace("_", "-"))
    except importlib.metadata.PackageNotFoundError:
        return None
