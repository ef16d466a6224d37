"""Forks, Ctrl-C and the interpreter's exit with requests of an AdminClient under way."""

from __future__ import annotations

from pathlib import Path

import pytest

# The waits are in slices of a tenth of a second, and one that is not interrupted goes on for a minute.
ALLOWED_SECONDS = 20

PRELUDE = f"""
import os, signal, sys, threading, time, warnings
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
warnings.simplefilter("ignore")
from admin_requests import NOWHERE, futures_of, present
from mapr_streams_python.admin import AdminClient, OffsetChange, OffsetPlan
from mapr_streams_python.testing import MockCluster

def ended(child):
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

def others(client):
    "What is no request with futures."
    plan = OffsetPlan(client, "g", [OffsetChange("t", 0, None, 1)])
    return {{
        "list_topics": client.list_topics,
        "cluster_id": client.cluster_id,
        "list_groups": client.list_groups,
        "poll": lambda: client.poll(60),
        "reset_offsets": lambda: client.reset_offsets("g", "earliest"),
        "reset_offsets of topics": lambda: client.reset_offsets("g", 5, topics=["t"]),
        "OffsetPlan.apply": plan.apply,
        "wait_for_topics": lambda: client.wait_for_topics(["t"]),
        "wait_until_deleted": lambda: client.wait_until_deleted(["t"]),
    }}
"""

# Accepts connections and answers nothing.
SILENT = """
import socket
silent = socket.socket()
silent.bind(("127.0.0.1", 0))
silent.listen()
client = AdminClient({"bootstrap.servers": "127.0.0.1:%d" % silent.getsockname()[1], "log_level": 0})
"""


def test_a_child_of_a_fork_gets_no_answer_of_any_request_and_asks_by_a_client_of_its_own(run_python):
    run_python(
        PRELUDE
        + """
client = AdminClient(NOWHERE)
asked = [future for name, request in present() for future in futures_of(request(client, request_timeout=600))]
child = os.fork()
if child == 0:
    calls = [call for future in asked for call in (future.result, future.exception)]
    calls += [lambda request=request: request(client) for name, request in present()]
    calls += others(client).values()
    for call in calls:
        try:
            call()
        except RuntimeError as exception:
            assert "fork" in str(exception), exception
        else:
            raise AssertionError(call)
    client.close()
    with AdminClient(NOWHERE) as own:
        asked = [futures_of(request(own, request_timeout=0.1)) for name, request in present()]
        for future in [future for futures in asked for future in futures]:
            future.exception(60)
else:
    ended(child)
    assert not any(future.done() for future in asked)
    client.close()
    assert all("_DESTROY" in repr(future.exception(60)) for future in asked)
"""
    ).check()


def test_the_answers_of_requests_that_a_fork_came_between_come_to_the_parent(run_python):
    run_python(
        PRELUDE
        + """
cluster = MockCluster(brokers=1)
cluster.create_topic("t")
client = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
client.cluster_id()
cluster.set_broker_rtt(-1, 0.3)
asked = [future for name, request in present() if request.answers for future in futures_of(request(client))]
children = []
for _ in range(3):
    children.append(os.fork())
    if children[-1] == 0:
        os._exit(0)
for child in children:
    ended(child)
assert asked and all(future.exception(60) is None for future in asked)
client.close()
cluster.close()
"""
    ).check()


def test_brokers_that_are_back_after_the_time_of_a_request_end_nothing_and_answer(run_python):
    """librdkafka aborts where the coordinator of a group comes back then (its issue 4605)."""
    run_python(
        PRELUDE
        + """
from mapr_streams_python import KafkaError
with MockCluster(brokers=1) as cluster:
    cluster.create_topic("t")
    with AdminClient({"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0}) as client:
        client.cluster_id(60)
        answered = [(name, request) for name, request in present() if request.answers]
        # No answer comes in time, and then the broker goes.
        cluster.set_broker_rtt(-1, 600)
        asked = {name: futures_of(request(client, request_timeout=0.5)) for name, request in answered}
        cluster.set_broker_down(1)
        for name, futures in asked.items():
            for future in futures:
                code = future.exception(60).args[0].code()
                assert code in (KafkaError._TIMED_OUT, KafkaError._TRANSPORT), (name, future.exception())
        cluster.set_broker_rtt(-1, 0)
        cluster.set_broker_up(1)
        # From 2.10.0 on librdkafka lets go of a broker that is gone, and ends what waits for it with this error.
        let_go = getattr(KafkaError, "_DESTROY_BROKER", -137)
        ends = time.monotonic() + 300
        for _ in range(3):
            for name, request in answered:
                failed = let_go
                while failed == let_go and time.monotonic() < ends:
                    errors = [future.exception(60) for future in futures_of(request(client, request_timeout=60))]
                    failed = next((error.args[0].code() for error in errors if error), None)
                assert failed is None, (name, errors)
"""
    ).check()


def test_a_child_that_a_callback_of_any_request_forks_ends_with_the_callback(run_python):
    run_python(
        PRELUDE
        + """
client = AdminClient(NOWHERE)
for name, request in present():
    children, forked = [], threading.Event()

    def fork(future):
        child = os.fork()
        if child != 0:
            children.append(child)
            forked.set()

    futures_of(request(client, request_timeout=0.05))[0].add_done_callback(fork)
    assert forked.wait(60), name
    ended(children[0])
client.close()
"""
    ).check()


def test_control_c_ends_what_waits_for_an_answer(run_python):
    printed = run_python(
        PRELUDE
        + SILENT
        + """
def interrupted(name, call):
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.2, interrupt)
    try:
        timer.start()
        call()
    except KeyboardInterrupt:
        print(name, "|", time.monotonic() - sent[0])
    timer.join()

for name, request in present():
    # One of each family, and each call that is not a future's.
    if name in ("delete_topics", "describe_configs", "delete_records", "describe_acls", "list_consumer_groups",
                "delete_consumer_group_offsets", "list_offsets", "describe_cluster", "elect_leaders"):
        interrupted(name, futures_of(request(client))[0].result)
for name, call in others(client).items():
    interrupted(name, call)
assert len(client) > 0
client.close()
"""
    ).check()
    taken = dict(line.split(" | ") for line in printed.splitlines())
    assert {"delete_topics", "reset_offsets", "OffsetPlan.apply", "wait_for_topics", "list_groups"} <= set(taken)
    assert {name: seconds for name, seconds in taken.items() if float(seconds) > ALLOWED_SECONDS} == {}


@pytest.mark.parametrize(
    "holding",
    [
        "kept = client",
        "client.itself = client; del client",
        "import atexit; atexit.register(client.close)",
        "for future in asked: future.add_done_callback(lambda done, client=client: print(client, done.exception()))",
    ],
    ids=["a global", "a cycle", "atexit", "callbacks"],
)
def test_the_program_ends_with_any_request_under_way(run_python, holding):
    ended = run_python(
        PRELUDE
        + SILENT
        + f"""
asked = [future for name, request in present() for future in futures_of(request(client))]
{holding}
print("end", flush=True)
"""
    )
    assert ended.check().startswith("end\n")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("waits", ["reset_offsets", "wait_for_topics", "OffsetPlan.apply", "list_topics"])
def test_the_program_ends_though_a_daemon_waits(run_python, waits):
    run_python(
        PRELUDE
        + SILENT
        + f"""
threads = [threading.Thread(target=others(client)[{waits!r}], daemon=True) for _ in range(2)]
for thread in threads:
    thread.start()
while {waits!r} in ("reset_offsets", "OffsetPlan.apply") and len(client) < 2:
    time.sleep(0.005)
"""
    ).check()


def test_closing_on_another_thread_ends_what_waits(run_python):
    printed = run_python(
        PRELUDE
        + SILENT.replace("client = AdminClient", "make = lambda: AdminClient")
        + """
for name in others(make()):
    client, told, begun = make(), [], threading.Event()

    def wait():
        call = others(client)[name]
        begun.set()
        try:
            told.append(call())
        except BaseException as exception:
            told.append(exception)

    thread = threading.Thread(target=wait)
    thread.start()
    begun.wait(60)
    client.close()
    thread.join(60)
    assert not thread.is_alive(), name
    print(name, "|", repr(told[0]))
"""
    ).check()
    for line in printed.splitlines():
        name, told = line.split(" | ")
        # What had not begun yet is refused; what had is told, and `poll` has served nothing.
        assert "closed" in told or "_DESTROY" in told or (name, told) == ("poll", "0"), line
