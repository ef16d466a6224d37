"""What the extension links, exports and asks of the interpreter that loads it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requirements
import swift_build

from mapr_streams_python import cimpl

EXTENSION = cimpl.__file__
EXPORTED_BY_39 = Path(__file__).with_name("python39_exports.txt")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads ELF files")


def lines_of(*command):
    environ = dict(os.environ, LC_ALL="C")
    ended = subprocess.run([*command, EXTENSION], capture_output=True, text=True, env=environ, check=True)
    return ended.stdout.splitlines()


def symbols(kind):
    """Names in the dynamic symbol table that other files see, without their version."""
    return {line.split()[-1].partition("@")[0] for line in lines_of("nm", "--dynamic", "--extern-only", kind)}


def dynamic(tag):
    found = (re.search(rf"\({tag}\)[^\[]*\[(.*)\]", line) for line in lines_of("readelf", "--wide", "--dynamic"))
    return [match[1] for match in found if match]


def test_every_python_symbol_that_it_needs_is_exported_by_python_39():
    needed = {name for name in symbols("--undefined-only") if re.match("_?Py", name)}
    assert "PyModuleDef_Init" in needed
    exported = set(EXPORTED_BY_39.read_text().split("\n"))
    assert needed - exported == set()


def test_it_links_librdkafka_and_the_system_but_neither_libpython_nor_swift():
    allowed = r"librdkafka\.so\.1|lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+)\.so\.\d+|ld-linux.*\.so\.\d+"
    needed = dynamic("NEEDED")
    assert "librdkafka.so.1" in needed
    assert [library for library in needed if not re.fullmatch(allowed, library)] == []


@pytest.fixture
def toolchain():
    found = swift_build.Toolchain.of(requirements.find_swift())
    assert found is not None
    return found


def test_with_embedded_swift_it_is_small_and_needs_the_c_library_alone(toolchain):
    if toolchain.embedded_folder() is None:
        pytest.skip("this toolchain has no Embedded Swift, or the build was told to do without")
    assert Path(EXTENSION).stat().st_size < (5_000_000 if os.environ.get("MAPR_STREAMS_KEEP_SYMBOLS") else 2_000_000)
    assert [library for library in dynamic("NEEDED") if re.match(r"libstdc\+\+|libgcc", library)] == []


def test_the_cxx_library_travels_inside_where_the_compiler_has_a_static_one(toolchain, tmp_path):
    if toolchain.static_cxx(tmp_path / "static") is None:
        pytest.skip("the compiler has no libstdc++.a")
    assert [library for library in dynamic("NEEDED") if library.startswith("libstdc++")] == []


def test_it_brings_the_one_function_that_embedded_swift_takes_from_a_newer_glibc_than_any_other():
    assert "arc4random_buf" not in symbols("--undefined-only")


def test_it_exports_the_entry_point_of_the_module_and_nothing_else():
    assert symbols("--defined-only") == {"PyInit_cimpl"}


def test_a_library_beside_it_is_found_through_a_runpath_which_ld_library_path_overrides():
    assert dynamic("RPATH") == []
    assert "$ORIGIN/.libs" in dynamic("RUNPATH")[0].split(":")


@pytest.mark.skipif(bool(os.environ.get("LIBRDKAFKA_PREFIX")), reason="a chosen librdkafka is named in the RUNPATH")
def test_it_names_no_folder_of_the_machine_that_built_it():
    assert [folder for folder in dynamic("RUNPATH")[0].split(":") if not folder.startswith("$ORIGIN")] == []


@pytest.mark.skipif(bool(os.environ.get("MAPR_STREAMS_KEEP_SYMBOLS")), reason="built with symbols")
def test_it_is_stripped():
    sections = "\n".join(lines_of("readelf", "--wide", "--sections"))
    assert ".dynsym" in sections
    assert not re.search(r"\.symtab|\.debug_", sections)
