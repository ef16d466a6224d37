"""What the types of PythonBridge promise: misuse of the token and of owned references does not compile."""

import subprocess
from pathlib import Path

import pytest
import requirements
import swift_build
from limits import HANG

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(__file__).parent / "must_not_compile"
MODULES = ROOT / "build" / "swift" / "release" / "Modules"


def compile(source):
    """Type-checks a source against the modules of the extension as it is built, ownership included; its messages."""
    toolchain = swift_build.Toolchain.of(requirements.find_swift())
    compiler = toolchain.resources.parents[1] / "bin" / "swiftc"
    command = [compiler, "-emit-sil", "-o", "/dev/null", "-module-name", "Probe"]
    command += ["-swift-version", "6", "-parse-as-library", "-wmo", "-I", MODULES]
    command += ["-Xcc", f"-fmodule-map-file={ROOT / 'Sources/CPython/module.modulemap'}"]
    command += ["-Xcc", f"-I{requirements.find_python_headers()}", source]
    if toolchain.embedded_folder():
        command += ["-enable-experimental-feature", "Embedded"]
    return subprocess.run(command, capture_output=True, text=True, timeout=HANG)


@pytest.fixture(scope="module", autouse=True)
def modules():
    if not (MODULES / "PythonBridge.swiftmodule").exists():
        pytest.skip("the extension was not built in this checkout, so there is no module to compile against")


def test_what_is_right_compiles():
    done = compile(CASES / "control.swift")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(file.stem for file in CASES.glob("*.swift") if file.stem != "control"))
def test_misuse_does_not_compile(name):
    source = CASES / f"{name}.swift"
    expected = source.read_text().splitlines()[0].removeprefix("// error: ")
    done = compile(source)
    assert done.returncode != 0
    assert f"error: {expected}" in done.stderr
