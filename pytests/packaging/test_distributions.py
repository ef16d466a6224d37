"""What `pip wheel`, `pip install`, `pip install -e` and an sdist make is whole and works where it is put."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
import requirements

from mapr_streams_python import __version__

ROOT = Path(requirements.__file__).resolve().parent.parent
EXERCISE = Path(__file__).with_name("exercise.py")
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
HERE_AND_NOW = ["--no-build-isolation", "--no-deps"]
# Optimising and Embedded Swift are most of a build, and the extension that all tests run on was made of the same
# sources with them. In CI these builds are made so as well.
FLAGS = [os.environ.get("MAPR_STREAMS_SWIFT_FLAGS"), "-Xswiftc -Onone -debug-info-format none"]
WHOLE_RUNTIME = {"MAPR_STREAMS_EMBEDDED": "0", "MAPR_STREAMS_SWIFT_FLAGS": " ".join(filter(None, FLAGS))}
BUILDING = dict(os.environ) if os.environ.get("CI") else dict(os.environ, **WHOLE_RUNTIME)

pytest.importorskip("setuptools", reason="setup.py needs setuptools")
pytest.importorskip("pip")
# In one worker, which builds once.
pytestmark = pytest.mark.xdist_group("distributions")


def run(*command, **options):
    ended = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "setup.py", "--quiet", "sdist", "--dist-dir", str(folder), cwd=ROOT)
    return folder / f"mapr_streams_python-{__version__}.tar.gz"


@pytest.fixture(scope="module")
def unpacked(sdist):
    with tarfile.open(sdist) as archive:
        # The filter has a default that is right only from 3.14 on, and old patch releases do not know it.
        options = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(sdist.parent, **options)
    return sdist.parent / f"mapr_streams_python-{__version__}"


@pytest.fixture(scope="module")
def wheel(unpacked):
    run(*PIP, "wheel", *HERE_AND_NOW, "--wheel-dir", str(unpacked.parent), str(unpacked), env=BUILDING)
    (made,) = unpacked.parent.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder that the wheel is installed in."""
    site = tmp_path_factory.mktemp("site")
    run(*PIP, "install", "--no-deps", "--target", str(site), str(wheel))
    return site


def exercise(python, cwd, **changes):
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return json.loads(run(str(python), str(EXERCISE), cwd=cwd, env={**environ, **changes}))


def test_the_sdist_holds_every_file_of_the_repository(unpacked):
    if not (ROOT / ".git").exists():
        pytest.skip("the sources are not in a git repository")
    tracked = [name for name in run("git", "ls-files", "-z", cwd=ROOT).split("\0") if (ROOT / name).is_file()]
    assert [name for name in tracked if not (unpacked / name).exists()] == []
    # What was built of these sources here is what a user builds of them.
    assert [name for name in tracked if (unpacked / name).read_bytes() != (ROOT / name).read_bytes()] == []


def test_the_sdist_holds_nothing_that_was_built(unpacked):
    assert [str(file) for file in unpacked.rglob("*") if file.suffix in (".so", ".dylib", ".pyc")] == []
    assert not (unpacked / "build").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the whole runtime is the only one")
def test_it_builds_and_works_with_the_whole_swift_runtime_too(unpacked, request, tmp_path):
    if os.environ.get("CI"):
        package = shutil.copytree(unpacked, tmp_path / "source") / "python"
        build = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"]
        run(*build, cwd=package.parent, env=dict(BUILDING, MAPR_STREAMS_EMBEDDED="0"))
    else:
        package = request.getfixturevalue("installed")
    (extension,) = package.rglob("cimpl.*.so")
    # Its size tells that the runtime is in it.
    assert extension.stat().st_size > 3_000_000
    made = exercise(sys.executable, tmp_path, PYTHONPATH=str(package))
    assert (made["extension"], made["consumed"]) == (str(extension), 300)


def test_a_wheel_built_from_the_sdist_serves_every_python_from_39_on(wheel):
    name, version, interpreter, abi, platform = wheel.stem.split("-")
    assert (name, version, interpreter, abi) == ("mapr_streams_python", __version__, "cp39", "abi3")
    assert platform != "any"


def test_the_wheel_holds_the_extension_the_stubs_the_plugin_and_the_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(f"mapr_streams_python-{__version__}.dist-info/METADATA").decode()
        entry_points = archive.read(f"mapr_streams_python-{__version__}.dist-info/entry_points.txt").decode()
    assert "Requires-Python: >=3.9" in metadata.splitlines()
    for needed in ("cimpl.abi3.so", "cimpl.pyi", "__init__.pyi", "py.typed", "testing/__init__.py"):
        assert f"mapr_streams_python/{needed}" in names
    assert "pytest_mapr_streams.py" in names
    assert entry_points.split() == ["[pytest11]", "pytest_mapr_streams", "=", "pytest_mapr_streams"]
    assert f"mapr_streams_python-{__version__}.dist-info/licenses/LICENSE" in names
    assert [name for name in names if name.endswith((".abi3.so", ".so.1"))] == ["mapr_streams_python/cimpl.abi3.so"]


def test_the_installed_wheel_works(installed, tmp_path):
    assert exercise(sys.executable, tmp_path, PYTHONPATH=str(installed))["extension"].startswith(str(installed))


def test_pytest_finds_the_plugin_of_the_installed_wheel(installed, tmp_path):
    site = installed
    (tmp_path / "test_here.py").write_text(
        "def test_here(kafka_cluster, pytestconfig):\n"
        "    plugin = pytestconfig.pluginmanager.get_plugin('pytest_mapr_streams')\n"
        f"    assert plugin.__file__.startswith({str(site)!r})\n"
        f"    assert __import__('mapr_streams_python').__file__.startswith({str(site)!r})\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_here.py"]
    assert "1 passed" in run(*command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(site)})


def test_an_editable_install_works_on_the_sources_themselves(unpacked, wheel, tmp_path):
    venv.create(tmp_path, with_pip=False)
    install = [*PIP, "install", *HERE_AND_NOW, "--ignore-installed", "--prefix", str(tmp_path)]
    run(*install, "--editable", str(unpacked), env=BUILDING)
    imported = exercise(tmp_path / "bin" / "python", tmp_path)["extension"]
    assert imported == str(unpacked / "python" / "mapr_streams_python" / "cimpl.abi3.so")


@pytest.mark.skipif(sys.platform != "linux", reason="on macOS this is the work of delocate-wheel")
def test_a_wheel_can_bring_its_own_librdkafka(unpacked, wheel, tmp_path):
    bundle = {**BUILDING, "MAPR_STREAMS_BUNDLE_LIBRDKAFKA": "1"}
    run(*PIP, "wheel", *HERE_AND_NOW, "--wheel-dir", str(tmp_path), str(unpacked), env=bundle)
    (made,) = tmp_path.glob("*.whl")
    run(*PIP, "install", "--no-deps", "--target", str(tmp_path / "site"), str(made))
    package = tmp_path / "site" / "mapr_streams_python"
    maps = "import mapr_streams_python.cimpl; print(open('/proc/self/maps').read())"
    environ = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    loaded = run(sys.executable, "-c", maps, env={**environ, "PYTHONPATH": str(package.parent)})
    assert str(package / ".libs" / "librdkafka.so.1") in loaded
    # A node's own build of librdkafka wins over it.
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (package / ".libs" / "librdkafka.so.1").rename(theirs / "librdkafka.so.1")
    (package / ".libs" / "librdkafka.so.1").write_bytes((theirs / "librdkafka.so.1").read_bytes())
    environ["LD_LIBRARY_PATH"] = str(theirs)
    loaded = run(sys.executable, "-c", maps, env={**environ, "PYTHONPATH": str(package.parent)})
    assert str(theirs / "librdkafka.so.1") in loaded
