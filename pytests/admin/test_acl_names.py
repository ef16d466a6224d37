"""Which names of streams an ACL takes: what the brokers could not keep is refused before anything is sent."""

from __future__ import annotations

import pytest

from mapr_streams_python import KafkaError, KafkaException
from mapr_streams_python.admin import AclBinding, AdminClient

NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0, "error_cb": lambda error: None}


def refusal(client, name, permission="allow", pattern="prefixed"):
    with pytest.raises(KafkaException) as caught:
        client.create_acls([AclBinding("topic", name, pattern, "User:a", "*", "read", permission)])
    assert caught.value.args[0] == KafkaError._INVALID_ARG
    assert len(client) == 0
    return caught.value.args[0].str()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/", "for every topic there is the name * (LITERAL)"),
        ("/apps/clicks", "it ends with / for the streams of a folder, or is /path/to/stream: and the beginning"),
        ("/apps/clicks:a b", "a b has other characters than letters, digits, '.', '_' and '-'"),
        ("/apps/../x:", "a path with .. in it is not followed"),
    ],
)
def test_what_is_no_prefix_of_streams_topics_is_refused(name, told):
    with AdminClient(NOWHERE) as client:
        assert told in refusal(client, name)


def test_a_stream_without_a_topic_is_no_topic():
    with AdminClient(NOWHERE) as client:
        assert "its topic is empty" in refusal(client, "/apps/clicks:", pattern="literal")


def test_what_denies_must_be_for_all_names_that_begin_so():
    with AdminClient(NOWHERE) as client:
        told = refusal(client, "/apps/clicks:page-", "deny")
        assert "/apps/clicks:page--" in told and "does not begin with apps--clicks--page-" in told
        # The letter before it decides nothing.
        binding = AclBinding("topic", "/apps/clicks:page", "prefixed", "User:a", "*", "read", "deny")
        client.create_acls([binding])
        # And what allows less than it might does no harm.
        client.create_acls([AclBinding("topic", "/apps/clicks:page-", "prefixed", "User:a", "*", "read", "allow")])
        assert len(client) == 2


@pytest.mark.parametrize(
    ("rules", "name", "told"),
    [
        ("/apps/clicks:* = *", "/apps/clicks:", "their Kafka topics have no beginning of their own"),
        ("/apps/clicks:* = *.edf", "/apps/clicks:", "their Kafka topics have no beginning of their own"),
        ("*:* = edf.*", "/apps/clicks:", "line 2 of the rules is for other streams too"),
        ("/apps/clicks:pages = web", "/apps/clicks:pa", "line 2 of the rules gets in between"),
        ("/apps/clicks:* = web.*\n/apps/views:* = web.*", "/apps/clicks:", "line 3 of the rules gets in between"),
        ("/apps/clicks:pages = web", "/apps/", "line 2 of the rules gets in between"),
    ],
)
def test_rules_that_take_the_prefix_apart_are_named(rules, name, told, tmp_path, monkeypatch):
    path = tmp_path / "settings"
    path.write_text(f"[names]\n{rules}")
    monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(path))
    with AdminClient(NOWHERE) as client:
        assert told in refusal(client, name)


def test_a_rule_for_something_else_is_in_nobodys_way(tmp_path, monkeypatch):
    path = tmp_path / "settings"
    path.write_text("[names]\n*:* = edf.*\n/apps/clicks:pages = web\n/apps/clicks:* = clicks.*")
    monkeypatch.setenv("MAPR_STREAMS_CONFIG", str(path))
    with AdminClient(NOWHERE) as client:
        binding = AclBinding("topic", "/apps/clicks:views", "prefixed", "User:a", "*", "read", "allow")
        client.create_acls([binding])
        assert len(client) == 1
