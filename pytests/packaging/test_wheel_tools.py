"""tools/wheels: the sources that wheels are built of, and how the archive is put together."""

import hashlib
import json
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import requirements

WHEELS = Path(requirements.__file__).resolve().parent / "wheels"


@pytest.fixture(autouse=True)
def tools(monkeypatch):
    monkeypatch.syspath_prepend(str(WHEELS))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(WHEELS)):
            del sys.modules[name]


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A small source, pinned, in a folder of its own."""
    import sources

    monkeypatch.setenv("WHEEL_CACHE", str(tmp_path / "cache"))
    for name in ("WHEEL_SOURCES", "ZLIB_SOURCE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "given").mkdir()
    packed = tmp_path / "given" / "zlib_1.tar.gz"
    (tmp_path / "code.c").write_text("int one;\n")
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(tmp_path / "code.c", "zlib-upstream-1/code.c")
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    return sources.pinned()["zlib"]._replace(file=packed.name, sha256=digest), packed


def test_each_source_is_pinned_to_a_file_of_its_version_and_a_checksum():
    import sources

    for source in sources.pinned().values():
        assert source.version in source.file, source
        assert source.version in source.cpe, source
        assert len(source.sha256) == 64
        assert source.licenses
    assert list(sources.pinned())[-1] == "librdkafka"


def test_a_source_is_taken_from_the_file_or_the_folder_that_the_environment_names(source, monkeypatch, tmp_path):
    import sources

    pinned, packed = source
    monkeypatch.setenv("WHEEL_SOURCES", str(packed.parent))
    assert sources.archive(pinned) == packed
    other = packed.rename(tmp_path / "another-name")
    monkeypatch.setenv("ZLIB_SOURCE", str(other))
    assert sources.archive(pinned) == other
    unpacked = sources.unpack(pinned, tmp_path / "build")
    assert unpacked.name == "zlib"
    assert (unpacked / "code.c").read_text() == "int one;\n"


def test_another_file_than_the_pinned_one_is_refused_with_both_checksums(source, monkeypatch):
    import sources

    pinned, packed = source
    packed.write_bytes(packed.read_bytes() + b"more")
    found = hashlib.sha256(packed.read_bytes()).hexdigest()
    monkeypatch.setenv("ZLIB_SOURCE", str(packed))
    with pytest.raises(sources.WheelError, match=rf"ZLIB_SOURCE.*{found}.*{pinned.sha256}"):
        sources.archive(pinned)


def test_a_source_that_cannot_be_had_says_where_to_put_it(source, monkeypatch):
    import sources

    monkeypatch.setattr(sources, "_sites", lambda: ["http://127.0.0.1:1"])
    with pytest.raises(sources.SourceError, match="WHEEL_SOURCES, or name the file in ZLIB_SOURCE"):
        sources.archive(source[0])
    monkeypatch.setattr(sources, "_sites", list)
    with pytest.raises(sources.SourceError, match="no apt"):
        sources.archive(source[0])


def test_what_was_built_is_found_again_only_for_the_same_sources_compiler_and_steps(monkeypatch):
    import native
    import sources
    import zig
    from targets import TARGETS

    monkeypatch.setattr(zig, "zig_version", lambda: "1.0")
    first = {name: native._digest(target) for name, target in TARGETS.items()}
    assert len(set(first.values())) == len(TARGETS)
    assert {name: native._digest(target) for name, target in TARGETS.items()} == first
    monkeypatch.setattr(zig, "zig_version", lambda: "1.1")
    assert native._digest(TARGETS["musllinux_1_2_x86_64"]) != first["musllinux_1_2_x86_64"]
    assert sources.cache_folder().name == "mapr-streams-python"


def test_an_archive_is_the_same_whenever_it_is_made(tmp_path, monkeypatch):
    import pack

    made = []
    for name in ("one", "two"):
        tree = tmp_path / name
        information = tree / "package-1.dist-info"
        information.mkdir(parents=True)
        (information / "RECORD").touch()
        # The order in which files are made is another one each time.
        for file in ("b.py", "a.so")[:: 1 if name == "one" else -1]:
            (tree / file).write_text(file)
        pack._zip(tree, information, tmp_path / f"{name}.whl")
        made.append((tmp_path / f"{name}.whl").read_bytes())
    assert made[0] == made[1]
    with zipfile.ZipFile(tmp_path / "one.whl") as packed:
        assert packed.namelist() == ["a.so", "b.py", "package-1.dist-info/RECORD"]
        digest = hashlib.sha256(b"b.py").digest()
        recorded = dict(line.split(",")[:2] for line in packed.read("package-1.dist-info/RECORD").decode().splitlines())
        import base64

        assert recorded["b.py"] == "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        assert packed.getinfo("a.so").external_attr >> 16 & 0o777 == 0o755


def test_the_bill_of_materials_names_what_is_pinned(monkeypatch):
    import sbom
    import sources
    import zig
    from targets import TARGETS

    monkeypatch.setattr(zig, "zig_version", lambda: "1.0")
    bill = json.loads(sbom.text("1.0.0", TARGETS["musllinux_1_2_x86_64"]))
    versions = {part["name"]: part["version"] for part in bill["components"]}
    assert versions.items() >= {source.name: source.version for source in sources.pinned().values()}.items()
    references = {part["bom-ref"] for part in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    for edge in bill["dependencies"]:
        assert {edge["ref"], *edge["dependsOn"]} <= references
