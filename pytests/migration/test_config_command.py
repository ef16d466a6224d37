"""`python -m mapr_streams_python config`: the properties of clients, and who says so."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest

from mapr_streams_python import Consumer, KafkaException
from mapr_streams_python.__main__ import main

FILE = """\
[client]
bootstrap.servers = kafka:9092
client.id = everybody
[producer]
streams.buffer.max.time.ms = 7
use.brokers = true
[consumer]
sasl.password = hunter2
[override]
client.id = over
"""


@pytest.fixture
def shown(capsys) -> Callable[..., dict[str, dict[str, tuple[str, str]]]]:
    """`shown(*options)`: of each kind of client, the values and origins by the properties' names."""

    def shown(*options: str) -> dict[str, dict[str, tuple[str, str]]]:
        assert main(["config", "--json", *options]) == 0
        printed: dict[str, list[dict[str, Any]]] = json.loads(capsys.readouterr().out)
        return {
            kind: {row["property"]: (row["value"], row["origin"]) for row in rows} for kind, rows in printed.items()
        }

    return shown


@pytest.fixture
def file(tmp_path, monkeypatch) -> str:
    path = tmp_path / "settings"
    path.write_text(FILE)
    monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(path))
    return str(path)


def test_each_kind_of_client_has_its_own_properties(shown):
    both = shown()
    assert list(both) == ["producer", "consumer"]
    assert both["producer"]["queue.buffering.max.ms"] == ("5", "default")
    assert "queue.buffering.max.ms" not in both["consumer"]
    assert both["consumer"]["auto.offset.reset"] == ("largest", "default")
    assert "auto.offset.reset" not in both["producer"]
    assert list(shown("--producer")) == ["producer"]
    assert list(shown("--consumer")) == ["consumer"]


def test_a_property_without_a_value_is_left_out(shown, monkeypatch):
    assert "group.id" not in shown("--consumer")["consumer"]
    monkeypatch.setenv("MAPR_STREAMS_GROUP_ID", "g")
    assert shown("--consumer")["consumer"]["group.id"][0] == "g"


def test_a_default_of_the_dialect_is_no_default_of_librdkafkas(shown, monkeypatch):
    assert shown("--producer")["producer"]["message.max.bytes"][1] == "default of the mapr dialect"
    assert shown("--consumer")["consumer"]["enable.partition.eof"] == ("true", "default of the mapr dialect")
    monkeypatch.setenv("MAPR_STREAMS_COMPATIBILITY", "kafka")
    assert shown("--producer")["producer"]["message.max.bytes"] == ("1000000", "default")
    consumer = shown("--consumer")["consumer"]
    assert consumer["enable.partition.eof"] == ("false", "default")
    assert consumer["streams.compatibility"] == ("kafka", "environment variable MAPR_STREAMS_COMPATIBILITY")


def test_the_file_and_the_environment_are_named(shown, file, monkeypatch):
    monkeypatch.setenv("MAPR_STREAMS_GROUP_ID", "g")
    found = shown("--set")
    assert found["consumer"]["bootstrap.servers"] == ("kafka:9092", f"{file}, line 2")
    assert found["consumer"]["group.id"] == ("g", "environment variable MAPR_STREAMS_GROUP_ID")
    assert found["consumer"]["client.id"] == ("over", f"{file}, line 10, over the application's own")
    assert "auto.offset.reset" not in found["consumer"]
    assert "group.id" not in found["producer"]


def test_maprs_properties_are_shown_with_what_they_come_to(shown, file):
    producer = shown("--producer")["producer"]
    assert producer["streams.buffer.max.time.ms"] == ("7", f"{file}, line 5")
    assert producer["queue.buffering.max.ms"] == ("7", f"streams.buffer.max.time.ms, {file}, line 5")
    assert producer["use.brokers"][0] == "true"
    assert producer["use.brokers"][1].startswith(f"{file}, line 6; without effect: ")


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("value", ["50%(x)s %% $HOME", '"quoted" # no comment; nor this', "a = b", "[x]", "größe"])
def test_a_value_of_the_file_is_taken_as_it_stands(shown, file, value, end):
    with open(file, "wb") as written:
        written.write(f"[client]{end}client.id = {value} {end}".encode())
    assert shown("--producer")["producer"]["client.id"] == (value, f"{file}, line 2")


def test_the_environment_goes_before_the_file(shown, file, monkeypatch):
    monkeypatch.setenv("MAPR_STREAMS_BOOTSTRAP_SERVERS", "other:9092")
    assert shown("--producer")["producer"]["bootstrap.servers"] == (
        "other:9092",
        "environment variable MAPR_STREAMS_BOOTSTRAP_SERVERS",
    )


def test_secrets_are_hidden(capsys, file):
    for options in ([], ["--json"], ["--set"]):
        assert main(["config", *options]) == 0
        printed = capsys.readouterr().out
        assert "hunter2" not in printed
        assert "[hidden]" in printed


def test_the_home_cluster_is_one_of_the_settings(shown, monkeypatch, tmp_path):
    assert "MAPR_STREAMS_HOME_CLUSTER" not in shown("--producer")["producer"]
    (tmp_path / "conf").mkdir()
    clusters = tmp_path / "conf" / "mapr-clusters.conf"
    clusters.write_text("my.cluster.com cldb:7222\n")
    monkeypatch.setenv("MAPR_HOME", str(tmp_path))
    assert shown("--producer")["producer"]["MAPR_STREAMS_HOME_CLUSTER"] == ("my.cluster.com", str(clusters))
    monkeypatch.setenv("MAPR_STREAMS_HOME_CLUSTER", "other")
    assert shown("--producer")["producer"]["MAPR_STREAMS_HOME_CLUSTER"] == (
        "other",
        "environment variable MAPR_STREAMS_HOME_CLUSTER",
    )


def test_the_text_has_a_line_for_each_property(capsys, file):
    assert main(["config", "--set", "--consumer"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "# consumers"
    assert any(line.split() == f"bootstrap.servers = kafka:9092 # {file}, line 2".split() for line in lines)


@pytest.mark.parametrize(
    ("line", "problem"),
    [("sesion.timeout.ms = 1", "session.timeout.ms"), ("session.timeout.ms = x", "session.timeout.ms")],
)
def test_a_wrong_setting_is_the_error_of_a_client(capsys, monkeypatch, tmp_path, line, problem):
    path = tmp_path / "settings"
    path.write_text(f"[client]\n{line}\n")
    monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(path))
    assert main(["config", "--consumer"]) == 2
    printed = capsys.readouterr()
    with pytest.raises(KafkaException) as raised:
        Consumer({"group.id": "g"})
    assert printed.err == f"error: {raised.value.args[0].str()}\n"
    assert f"{path}, line 2" in printed.err
    assert problem in printed.err
    assert printed.out == ""
