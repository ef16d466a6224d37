"""Puts a wheel together: the package, the extension, librdkafka, and the papers of all that is inside.

Two builds of the same commit are the same to the byte: the order of the files, their times (of the commit) and modes
are set here.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import sbom
import swift_build
from extension import ROOT
from native import Native
from sources import WheelError
from targets import Target

# The oldest time that a zip archive can say.
_EARLIEST = (1980, 1, 1, 0, 0, 0)


def built(target: Target, extension: Path, native: Native, swift_license: Path, output: Path) -> Path:
    """Makes the wheel in the folder ``output``, and returns it.

    Raises:
        WheelError: setuptools fails.
    """
    work = extension.parent / "wheel"
    shutil.rmtree(work, ignore_errors=True)
    prebuilt = work / "prebuilt"
    (prebuilt / swift_build.BUNDLE).mkdir(parents=True)
    shutil.copy(extension, prebuilt / extension.name)
    shutil.copy(native.library, prebuilt / swift_build.BUNDLE / native.library.name)
    raw = _made_by_setuptools(target, prebuilt, work)
    tree = work / "tree"
    with zipfile.ZipFile(raw) as packed:
        packed.extractall(tree)
    (information,) = tree.glob("*.dist-info")
    _add_papers(information, native, swift_license, target)
    output.mkdir(parents=True, exist_ok=True)
    wheel = output / raw.name
    _zip(tree, information, wheel)
    return wheel


def _made_by_setuptools(target: Target, prebuilt: Path, work: Path) -> Path:
    dist = work / "dist"
    command = [sys.executable, "setup.py", "--quiet"]
    command += ["build", "--build-base", str(work / "build")]
    command += ["egg_info", "--egg-base", str(work)]
    command += ["bdist_wheel", "--plat-name", target.tag, "--bdist-dir", str(work / "bdist"), "--dist-dir", str(dist)]
    environment = dict(os.environ, MAPR_STREAMS_PREBUILT=str(prebuilt))
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise WheelError(f"setuptools made no wheel:\n{ended.stdout}{ended.stderr}")
    (wheel,) = dist.glob("*.whl")
    return wheel


def _add_papers(information: Path, native: Native, swift_license: Path, target: Target) -> None:
    licenses = information / "licenses"
    licenses.mkdir(exist_ok=True)
    texts = {path.name: path for path in sorted(native.licenses.iterdir())}
    texts["swift-LICENSE.txt"] = swift_license
    for name, path in texts.items():
        shutil.copyfile(path, licenses / name)
    metadata = information / "METADATA"
    head, blank, body = metadata.read_text().partition("\n\n")
    head += "".join(f"\nLicense-File: {name}" for name in sorted(texts))
    metadata.write_text(head + blank + body)
    version = next(line.split(": ")[1] for line in head.splitlines() if line.startswith("Version: "))
    folder = information / "sboms"
    folder.mkdir()
    (folder / "mapr_streams_python.cdx.json").write_text(sbom.text(version, target))


def _zip(tree: Path, information: Path, wheel: Path) -> None:
    record = information / "RECORD"
    record.unlink()
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    # As pip likes it: the papers come last.
    files.sort(key=lambda path: information in path.parents)
    lines = []
    for path in files:
        digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
        lines.append(f"{path.relative_to(tree).as_posix()},sha256={digest},{path.stat().st_size}\n")
    lines.append(f"{record.relative_to(tree).as_posix()},,\n")
    record.write_text("".join(lines))
    fresh = wheel.with_name(f"{wheel.name}.{os.getpid()}")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in [*files, record]:
            entry = zipfile.ZipInfo(path.relative_to(tree).as_posix(), _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o100755 if path.suffix == ".so" or ".so." in path.name else 0o100644) << 16
            packed.writestr(entry, path.read_bytes())
    fresh.replace(wheel)
