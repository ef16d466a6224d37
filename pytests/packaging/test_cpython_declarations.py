"""What is declared by hand of CPython's API is what every installed interpreter's headers say."""

import re
import subprocess
from pathlib import Path

import find_pythons
import pytest
import requirements
import swift_build
from limits import HANG

ROOT = Path(__file__).resolve().parents[2]
SHIM = (ROOT / "Sources" / "CPython" / "shim.h").read_text()
HIDDEN = SHIM[SHIM.index("// ---- Hidden by") : SHIM.index("// ---- Macros and inline")]
PYTHONS = find_pythons.all_of_them()


def headers_of(python):
    command = [python.executable, "-c", "import sysconfig; print(sysconfig.get_path('include'))"]
    return Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


def buffer_structure():
    """The structure that the shim declares, under a name of its own."""
    declared = re.search(r"typedef struct \{(.*?)\} Py_buffer;", HIDDEN, re.DOTALL)[1]
    fields = re.findall(r"(\w+);", declared)
    same = " ".join(
        f"_Static_assert(offsetof(declared_buffer, {f}) == offsetof(Py_buffer, {f})"
        f' && sizeof(((declared_buffer *)0)->{f}) == sizeof(((Py_buffer *)0)->{f}), "Py_buffer.{f}");'
        for f in fields
    )
    return f"typedef struct {{{declared}}} declared_buffer; {same}"


def source():
    """Redeclares, after the whole of Python.h, all that the shim declares: C takes no two types for one function."""
    functions = re.findall(r"^PyAPI_FUNC\(.*?;", HIDDEN, re.MULTILINE | re.DOTALL)
    fastcall = re.search(r"#define METH_FASTCALL (\w+)", HIDDEN)[1]
    simple = re.search(r"#define PyBUF_SIMPLE (\w+)", HIDDEN)[1]
    return f"""
#include <features.h>
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
{chr(10).join(functions)}
{buffer_structure()}
_Static_assert(sizeof(declared_buffer) == sizeof(Py_buffer), "Py_buffer");
_Static_assert(METH_FASTCALL == {fastcall}, "METH_FASTCALL");
_Static_assert(PyBUF_SIMPLE == {simple}, "PyBUF_SIMPLE");
// The flags of a type and the slot of a module, whose numbers stand in the Swift sources.
_Static_assert(Py_TPFLAGS_BASETYPE == 1UL << 10 && Py_TPFLAGS_HAVE_GC == 1UL << 14, "flags of a type");
_Static_assert((Py_TPFLAGS_DEFAULT & ~(1UL << 18)) == 0, "Py_TPFLAGS_DEFAULT");
#if PY_VERSION_HEX >= 0x030c0000
_Static_assert(Py_mod_multiple_interpreters == 3, "Py_mod_multiple_interpreters");
#endif
// The functions that are looked up at import, through the types that Interpreter.swift has for them.
#if PY_VERSION_HEX >= 0x030b0000
PyAPI_FUNC(PyObject *) PyObject_Vectorcall(PyObject *, PyObject *const *, size_t, PyObject *);
#endif
PyAPI_FUNC(const char *) PyUnicode_AsUTF8AndSize(PyObject *, Py_ssize_t *);
PyAPI_FUNC(int) PyObject_GetBuffer(PyObject *, Py_buffer *, int);
PyAPI_FUNC(void) PyBuffer_Release(Py_buffer *);
PyAPI_FUNC(PyObject *) PyType_FromModuleAndSpec(PyObject *, PyType_Spec *, PyObject *);
PyAPI_FUNC(PyObject *) PyObject_VectorcallDict(PyObject *, PyObject *const *, size_t, PyObject *);
#if PY_VERSION_HEX >= 0x030d0000
PyAPI_FUNC(int) Py_IsFinalizing(void);
#else
PyAPI_FUNC(int) _Py_IsFinalizing(void);
#endif
"""


def compile(text, folder, tmp_path):
    file = tmp_path / "declarations.c"
    file.write_text(text)
    # Every Swift toolchain brings this compiler.
    toolchain = swift_build.Toolchain.of(requirements.find_swift())
    command = [
        toolchain.resources.parents[1] / "bin" / "clang",
        "-std=c11",
        "-Werror",
        "-fsyntax-only",
        f"-I{folder}",
        str(file),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=HANG)


@pytest.mark.parametrize("python", PYTHONS, ids=lambda python: ".".join(map(str, python.version)))
def test_declarations_are_those_of_the_headers(python, tmp_path):
    folder = headers_of(python)
    if not (folder / "Python.h").is_file():
        pytest.skip(f"{folder} has no Python.h")
    done = compile(source(), folder, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("PyAPI_FUNC(int) PyGILState_Check(void);", "PyAPI_FUNC(long) PyGILState_Check(void);"),
        ("int readonly;", "long readonly;"),
    ],
)
def test_a_wrong_declaration_is_found(right, wrong, tmp_path):
    folder = next((h for h in map(headers_of, PYTHONS) if (h / "Python.h").is_file()), None)
    if folder is None:
        pytest.skip("no interpreter has its headers")
    assert right in source()
    assert compile(source().replace(right, wrong), folder, tmp_path).returncode != 0
