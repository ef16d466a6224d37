"""Small libraries of C that a test has librdkafka or the loader take in."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from limits import HANG


def library_of(source: str, folder: Path) -> str:
    """Compiles C into a library in the folder; the test is skipped where the machine has no compiler.

    `CC` names another than the machine's: a Python that is for another C library than the machine needs one for that.
    """
    found = shutil.which("cc") or shutil.which("clang") or shutil.which("gcc")
    compiler = shlex.split(os.environ.get("CC", "")) or [found]
    if compiler == [None]:
        pytest.skip("there is no C compiler")
    file, library = folder / "library.c", folder / "library.so"
    file.write_text(source)
    subprocess.run([*compiler, "-shared", "-fPIC", "-w", "-o", library, file, "-ldl"], check=True, timeout=HANG)
    return str(library)
