"""An Apache Kafka distribution on disk: its scripts, and how we call them."""

from __future__ import annotations

import base64
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

# For a small heap and a quick start; who has set any of them keeps their own.
_ENVIRONMENT = {
    "KAFKA_HEAP_OPTS": "-Xms128M -Xmx512M",
    "KAFKA_JVM_PERFORMANCE_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true",
}


class Distribution:
    """The distribution in the folder `home`, or in the one that KAFKA_HOME names.

    Raises:
        RuntimeError: there is none, or no Java to run it; the message says what to do.
    """

    def __init__(self, home: str | os.PathLike[str] | None) -> None:
        chosen = home or os.environ.get("KAFKA_HOME")
        if not chosen:
            raise RuntimeError(
                "KafkaServer needs an Apache Kafka distribution: set KAFKA_HOME, or pass home=, to the folder that "
                "has bin/kafka-server-start.sh"
            )
        self.home = Path(chosen).resolve()
        if not (self.home / "bin" / "kafka-server-start.sh").is_file():
            raise RuntimeError(f"{self.home} is no Apache Kafka distribution: it has no bin/kafka-server-start.sh")
        java_home = os.environ.get("JAVA_HOME")
        if shutil.which(str(Path(java_home, "bin", "java")) if java_home else "java") is None:
            raise RuntimeError("Java was not found: KafkaServer needs Java 17 or newer, in PATH or by JAVA_HOME")

    def environment(self, log_folder: Path) -> dict[str, str]:
        """Return the environment for a script whose log files go into a folder."""
        return {**_ENVIRONMENT, **os.environ, "LOG_DIR": str(log_folder)}

    def start_command(self, properties: Path) -> list[str]:
        """Return the command that runs a node in the foreground."""
        return [self._script("kafka-server-start.sh"), str(properties)]

    def format_command(self, properties: Path, cluster_id: str, users: Mapping[str, str]) -> list[str]:
        """Return the command that prepares a node's storage, with the SCRAM credentials of the users in it."""
        command = [self._script("kafka-storage.sh"), "format", "--config", str(properties), "--cluster-id", cluster_id]
        for user, password in users.items():
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
                command += ["--add-scram", f"{mechanism}=[name={user},password={password}]"]
        return command

    def _script(self, name: str) -> str:
        return str(self.home / "bin" / name)


def new_cluster_id() -> str:
    """Return a cluster id in Kafka's form: 16 random bytes in URL-safe base64."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):  # A command line would take it for an option. Kafka avoids it as well.
            return text
