"""Streams as a product of its own: the Swift program that uses it alone, and the page that shows it."""

import re
import subprocess
from pathlib import Path

import pytest
import requirements
import swift_build
from limits import HANG

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "swift"
# Beside the builds of this checkout, so that only the first run compiles everything.
BUILT = ROOT / "build" / "example"


@pytest.fixture(scope="module")
def program():
    swift = requirements.find_swift()
    if not swift:
        pytest.skip("there is no Swift to build it with")
    command = [swift, "build", "--disable-index-store", *swift_build.QUICKLY]
    command += ["--package-path", EXAMPLE, "--scratch-path", BUILT]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return BUILT / "debug" / "Streaming"


def test_a_swift_program_produces_and_consumes_with_streams_alone(program):
    done = subprocess.run([program], capture_output=True, text=True, timeout=HANG)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "delivered 3 messages",
        "greetings [0] at 0: hello",
        "greetings [0] at 1: good day",
        "greetings [0] at 2: goodbye",
        "committed 3",
    ]


def test_the_page_shows_the_program_as_it_is():
    shown = re.findall(r"^```swift\n(.*?)^```$", (ROOT / "docs" / "swift.md").read_text(), re.DOTALL | re.MULTILINE)
    assert shown == [
        (EXAMPLE / "Package.swift").read_text(),
        (EXAMPLE / "Sources" / "Streaming" / "main.swift").read_text(),
    ]
