"""What the README's commands install from PyPI is locked, and no check looks into it."""

import re
import subprocess
import sys

import bootstrap
import pytest

LISTS = [bootstrap.TOOLS / f"requirements-{name}" for name in bootstrap.LISTS]


def wanted(listed):
    """The names that a list asks for, those of the lists that it takes in among them."""
    names = set()
    for line in listed.read_text().split("\n"):
        if line.startswith("-r "):
            names |= wanted(listed.parent / line[3:].strip())
        elif line and not line.startswith("#"):
            names.add(re.match(r"[\w.-]+", line)[0])
    return names


@pytest.mark.parametrize("listed", LISTS, ids=lambda listed: listed.name)
def test_each_package_that_is_installed_has_one_version_and_its_hashes(listed):
    locked = re.sub(r"#.*", "", listed.with_suffix(".txt").read_text()).replace("\\\n", " ").splitlines()
    packages = [line.split() for line in locked if line.strip()]
    assert [words for words in packages if "==" not in words[0] or "--hash=sha256:" not in words[-1]] == []
    names = [words[0].split("==")[0] for words in packages]
    assert sorted(set(names)) == sorted(names)
    assert wanted(listed.with_suffix(".in")) <= set(names)


@pytest.mark.parametrize("name", bootstrap.LISTS)
def test_nothing_is_installed_but_the_wheels_that_the_lock_holds(name, monkeypatch, tmp_path):
    ran = []
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "run", ran.append)
    bootstrap.install_tools(name)
    bootstrap.install_tools(name)  # It is there already.
    (command,) = ran
    assert {"--require-hashes", "--only-binary", str(bootstrap.TOOLS / f"requirements-{name}.txt")} <= set(command)


def test_what_is_there_with_a_longer_list_is_not_installed_again(monkeypatch, tmp_path):
    ran = []
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "run", ran.append)
    bootstrap.install_tools("dev")
    bootstrap.install_tools("build")
    assert len(ran) == 1
    # Another version than the longer list has is installed.
    (tmp_path / ".requirements-build").unlink()
    monkeypatch.setattr(bootstrap, "locked", lambda name: {f"setuptools=={len(name)}"})
    bootstrap.install_tools("build")
    assert len(ran) == 2


def test_mypy_reads_no_package_of_the_environment(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "ours.py").write_text("import packaging.version\nimport _pytest.config\n")
    command = [sys.executable, "-m", "mypy", "--config-file", str(bootstrap.ROOT / "pyproject.toml")]
    command += ["--cache-dir", str(tmp_path / "cache"), str(tmp_path / "ours.py")]
    said = subprocess.run(command, cwd=bootstrap.ROOT, capture_output=True, text=True, check=False).stdout
    for module in ("packaging.version", "_pytest.config"):
        assert f'Cannot find implementation or library stub for module named "{module}"' in said
