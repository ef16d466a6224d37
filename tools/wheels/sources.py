"""The sources of the libraries that a wheel carries: pinned in sources.json, and checked down to their checksums.

A source is looked for, in this order, in the file that NAME_SOURCE names (LIBRDKAFKA_SOURCE, OPENSSL_SOURCE, …), in the
folder that WHEEL_SOURCES names, in the cache, with the package sources that the machine's apt is set up for, and in
Debian's archive of all that it ever had. The archive is what a pin lives by: a package source drops a version some time
after the next one has come.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import tarfile
import urllib.request
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
# Every file that a Debian ever had, by its SHA-1: that finds it, and `sha256` says whether it is the one.
ARCHIVE = "https://snapshot.debian.org/file"


class WheelError(Exception):
    """A wheel cannot be built; the text says why, and what to do."""


class SourceError(WheelError):
    """A source cannot be had on this machine."""


class Source(NamedTuple):
    """A library, as sources.json has it."""

    name: str
    version: str
    file: str
    folder: str
    sha256: str
    sha1: str
    license: str
    licenses: list[str]
    homepage: str
    cpe: str


def pinned() -> dict[str, Source]:
    """The libraries, in the order in which they are built."""
    described = json.loads((HERE / "sources.json").read_text())
    return {name: Source(name=name, **fields) for name, fields in described.items()}


def cache_folder() -> Path:
    """Where sources and what was built of them are kept between builds."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("WHEEL_CACHE") or Path(base) / "mapr-streams-python")


def archive(source: Source) -> Path:
    """The file of a source.

    Raises:
        SourceError: it is not to be had.
        WheelError: it is another one.
    """
    variable = f"{source.name.upper()}_SOURCE"
    given = os.environ.get(variable)
    if given:
        return _checked(Path(given), source, variable)
    folder = os.environ.get("WHEEL_SOURCES")
    if folder and (Path(folder) / source.file).is_file():
        return _checked(Path(folder) / source.file, source, "WHEEL_SOURCES")
    kept = cache_folder() / "sources" / source.file
    if not kept.is_file() or _sha256(kept) != source.sha256:
        _download(source, kept)
    return kept


def unpack(source: Source, folder: Path) -> Path:
    """Unpacks a source into a folder of its name, whatever the archive calls it, and returns that."""
    fresh = folder / f"{source.name}.unpacking"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    with tarfile.open(archive(source)) as packed:
        # The checksum says that it is the archive which we looked at; Python 3.9 may not know of filters.
        packed.extractall(fresh, **({"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}))
    (inner,) = fresh.iterdir()
    unpacked = folder / source.name
    shutil.rmtree(unpacked, ignore_errors=True)
    inner.rename(unpacked)
    fresh.rmdir()
    return unpacked


def _download(source: Source, kept: Path) -> None:
    addresses = [f"{site.rstrip('/')}/{source.folder}/{source.file}" for site in _sites()]
    problems = []
    for address in [*addresses, f"{ARCHIVE}/{source.sha1}"]:
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_name(f"{kept.name}.{os.getpid()}")
        try:
            with urllib.request.urlopen(address, timeout=60) as answer, fresh.open("wb") as file:
                shutil.copyfileobj(answer, file)
            _checked(fresh, source, address)
            fresh.replace(kept)
            return
        except (OSError, http.client.HTTPException, WheelError) as problem:
            problems.append(f"{address}: {problem}")
        finally:
            fresh.unlink(missing_ok=True)
    raise SourceError(_missing(source, "; ".join(problems)))


def _sites() -> list[str]:
    """The package sources of apt that have Debian's pool."""
    try:
        asked = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return []
    return list(dict.fromkeys(line for line in asked.stdout.splitlines() if line.startswith("http")))


def _checked(file: Path, source: Source, origin: str) -> Path:
    if not file.is_file():
        raise WheelError(f"{origin} names no file: {file}")
    found = _sha256(file)
    if found != source.sha256:
        raise WheelError(
            f"{file} (by {origin}) is not {source.name} {source.version} as tools/wheels/sources.json pins it: its"
            f" SHA-256 is {found}, and should be {source.sha256}"
        )
    return file


def _missing(source: Source, why: str) -> str:
    return (
        f"{source.name} {source.version} ({source.file}) cannot be had: {why}. Put the file into a folder and name"
        f" that in WHEEL_SOURCES, or name the file in {source.name.upper()}_SOURCE"
    )


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
