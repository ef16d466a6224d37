"""Makes a machine ready for `make demo`, `make test` and `make bench`: system packages, and a virtual environment.

Usage: python3 tools/bootstrap.py {build,test,bench,wheels,lock}

Needs nothing but Python itself. A second run finds everything in place and takes well under a second. "lock" does not
look at the machine: it renews the lists of what is installed from PyPI.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import requirements
from requirements import BuildError

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
VENV = ROOT / ".venv"
# Says of a folder what was put into it.
MADE_FOR = ".made-for"
# Each names two files: requirements-NAME.in says what is wanted, and requirements-NAME.txt, which is made from it and
# alone installed, each package down to its hash. "build" comes first, since "dev" takes it in.
LISTS = ("build", "dev", "librdkafka", "lock", "pyright", "wheels")

# Commands, and the packages that bring them. The benchmarks build confluent-kafka from source, to compare with.
COMMANDS = {
    "build": {},
    "test": {"readelf": "binutils"},
    "bench": {"gcc": "gcc", "valgrind": "valgrind"},
    # OpenSSL's configure script is written in Perl, and needs more of it than a bare system has.
    "wheels": {"make": "make", "pod2usage": "perl", "nm": "binutils", "pkg-config": "pkg-config"},
}
KAFKA_NEEDS = {"java": "openjdk-17-jre-headless", "openssl": "openssl"}
# A server that answers late, or not at once, is no reason to give up; nor is another program that installs packages.
PIP_INSTALL = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "10", "--timeout", "60"]
PATIENT_APT = ["-o", "Acquire::Retries=5", "-o", "DPkg::Lock::Timeout=600"]


def main(purpose: str) -> None:
    try:
        requirements.check_interpreter()
        requirements.find_swift()
        install_packages(missing_packages(purpose))
        # Whatever no package could bring ends here, with the message that says what to do.
        requirements.find_librdkafka()
        requirements.find_python_headers()
    except BuildError as problem:
        stop(str(problem))
    make_environment()
    install_tools("dev" if purpose == "test" else "build")


def missing_packages(purpose: str) -> list[str]:
    """Names, in Debian's spelling, what is needed and not there."""
    missing = []
    if not found(requirements.find_librdkafka):
        missing.append("librdkafka-dev")
    if not found(requirements.find_python_headers):
        missing.append("python3-dev")
    if not VENV.exists() and importlib.util.find_spec("ensurepip") is None:
        missing.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    if purpose != "build":
        # A plain `swift build` asks pkg-config for the headers, and the bridge's own tests embed an interpreter.
        if shutil.which("pkg-config") is None:
            missing += ["pkg-config", "python3-dev"]
        elif subprocess.run(["pkg-config", "--exists", "python3-embed", "rdkafka"], check=False).returncode:
            missing += ["python3-dev", "librdkafka-dev"]
    commands = dict(COMMANDS[purpose], **(KAFKA_NEEDS if purpose == "test" and os.environ.get("KAFKA_HOME") else {}))
    missing += [package for command, package in commands.items() if shutil.which(command) is None]
    return list(dict.fromkeys(missing))


def found(find: Callable[[], object]) -> bool:
    try:
        find()
    except BuildError:
        return False
    return True


def install_packages(packages: list[str]) -> None:
    """Installs them with apt where that needs no password, and else says which command the person has to run."""
    if not packages or shutil.which("apt-get") is None:
        return
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if os.geteuid() == 0:
        as_root = ["env"]
    elif shutil.which("sudo") and not subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
        as_root = ["sudo", "-n", "env"]
    else:
        stop(f"packages are missing. Install them, and try again:\n\n  sudo {shlex.join(install)}")
    print(f"Installing {', '.join(packages)}", flush=True)
    for command in (["update", "--quiet"], install[1:]):
        run([*as_root, "DEBIAN_FRONTEND=noninteractive", "apt-get", *PATIENT_APT, *command])


def make_environment() -> None:
    """Makes .venv for the interpreter that runs this. One of another version is replaced.

    What counts as another version is what installs packages of its own. A build with this month's corrections, which
    Debian brings together with the headers while this runs, does not: the environment is in use by then.
    """
    wanted = f"{sys.base_prefix} {sys.implementation.cache_tag}{sys.abiflags}"
    mark = VENV / MADE_FOR
    if not mark.is_file() or mark.read_text() != wanted:
        print(f"Making a virtual environment in {VENV.name} with Python {sys.version.split()[0]}", flush=True)
        run([sys.executable, "-m", "venv", "--clear", str(VENV)])
        mark.write_text(wanted)


def install_tools(name: str) -> None:
    """Installs the locked packages of a list into .venv, unless that very list is installed."""
    listed, mark = TOOLS / f"requirements-{name}.txt", VENV / f".requirements-{name}"
    wanted = hashlib.sha256(listed.read_bytes()).hexdigest()
    if not is_installed(name):
        if name == "build" and is_installed("dev") and locked("build") <= locked("dev"):
            # `make test` has installed it with the rest: pip would look at each package again.
            mark.write_text(wanted)
            return
        print(f"Installing what {listed.name} lists", flush=True)
        # Wheels alone: a source distribution would bring in whatever it needs for its build, in whatever version. Most
        # of their modules are never imported, and those that are Python compiles then.
        pip = [str(VENV / "bin" / "python"), *PIP_INSTALL]
        run([*pip, "--no-compile", "--require-hashes", "--only-binary", ":all:", "--requirement", str(listed)])
        mark.write_text(wanted)


def is_installed(name: str) -> bool:
    """Whether .venv has what a list locks by now."""
    listed, mark = TOOLS / f"requirements-{name}.txt", VENV / f".requirements-{name}"
    return mark.is_file() and mark.read_text() == hashlib.sha256(listed.read_bytes()).hexdigest()


def locked(name: str) -> set[str]:
    """What a list locks: packages with their version, as pip reads them."""
    lines = (TOOLS / f"requirements-{name}.txt").read_text().splitlines()
    return {line.rstrip(" \\") for line in lines if line[:1].isalnum()}


def download(name: str, folder: Path) -> Path:
    """Puts the locked packages of a list into a folder of their own, and returns it: nothing imports them."""
    listed = TOOLS / f"requirements-{name}.txt"
    wanted = hashlib.sha256(listed.read_bytes()).hexdigest()
    mark = folder / MADE_FOR
    folder.parent.mkdir(parents=True, exist_ok=True)
    # One that does the same at this moment is waited for: it uses the folder from then on. The file stays, since
    # whoever waits has it open.
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.is_file() or mark.read_text() != wanted:
            fresh = folder.with_name(f"{folder.name}.new")
            shutil.rmtree(fresh, ignore_errors=True)
            pip = [
                sys.executable,
                *PIP_INSTALL,
                "--no-deps",
                "--require-hashes",
                "--only-binary",
                ":all:",
                "--target",
                str(fresh),
            ]
            run([*pip, "--requirement", str(listed)])
            (fresh / MADE_FOR).write_text(wanted)
            shutil.rmtree(folder, ignore_errors=True)
            fresh.rename(folder)
    return folder


def renew_lock() -> None:
    """Writes the newest releases into the locked lists: one of each package, which every CPython that we support runs.

    The tool that does so is locked as well, and renewed with the rest.
    """
    install_tools("lock")
    lock = [str(VENV / "bin" / "uv"), "pip", "compile", "--quiet", "--upgrade", "--generate-hashes"]
    lock += ["--universal", "--fork-strategy", "fewest", "--no-python-downloads", "--python", sys.executable]
    lock += ["--python-version", ".".join(map(str, requirements.OLDEST_PYTHON))]
    for name in LISTS:
        print(f"Locking requirements-{name}.txt", flush=True)
        files = ["--output-file", f"requirements-{name}.txt", f"requirements-{name}.in"]
        run([*lock, *files], cwd=TOOLS, env=dict(os.environ, UV_CUSTOM_COMPILE_COMMAND="make lock"))


def run(command: list[str], **how: Any) -> None:
    ended = subprocess.run(command, check=False, **how)
    if ended.returncode:
        stop(f"this command failed with exit status {ended.returncode}:\n\n  {shlex.join(command)}")


def stop(message: str) -> NoReturn:
    sys.exit(f"\nerror: {message}\n")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in [*COMMANDS, "lock"]:
        sys.exit(__doc__)
    if sys.argv[1] == "lock":
        make_environment()
        renew_lock()
    else:
        main(sys.argv[1])
