"""tools/wheels: the sources that wheels are built of, and how the archive is put together."""

import concurrent.futures
import contextlib
import functools
import hashlib
import http.server
import json
import re
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest
import requirements
from limits import HANG

WHEELS = Path(requirements.__file__).resolve().parent / "wheels"


@pytest.fixture(autouse=True)
def tools(monkeypatch):
    monkeypatch.syspath_prepend(str(WHEELS))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(WHEELS)):
            del sys.modules[name]


@contextlib.contextmanager
def serving(folder):
    """A folder by HTTP: yields its address."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


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
    content = packed.read_bytes()
    digests = {"sha256": hashlib.sha256(content).hexdigest(), "sha1": hashlib.sha1(content).hexdigest()}
    monkeypatch.setattr(sources, "ARCHIVE", "http://127.0.0.1:1")
    return sources.pinned()["zlib"]._replace(file=packed.name, **digests), packed


def test_each_source_is_pinned_to_a_file_of_its_version_and_a_checksum():
    import sources

    for source in sources.pinned().values():
        assert source.version in source.file, source
        assert source.version in source.cpe, source
        assert len(source.sha256) == 64
        assert len(source.sha1) == 40
        assert source.licenses
    assert list(sources.pinned())[-1] == "librdkafka"


def test_the_page_for_those_who_watch_over_security_names_what_is_pinned():
    import sources

    page = (WHEELS.parents[1] / "SECURITY.md").read_text()
    rows = {name.lower(): inside for name, inside in re.findall(r"^\| (\w+) \| ([\d.]+) \|", page, re.MULTILINE)}
    assert rows == {source.name: source.version for source in sources.pinned().values()}
    import sbom

    for copy in sbom.COPIES:
        assert re.search(rf"\b{copy.name} \({copy.version}\)", page, re.IGNORECASE), copy


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
    with pytest.raises(sources.SourceError, match="127.0.0.1.*WHEEL_SOURCES, or name the file in ZLIB_SOURCE"):
        sources.archive(source[0])


@pytest.mark.parametrize("site", ["a package source that has another version by now", "no package source at all"])
def test_a_source_that_the_package_source_no_longer_has_comes_from_the_archive_by_its_checksum(
    source, site, monkeypatch, tmp_path
):
    import sources

    pinned, packed = source
    served = tmp_path / "served"
    (served / "file").mkdir(parents=True)
    (served / "file" / pinned.sha1).write_bytes(packed.read_bytes())
    with serving(served) as address:
        monkeypatch.setattr(sources, "_sites", lambda: [f"{address}/debian"] if site.startswith("a ") else [])
        monkeypatch.setattr(sources, "ARCHIVE", f"{address}/file")
        kept = sources.archive(pinned)
    assert kept.read_bytes() == packed.read_bytes()
    # From now on it is in the cache.
    assert sources.archive(pinned) == kept


def test_a_site_that_serves_another_file_under_the_name_is_passed_over(source, monkeypatch, tmp_path):
    import sources

    pinned, packed = source
    for folder, content in ((pinned.folder, b"another"), ("file", packed.read_bytes())):
        (tmp_path / "served" / folder).mkdir(parents=True)
        name = pinned.sha1 if folder == "file" else pinned.file
        (tmp_path / "served" / folder / name).write_bytes(content)
    with serving(tmp_path / "served") as address:
        monkeypatch.setattr(sources, "_sites", lambda: [address])
        monkeypatch.setattr(sources, "ARCHIVE", f"{address}/nothing")
        with pytest.raises(sources.SourceError, match=r"SHA-256.*404"):
            sources.archive(pinned)
        monkeypatch.setattr(sources, "ARCHIVE", f"{address}/file")
        assert sources.archive(pinned).read_bytes() == packed.read_bytes()


def test_what_was_built_is_found_again_only_for_the_same_sources_compiler_and_steps(monkeypatch):
    import native
    import sources
    import zig
    from targets import TARGETS

    monkeypatch.setattr(zig, "zig_version", lambda: "1.0")
    first = {name: native.Libraries.place(target) for name, target in TARGETS.items()}
    assert len(set(first.values())) == len(TARGETS)
    assert {name: native.Libraries.place(target) for name, target in TARGETS.items()} == first
    monkeypatch.setattr(zig, "zig_version", lambda: "1.1")
    assert native.Libraries.place(TARGETS["musllinux_1_2_x86_64"]) != first["musllinux_1_2_x86_64"]
    monkeypatch.setattr(zig, "zig_version", lambda: "1.0")
    pins = sources.pinned()
    for change, is_same in (({"folder": "elsewhere"}, True), ({"sha256": "0" * 64}, False)):
        changed = {**pins, "curl": pins["curl"]._replace(**change)}
        monkeypatch.setattr(sources, "pinned", lambda changed=changed: changed)
        digests = {name: native.Libraries.place(target) for name, target in TARGETS.items()}
        assert (digests == first) is is_same, change
    assert sources.cache_folder().name == "mapr-streams-python"


@pytest.fixture
def small_build(monkeypatch, tmp_path):
    """A build without a source, whose steps are the shell's."""
    import builds
    import zig

    monkeypatch.setenv("WHEEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(zig, "zig_version", lambda: "1.0")
    monkeypatch.setattr(zig, "zig_folder", lambda: tmp_path)
    monkeypatch.setattr(zig, "linked_to", lambda target, build: [])

    class Small(builds.Build):
        kind, title, made = "small", "a small thing", "file"
        commands = ["echo made > result/file"]

        @classmethod
        def parts(cls):
            return []

        def run(self):
            for command in self.commands:
                self.step(self.folder, "sh", "-c", command)

    return Small


def kept_beside_locks(folder):
    """What is in a folder of the cache; the locks of who builds stay there."""
    return [path for path in folder.iterdir() if path.suffix != ".lock"]


def test_what_was_built_is_not_built_again(small_build, monkeypatch):
    from targets import TARGETS

    one, two = (TARGETS[name] for name in ("musllinux_1_2_x86_64", "musllinux_1_2_aarch64"))
    kept = small_build.kept(one)
    assert (kept / "file").read_text() == "made\n"
    assert kept_beside_locks(kept.parent) == [kept]
    monkeypatch.setattr(small_build, "commands", ["exit 1"])
    assert small_build.kept(one) == kept
    assert small_build.place(two) != kept


def test_a_step_that_fails_is_told_with_what_it_printed_and_leaves_nothing_in_the_cache(small_build, monkeypatch):
    from sources import WheelError
    from targets import TARGETS

    target = TARGETS["musllinux_1_2_x86_64"]
    monkeypatch.setattr(small_build, "commands", ["echo half > result/file", "echo the reason >&2; exit 3"])
    with pytest.raises(WheelError, match=r"exit 3' \(in musllinux\S+\) failed:(?s:.)*the reason\n$"):
        small_build.kept(target)
    assert kept_beside_locks(small_build.place(target).parent) == []


def test_of_two_that_build_the_same_at_a_time_one_waits_for_the_other(small_build, monkeypatch):
    import builds
    from targets import TARGETS

    target = TARGETS["musllinux_1_2_x86_64"]
    running, waits, flock = [], threading.Semaphore(0), builds.fcntl.flock

    def lock(*arguments):
        waits.release()
        flock(*arguments)

    def other():
        return (small_build.kept(target) / "file").read_text()

    with concurrent.futures.ThreadPoolExecutor() as threads:

        def run(build):
            running.append(build.folder)
            if len(running) == 1:
                running.append(threads.submit(other))
                assert waits.acquire(timeout=HANG) and waits.acquire(timeout=HANG)
            (build.result / "file").write_text("in use")

        monkeypatch.setattr(builds.fcntl, "flock", lock)
        monkeypatch.setattr(small_build, "run", run)
        assert (small_build.kept(target) / "file").read_text() == "in use"
        assert running[1].result(HANG) == "in use"
    # The one who waited has found it there.
    assert len(running) == 2
    assert not running[0].exists()


def test_what_an_interrupted_build_left_in_the_cache_is_no_part_of_the_next_one(small_build, monkeypatch):
    from targets import TARGETS

    target, left = TARGETS["musllinux_1_2_x86_64"], []

    def run(build):
        left.append((build.folder, sorted(path.name for path in build.result.iterdir())))
        (build.result / "file").touch()
        if len(left) == 1:
            (build.result / "half").touch()
            raise KeyboardInterrupt

    monkeypatch.setattr(small_build, "run", run)
    # As where the process is killed, which cleans nothing up.
    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr("shutil.rmtree", lambda *folder, **how: None)
        small_build.kept(target)
    kept = small_build.kept(target)
    assert left[1] == (left[0][0], [])
    assert kept_beside_locks(kept.parent) == [kept]
    assert [path.name for path in kept.iterdir()] == ["file"]


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


def test_the_thread_has_its_type_wherever_it_is_asked_for():
    """pthread_self() is an optional pointer with musl, as on macOS, and a number with glibc."""
    for file in (WHEELS.parents[1] / "Sources").rglob("*.swift"):
        text = file.read_text()
        assert text.count("pthread_self()") == text.count(": pthread_t = pthread_self()"), file


def test_a_python_for_musl_is_not_built_where_nothing_could_run_it():
    import musl_python
    from sources import WheelError
    from targets import TARGETS

    target = TARGETS["musllinux_1_2_x86_64"]._replace(loader="ld-musl-unheard-of.so.1")
    with pytest.raises(WheelError, match="/lib/ld-musl-unheard-of.so.1.*apt-get install musl"):
        musl_python.built(target)
    assert musl_python.SOURCE.version in musl_python.SOURCE.file
