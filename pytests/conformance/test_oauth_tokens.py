"""What oauth_cb returns, and what is wrong with it is told in sys.unraisablehook: librdkafka's own thread calls it."""

import sys
import time

import pytest
from limits import HANG

from mapr_streams_python import KafkaError, Producer
from mapr_streams_python.testing import wait_until

from .support import NO_SERVER

FUTURE = time.time() + 3600


def refusal(monkeypatch, token):
    """What is told of a token, by the hook and by the event."""
    told, events = [], []
    monkeypatch.setattr(sys, "unraisablehook", lambda info: told.append(info.exc_value))
    producer = Producer(
        {
            "bootstrap.servers": NO_SERVER,
            "security.protocol": "sasl_plaintext",
            "sasl.mechanism": "OAUTHBEARER",
            "oauth_cb": lambda config: token,
            "error_cb": lambda error: events.append(error) if error == KafkaError._AUTHENTICATION else None,
            "log_level": 0,
        }
    )

    def refused():
        producer.poll(0.1)
        return told and events

    wait_until(refused, HANG, "the token is refused")
    assert f"oauth_cb raised {type(told[0]).__name__}: {told[0]}" in events[0].str()
    return told[0]


@pytest.mark.parametrize(
    ("token", "name"),
    [
        (("to\0ken", FUTURE), "the token"),
        (("token", FUTURE, "me\0"), "the principal"),
        (("token", FUTURE, "me", {"a\0": "b"}), "the name of an extension"),
        (("token", FUTURE, "me", {"a": "b\0c"}), 'the value of extension "a"'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_null_character_in_a_token_is_a_value_error_that_names_the_part(monkeypatch, token, name):
    error = refusal(monkeypatch, token)
    assert type(error) is ValueError
    assert str(error).startswith(f"{name} must not contain a null character")


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ((b"token", FUTURE), "the token must be str, not bytes"),
        (("token", FUTURE, 5), "the principal must be str, not int"),
        (("token", FUTURE, "me", {5: "b"}), "the name of an extension must be str, not int"),
        (("token", FUTURE, "me", {"a": None}), 'the value of extension "a" must be str, not NoneType'),
        (("token", FUTURE, "me", [("a", "b")]), "the extensions must be a dict, not list"),
        (("token", "soon"), "the token's expiry time must be a number of seconds since the epoch, not str"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_part_of_another_type_is_a_type_error_that_names_it(monkeypatch, token, name):
    error = refusal(monkeypatch, token)
    assert type(error) is TypeError
    assert str(error) == name


@pytest.mark.parametrize(
    ("expiry", "words"),
    [
        (FUTURE * 1000, "looks like milliseconds"),
        (int(FUTURE) * 1000, "looks like milliseconds"),
        (3600, "a time that is over, or was meant as the token's lifetime"),
        (FUTURE - 7200, "a time that is over, or was meant as the token's lifetime"),
        (float("inf"), "not inf"),
        (float("nan"), "not nan"),
    ],
    ids=["milliseconds", "int", "lifetime", "past", "inf", "nan"],
)
def test_an_expiry_time_that_is_none_says_what_is_expected(monkeypatch, expiry, words):
    error = refusal(monkeypatch, ("token", expiry))
    assert type(error) is ValueError
    assert "in seconds since the epoch" in str(error)
    assert words in str(error)


CLIENT_PROGRAM = """
held, ended = [], []

def token(config):
    if held:
        END
        ended.append(True)
    # So that it is asked again soon.
    return "token", time.time() + 1.5

config = {
    "bootstrap.servers": NO_SERVER, "security.protocol": "sasl_plaintext", "sasl.mechanism": "OAUTHBEARER",
    "oauth_cb": token, "log_level": 0,
}
def threads():
    '''librdkafka's, which has given its threads names.'''
    found = []
    for task in os.listdir("/proc/self/task"):
        # One may end meanwhile.
        with contextlib.suppress(OSError), open(f"/proc/self/task/{task}/comm") as comm:
            found += [name for name in comm if name.startswith("rdk:")]
    return found

def make_client():
    made = Producer(config) if KIND == "producer" else Consumer({"group.id": "g", **config})
    wait_for(lambda: len(threads()) > 1)
    return made

held.append(make_client())
# Its thread, and with it all of the client, comes to its end. The thread that has ended it is kept for a while, under
# the name of the one that has started it.
wait_for(lambda: ended and len(threads()) <= 1)
# The collector is at the service of the program still.
gc.collect()
class Cycle:
    pass
made = Cycle()
made.self = made
made = weakref.ref(made)
gc.collect()
assert made() is None
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks for threads as Linux shows them")
@pytest.mark.parametrize("kind", ["producer", "consumer"])
@pytest.mark.parametrize(
    "end",
    [
        "held.pop().close()",
        "held.pop()",
        "cycle = [held.pop()]; cycle.append(cycle); del cycle; gc.collect()",
        "global local; local = threading.local(); local.client = held.pop()",
    ],
    ids=["closes", "drops", "collects", "leaves to its thread"],
)
def test_oauth_cb_may_end_its_own_client(program, kind, end):
    program("import contextlib, weakref\n" + CLIENT_PROGRAM.replace("END", end), NO_SERVER=NO_SERVER, KIND=kind)
