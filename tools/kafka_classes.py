"""Keeps the classes of the Kafka that KAFKA_HOME names as Java has them in memory, so that its nodes start sooner.

Usage: .venv/bin/python tools/kafka_classes.py

A node spends half of its start on reading and checking classes. The tests start some twenty, and Java can map these
classes from an archive (class data sharing) that it writes when a node ends: build/kafka-classes-….jsa. One that does
not fit, since Java or Kafka has changed, is passed over by Java.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def archive() -> Path | None:
    """Where the archive is, or is to be; None without a Kafka or a Java."""
    home, java = os.environ.get("KAFKA_HOME"), os.environ.get("JAVA_HOME")
    command = shutil.which(str(Path(java, "bin", "java")) if java else "java")
    if not home or not command:
        return None
    key = [os.path.realpath(home), os.path.realpath(command), str(os.stat(command).st_mtime_ns)]
    return ROOT / "build" / f"kafka-classes-{hashlib.sha256(' '.join(key).encode()).hexdigest()[:16]}.jsa"


def share() -> None:
    """Has every node from here on use it, unless the user has options of their own for Java."""
    found = archive()
    if found:
        os.environ.setdefault("KAFKA_OPTS", f"-XX:SharedArchiveFile={found} -Xshare:auto")


def write(target: Path) -> None:
    """Start a node, and end it in good order."""
    from mapr_streams_python.testing import KafkaServer

    fresh = target.with_name(f"{target.stem}-{os.getpid()}.jsa")

    class Writing(KafkaServer):
        def _launch(self, node: int) -> None:
            os.environ["KAFKA_OPTS"] = f"-XX:ArchiveClassesAtExit={fresh} -Xlog:cds=off -Xlog:cds+dynamic=off"
            super()._launch(node)

    target.parent.mkdir(exist_ok=True)
    os.environ.pop("KAFKA_OPTS", None)
    try:
        with Writing() as server:
            server.shut_down(1)
            if fresh.exists():
                os.replace(fresh, target)
                print(f"{target.name}: {target.stat().st_size >> 20} MB")
            else:
                print(f"no archive was written:\n{server.log(1)[-1000:]}")
    except (RuntimeError, TimeoutError) as problem:
        # The tests do without; and where a node does not come up, they say so.
        print(f"no archive was written: {problem}")
        fresh.unlink(missing_ok=True)


if __name__ == "__main__":
    wanted = archive()
    if wanted is None:
        print("There is no Kafka, or no Java, to keep the classes of.")
    elif wanted.exists():
        print(f"{wanted.name} is there.")
    else:
        write(wanted)
