"""The modules under test: which interpreter and path each runs with, and how the peers are installed."""

import json
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OURS = "mapr_streams_python"
PEER, PEER_LATEST = "confluent_kafka", "confluent_kafka_latest"
BARE = "bare_c"

DESCRIBE = """
import json, platform, sys
import {module} as m
version = getattr(m, "version", lambda: getattr(m, "__version__", ""))()
print(json.dumps({{"version": version if isinstance(version, str) else version[0], "librdkafka": m.libversion()[0],
                  "python": platform.python_version(), "purge": hasattr(m.Producer, "purge"),
                  "file": m.__file__}}))
"""


def build_folder():
    """Where peers and helpers are put; git ignores it."""
    return os.environ.get("BENCHMARKS_BUILD") or os.path.join(ROOT, "build", "benchmarks")


def peer_python(name):
    return os.path.join(build_folder(), name, "bin", "python")


class Subject:
    """A module as one interpreter sees it.

    Given as ``NAME`` or ``NAME@PYTHON``. Without an interpreter a peer that was installed here is taken from its own
    virtual environment, and ``mapr_streams_python`` that is not installed from this checkout. ``path`` goes before
    PYTHONPATH.
    """

    def __init__(self, spec, path=()):
        self.label, _, python = spec.partition("@")
        self.module = PEER if self.label == PEER_LATEST else self.label
        peer = peer_python(self.label)
        self.python = python or (peer if os.path.exists(peer) else sys.executable)
        self.path = list(path)
        found = self._describe()
        if found is None and self.module == OURS:
            self.path = [os.path.join(ROOT, "python")]
            found = self._describe()
        if found is None:
            hints = {PEER: "python -m benchmarks --install-peers", OURS: "pip install ."}
            hint = hints.get(self.module, f"install it for {self.python}")
            raise SystemExit(f"{self.python} cannot import {self.module}:\n{self.failure}\nTo have it: {hint}")
        self.version, self.librdkafka, self.purge = found["version"], found["librdkafka"], found["purge"]
        self.python_version, self.file = found["python"], found["file"]

    def environment(self, more=()):
        path = [*self.path, ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
        return dict(os.environ, PYTHONPATH=os.pathsep.join(path), **dict(more))

    def command(self, parameters):
        return [self.python, "-m", "benchmarks.child", json.dumps(parameters)]

    def forking(self):
        """The command of a process that forks for each run: see child.py."""
        return [self.python, "-m", "benchmarks.child", "--fork", self.module]

    def _describe(self):
        done = subprocess.run(
            [self.python, "-c", DESCRIBE.format(module=self.module)],
            env=self.environment(),
            capture_output=True,
            text=True,
        )
        self.failure = "\n".join(done.stderr.strip().splitlines()[-2:])
        return json.loads(done.stdout) if done.returncode == 0 else None

    def facts(self):
        return {
            "label": self.label,
            "version": self.version,
            "librdkafka": self.librdkafka,
            "python": self.python_version,
        }


class BareC:
    """bare.c on this machine's librdkafka: what is left of a scenario without Python and without a binding."""

    label = module = BARE
    version = python_version = "–"
    purge = True

    def __init__(self):
        source = os.path.join(ROOT, "benchmarks", "bare.c")
        self.file = os.path.join(build_folder(), "bare")
        if not os.path.exists(self.file) or os.path.getmtime(self.file) < os.path.getmtime(source):
            os.makedirs(build_folder(), exist_ok=True)
            prefix = os.environ.get("LIBRDKAFKA_PREFIX")
            paths = [f"-I{prefix}/include", f"-L{prefix}/lib", f"-Wl,-rpath,{prefix}/lib"] if prefix else []
            compiler = c_compiler()
            if not compiler:
                raise SystemExit(f"{BARE} needs a C compiler (Debian: apt-get install gcc)")
            subprocess.run([compiler, "-O2", *paths, source, "-o", self.file, "-lrdkafka"], check=True)
        told = subprocess.run([self.file, "version"], capture_output=True, text=True, check=True)
        self.librdkafka = told.stdout.strip()

    def environment(self, more=()):
        return dict(os.environ, **dict(more))

    def command(self, parameters):
        """None for what bare.c does not have."""
        scenarios = ("produce-cb-100", "produce-cb-1k", "produce-100", "produce-1k", "produce-cb-bounded")
        if not parameters["scenario"].startswith("enqueue-batch") and parameters["scenario"] not in (
            *scenarios,
            "latency-ack",
            "stream",
            "stream-batch",
        ):
            return None
        names = ("scenario", "bootstrap", "topic", "partitions", "n", "chunks", "size")
        marks = [parameters["marks"]] if parameters["marks"] else []
        return [self.file, *(str(parameters[name]) for name in names), *marks]

    def forking(self):
        """There is none: it starts at once."""
        return None

    facts = Subject.facts


def c_compiler():
    return os.environ.get("CC") or shutil.which("cc") or shutil.which("clang")


def subject(spec):
    return BareC() if spec == BARE else Subject(spec)


def default_subjects():
    """Ours, beside the peers that are installed, and plain C where it can be compiled."""
    names = [name for name in (PEER, PEER_LATEST) if os.path.exists(peer_python(name))]
    return [OURS, *names, *([BARE] if names and c_compiler() else [])]


def install_peers():
    """Installs confluent-kafka twice: from source on this machine's librdkafka, and the newest wheel."""
    from . import librdkafka

    # The peer of a librdkafka release has its number; a fourth part, if there is one, is the peer's own.
    source = os.environ.get("BENCHMARKS_PEER_VERSION") or librdkafka.version().split("-")[0]
    for name, arguments in (
        (PEER, ["--no-binary", "confluent-kafka", f"confluent-kafka=={source}"]),
        (PEER_LATEST, ["--only-binary", ":all:", "--upgrade", "confluent-kafka"]),
    ):
        folder = os.path.join(build_folder(), name)
        if not os.path.exists(peer_python(name)):
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        print(f"{name}: pip install {' '.join(arguments)}", file=sys.stderr, flush=True)
        pip = [peer_python(name), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", *arguments], check=True)
