"""A wheel that was built: what it carries, what it says of that, and that it works where nothing else is installed.

`make test-wheel WHEEL=…` names it in the environment; without one there is nothing to look at.
"""

import ctypes
import json
import os
import platform
import re
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import bootstrap
import find_pythons
import pytest
import swift_build
from limits import HANG

WHEEL = Path(os.environ.get("WHEEL", ""))
pytestmark = [
    pytest.mark.skipif(not os.environ.get("WHEEL"), reason="WHEEL names no wheel: see `make test-wheel`"),
    pytest.mark.xdist_group("wheel"),
]
EXTENSION = "mapr_streams_python/cimpl.abi3.so"
LIBRDKAFKA = f"mapr_streams_python/{swift_build.BUNDLE}/{swift_build.LIBRDKAFKA_SONAME}"
PYTHONS = list({python.version: python for python in find_pythons.all_of_them()}.values())
FEATURES = {"ssl", "sasl_plain", "sasl_scram", "sasl_oauthbearer", "oidc", "gzip", "zstd", "lz4", "snappy"}
IS_NATIVE = "manylinux" in WHEEL.name and platform.machine() in WHEEL.name
TRIP = """
import sys, mapr_streams_python as package
from mapr_streams_python.testing import MockCluster
with MockCluster(1) as cluster:
    cluster.create_topic("t")
    address = {"bootstrap.servers": cluster.bootstrap_servers}
    with package.Producer(address) as producer:
        for number in range(1000):
            producer.produce("t", str(number))
    with package.Consumer({**address, "group.id": "g", "auto.offset.reset": "earliest"}) as consumer:
        consumer.subscribe(["t"])
        read = []
        while len(read) < 1000:
            read += [message.value() for message in consumer.consume(1000, 60)]
assert read == [str(number).encode() for number in range(1000)]
print(package.libversion()[0])
"""


@pytest.fixture(scope="module")
def packed():
    with zipfile.ZipFile(WHEEL) as archive:
        yield archive


@pytest.fixture(scope="module")
def bill(packed):
    (name,) = [name for name in packed.namelist() if name.endswith(".cdx.json")]
    assert re.fullmatch(r"[^/]+\.dist-info/sboms/[^/]+", name)
    return json.loads(packed.read(name))


def test_it_is_smaller_than_8_megabytes():
    assert WHEEL.stat().st_size < 8_000_000


def test_the_libraries_inside_are_of_the_versions_that_the_bill_of_materials_names(packed, bill, tmp_path):
    library = packed.read(LIBRDKAFKA)
    versions = {part["name"]: part["version"] for part in bill["components"]}
    # libcurl's stands in a function that librdkafka does not call, and is not linked.
    said = {
        "openssl": rb"OpenSSL (\d+\.\d+\.\d+) \d+ \w+ \d+",
        # On ARM the linker leaves out zlib's own text, and what stays is the version that callers hand to it.
        "zlib": rb"(?:deflate |(?<![\d.]))(\d+\.\d+\.\d+)(?: Copyright|\0)",
        "zstd": rb"(?<![\d.])(1\.\d+\.\d+)\0",
        "lz4": rb"(?<![\d.])(1\.9\.\d+)\0",
    }
    for name, pattern in said.items():
        assert versions[name].encode() in re.findall(pattern, library), name
    if IS_NATIVE:
        # A number in its code, of which it makes the text.
        (tmp_path / "librdkafka.so.1").write_bytes(library)
        number = ctypes.CDLL(str(tmp_path / "librdkafka.so.1")).rd_kafka_version()
        assert versions["librdkafka"] == ".".join(str(number >> shift & 0xFF) for shift in (24, 16, 8))


def test_the_copies_that_librdkafka_has_are_of_the_versions_that_the_bill_of_materials_names(
    bill, tmp_path, monkeypatch
):
    """Not all of them say so in a binary: the sources do, which the cache has where the wheel was built."""
    monkeypatch.syspath_prepend(str(bootstrap.TOOLS / "wheels"))
    import sbom
    import sources

    try:
        folder = sources.unpack(sources.pinned()["librdkafka"], tmp_path) / "src"
    except sources.SourceError as problem:
        pytest.skip(str(problem))

    def numbers(file, *names):
        text = (folder / file).read_text()
        return ".".join(re.search(rf"#define {name}\s+(\d+)", text)[1] for name in names)

    said = {
        "lz4": numbers("lz4.h", "LZ4_VERSION_MAJOR", "LZ4_VERSION_MINOR", "LZ4_VERSION_RELEASE"),
        "cjson": numbers("cJSON.h", "CJSON_VERSION_MAJOR", "CJSON_VERSION_MINOR", "CJSON_VERSION_PATCH"),
        "nanopb": re.search(r'NANOPB_VERSION "nanopb-(.*)"', (folder / "nanopb" / "pb.h").read_text())[1],
    }
    assert said == {copy.name: copy.version for copy in sbom.COPIES}
    versions = {part["name"]: part["version"] for part in bill["components"]}
    assert said.items() <= versions.items()


def test_it_has_the_licence_of_each_part_and_names_it(packed, bill):
    names = packed.namelist()
    (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
    listed = Parser().parsestr(packed.read(metadata).decode()).get_all("License-File")
    folder = metadata.replace("METADATA", "licenses/")
    assert sorted(listed) == sorted(name[len(folder) :] for name in names if name.startswith(folder))
    for part in bill["components"]:
        mark = "swift-" if part["name"].startswith("swift") else f"{part['name']}-"
        texts = [packed.read(folder + name) for name in listed if name.startswith(mark)]
        if not texts:
            # librdkafka's has a chapter for each that it has a copy of.
            chapters = packed.read(folder + "librdkafka-LICENSES.txt").decode().split("\nLICENSE.")
            texts = [chapter for chapter in chapters if chapter.startswith(part["name"])]
        assert texts and all(len(text) > 500 for text in texts), part["name"]


def test_no_folder_of_the_machine_that_built_it_is_inside(packed):
    for name in (EXTENSION, LIBRDKAFKA):
        content = packed.read(name)
        for folder in {str(Path.home()), str(bootstrap.ROOT)}:
            assert folder.encode() not in content, (name, folder)


@pytest.mark.parametrize("command", [["auditwheel", "show"], ["abi3audit", "--strict"]], ids=lambda words: words[0])
def test_the_tools_that_check_wheels_find_nothing(command, tmp_path):
    tools = bootstrap.download("wheels", bootstrap.ROOT / "build" / "wheel-tools")
    environ = dict(os.environ, PYTHONPATH=str(tools), XDG_CACHE_HOME=str(tmp_path))
    ended = subprocess.run(
        [sys.executable, "-m", *command, str(WHEEL)], env=environ, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    if command[0] == "auditwheel":
        (tag,) = re.findall(r"(?:many|musl)linux_\d+_\d+_\w+(?=\.whl$)", WHEEL.name)
        assert f'"{tag}"' in ended.stdout.replace("\n", " ")


@pytest.mark.skipif(not IS_NATIVE, reason="it is for another processor or C library than this machine's")
@pytest.mark.parametrize("python", PYTHONS, ids=lambda python: ".".join(map(str, python.version)))
def test_a_fresh_environment_without_a_compiler_runs_it(python, bill, tmp_path):
    home = tmp_path / "venv"
    environ = {"PATH": "/nowhere", "HOME": str(tmp_path)}
    subprocess.run([python.executable, "-m", "venv", str(home)], check=True, env=environ, timeout=HANG)
    inside = str(home / "bin" / "python")
    command = [inside, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(WHEEL)]
    subprocess.run(command, check=True, env=environ, timeout=HANG)

    def run(*words, **more):
        ended = subprocess.run(
            [inside, *words], env={**environ, **more}, capture_output=True, text=True, timeout=HANG, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    versions = {part["name"]: part["version"] for part in bill["components"]}
    version = versions["librdkafka"]
    assert run("-c", TRIP).strip() == version
    info, _, _ = run("-m", "mapr_streams_python", "info").partition("\n\n")
    told = {title: text for title, text in (re.split("  +", line, maxsplit=1) for line in info.splitlines())}
    features = set(told["features"].split(", "))
    assert features >= FEATURES and "sasl_gssapi" not in features
    assert told["OpenSSL"].split()[1] == versions["openssl"]
    assert "each of them once" in run("-m", "mapr_streams_python", "demo", "--messages", "1000")
    # The system's library wins where LD_LIBRARY_PATH says so: that is how a Data Fabric node puts its own in place.
    system = tmp_path / "system"
    system.mkdir()
    found = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=False).stdout
    other = re.search(r"librdkafka\.so\.1 .*=> (\S+)", found)
    if other:
        (system / "librdkafka.so.1").symlink_to(other[1])
        used = run("-c", "import mapr_streams_python as p; print(p.libversion()[0])", LD_LIBRARY_PATH=str(system))
        assert used.strip() != version
