"""Builds the extension module `mapr_streams_python.cimpl` with SwiftPM. Everything else is in pyproject.toml."""

# ruff: noqa: E402
from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
# A build backend runs this file with its folder missing from the path.
sys.path.insert(0, str(ROOT / "tools"))

import requirements


def stop(problem: requirements.BuildError) -> NoReturn:
    # SystemExit is no Exception: setuptools prints the traceback of one on some of its ways out.
    raise SystemExit(f"\nerror: {problem}\n") from None


try:
    # Before setuptools, which has words of its own for an interpreter without the stable ABI.
    requirements.check_interpreter()
except requirements.BuildError as problem:
    stop(problem)

import swift_build
from setuptools import Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext


class CleanBuild(build):
    """Starts from an empty folder: in one that is left from before, deleted modules live on, and get into wheels."""

    def run(self) -> None:
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class BuildSwift(build_ext):
    """Puts what SwiftPM builds where setuptools expects the extension.

    SwiftPM works in build/swift: not in .build, which belongs to a plain `swift build`, and not in a folder of its own
    for each interpreter, since the one library serves them all.
    """

    def build_extension(self, ext: Extension) -> None:
        prebuilt = os.environ.get("MAPR_STREAMS_PREBUILT")
        if prebuilt:
            # From tools/wheels, which builds for other platforms than this one.
            shutil.copytree(prebuilt, Path(self.get_ext_fullpath(ext.name)).parent, dirs_exist_ok=True)
            return
        scratch = ROOT / self.get_finalized_command("build").build_base / "swift"
        try:
            self.library = swift_build.build(ROOT, scratch)
            swift_build.place(self.library, Path(self.get_ext_fullpath(ext.name)))
        except requirements.BuildError as problem:
            stop(problem)

    def copy_extensions_to_source(self) -> None:
        # For an editable install and for --inplace; inherited, it would leave a bundled librdkafka behind.
        package = Path(self.get_finalized_command("build_py").get_package_dir("mapr_streams_python"))
        for ext in self.extensions:
            swift_build.place(self.library, package / Path(self.get_ext_filename(ext.name)).name)


setup(
    ext_modules=[Extension("mapr_streams_python.cimpl", sources=[], py_limited_api=True)],
    cmdclass={"build": CleanBuild, "build_ext": BuildSwift},
    options={"bdist_wheel": {"py_limited_api": "cp39"}},
)
