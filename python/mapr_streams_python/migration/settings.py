"""Settings that come from outside of the application: environment variables, and the file that one of them names."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from ..cimpl import KafkaException, _effective_settings, _TopicNames

CONFIG_FILE = "MAPR_STREAMS_CONFIG"
HOME_CLUSTER = "MAPR_STREAMS_HOME_CLUSTER"
BOOTSTRAP_SERVERS = "MAPR_STREAMS_BOOTSTRAP_SERVERS"


class SettingsError(Exception):
    """A setting that cannot be used. The message is for the person who made it."""


def add_name_options(parser: argparse.ArgumentParser) -> None:
    """Give a command the options that say how names are mapped."""
    parser.add_argument(
        "--rules",
        metavar="FILE",
        type=Path,
        help=f"rules for names, or a file of settings with them in [names] (default: ${CONFIG_FILE})",
    )
    parser.add_argument(
        "--home-cluster",
        metavar="NAME",
        help="the cluster whose /mapr/NAME/path is the same as /path "
        f"(default: ${HOME_CLUSTER}, or the first word of MapR's mapr-clusters.conf)",
    )
    parser.add_argument(
        "--default-stream",
        metavar="STREAM",
        help="the stream of names without one, as streams.producer.default.stream says it",
    )


def servers_from_outside() -> tuple[bool, bool]:
    """Whether settings from outside name brokers, and whether these replace the application's own."""
    try:
        rows = _effective_settings(False)
    except KafkaException:
        # What is wrong with them is told by whatever makes a client, and by `config`.
        return False, False
    origins = [origin for name, value, origin, is_set in rows if name == "bootstrap.servers" and is_set and value]
    return bool(origins), any(origin.endswith(", over the application's own") for origin in origins)


def topic_names(options: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> _TopicNames:
    """Make the mapping that the options of `add_name_options` and the environment describe.

    Raises:
        SettingsError: the file of the rules cannot be read, or has a line that is no rule.
    """
    file: Path | None = options.rules
    if file is None and environ.get(CONFIG_FILE):
        file = Path(environ[CONFIG_FILE])
    rules = None
    if file is not None:
        try:
            rules = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    try:
        return _TopicNames(
            rules,
            source=str(file) if file else None,
            home_cluster=options.home_cluster or environ.get(HOME_CLUSTER) or None,
            default_stream=options.default_stream,
        )
    except KafkaException as error:
        raise SettingsError(error.args[0].str()) from None
