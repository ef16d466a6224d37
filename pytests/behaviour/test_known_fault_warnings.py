"""The warning about known faults of the loaded librdkafka, which a client that meets one logs when it is made."""

import logging
import re

import pytest

from mapr_streams_python import Consumer, Producer, known_faults, libversion

RELEASE = tuple(map(int, libversion()[0].split(".")[:3]))
HEAD = "from mapr_streams_python import Consumer, Producer\n"
BY_PROPERTY = {
    "enable.idempotence": 'Producer({"enable.idempotence": True})',
    "enable.idempotence, for transactions": 'Producer({"transactional.id": "t"})',
    "partition.assignment.strategy=cooperative-sticky": (
        'Consumer({"group.id": "g", "partition.assignment.strategy": "cooperative-sticky"})'
    ),
    "client.rack": 'Consumer({"client.rack": "r"})',
    "client.id of more than 128 bytes": 'Producer({"client.id": "i" * 129})',
    "consumers with TLS": 'Consumer({"security.protocol": "ssl"})',
}


def not_kept(*meets):
    return [fault for fault in known_faults() if not fault.kept and fault.meets in meets]


@pytest.fixture
def warned(run_python):
    """`warned(code)`: the warnings that a program prints."""

    def run(code):
        ran = run_python(HEAD + code)
        ran.check()
        return re.findall(r"%4\|[^|]*\|KNOWNFAULT\|[^|]*\| (.*)", ran.stderr)

    return run


@pytest.mark.parametrize(("kind", "meets"), [("producer", ("producers",)), ("consumer", ("consumers",))])
def test_what_any_client_may_meet_shares_one_line(warned, kind, meets):
    faults = not_kept("all clients", *meets)
    lines = warned(f"{kind.capitalize()}({{}})")
    if not faults:
        assert lines == []
        return
    [line] = lines
    counted = f"{len(faults)} known {'fault' if len(faults) == 1 else 'faults'}"
    assert line.startswith(f"librdkafka {libversion()[0]} has {counted} that any {kind} may meet, ")
    assert [fault for fault in faults if f"{fault.text} (issue {fault.issue}) above all" in line]
    newest = max((fault.mended for fault in faults), key=lambda text: [int(part) for part in text.split(".")])
    assert line.endswith(f"; {newest} mends them all: see docs/librdkafka.md")


def test_a_fault_is_told_once_in_a_process(warned):
    one = warned("Producer({})")
    assert warned("for _ in range(3): Producer({})") == one
    # A consumer's line counts what was not told yet, and a group's what a consumer does not meet.
    both = warned("Producer({}); Consumer({}); Consumer({'group.id': 'g'}); Consumer({'group.id': 'g'}); Producer({})")
    told = [int(line.split(" has ")[1].split()[0]) for line in both]
    expected = [len(not_kept("all clients")), len(not_kept("consumers")), len(not_kept("consumers with a group"))]
    assert told == [number for number in expected if number]


@pytest.mark.parametrize("who", BY_PROPERTY)
def test_what_comes_with_a_property_has_a_line_of_its_own(warned, who):
    meets = who.split(",")[0]
    lines = [line for line in warned(BY_PROPERTY[who]) if " may meet" not in line]
    assert lines == [
        f"librdkafka {libversion()[0]} has a known fault, which comes with {meets}: {fault.text} (issue {fault.issue});"
        f" {fault.mended} mends it"
        for fault in not_kept(meets)
    ]


@pytest.mark.parametrize(
    "code",
    [
        "Producer({})",
        'Producer({"enable.idempotence": False, "client.id": "i" * 128})',
        'Consumer({"client.rack": ""})',
        'Consumer({"group.id": "g", "partition.assignment.strategy": "range,roundrobin"})',
    ],
)
def test_a_client_without_the_property_is_not_warned_of_what_it_brings(warned, code):
    assert [line for line in warned(code) if "comes with" in line] == []


def test_an_idempotent_producer_is_warned_of_its_fatal_errors_before_2_3(warned):
    lines = warned(BY_PROPERTY["enable.idempotence"])
    found = [line for line in lines if "rewound sequence number" in line and line.endswith("; 2.3.0 mends it")]
    assert len(found) == (RELEASE < (2, 3, 0))


@pytest.mark.skipif(RELEASE < (2, 16, 0), reason="an older librdkafka: tools/run_variant.py librdkafka has the newest")
def test_the_newest_librdkafka_is_not_warned_of(warned):
    assert warned("\n".join(BY_PROPERTY.values())) == []


@pytest.mark.parametrize(("level", "is_told"), [(3, False), (0, False), (4, True), (7, True)])
def test_log_level_silences_it(warned, level, is_told):
    lines = warned(f'Producer({{"enable.idempotence": True, "log_level": {level}}})')
    assert bool(lines) == (is_told and bool(not_kept("all clients", "enable.idempotence")))


def test_what_was_silenced_is_told_by_the_next_client(warned):
    assert warned('Producer({"log_level": 3}); Producer({})') == warned("Producer({})")


def test_a_logger_gets_it_as_a_warning(run_python):
    ran = run_python(
        HEAD
        + "class Logger:\n"
        + "    def log(self, level, form, *values): print(level, form % values)\n"
        + 'producer = Producer({"logger": Logger(), "client.id": "mine"})\n'
    )
    ran.check()
    assert "KNOWNFAULT" not in ran.stderr
    lines = [line for line in ran.stdout.splitlines() if "KNOWNFAULT" in line]
    assert len(lines) == bool(not_kept("all clients"))
    for line in lines:
        assert line.startswith(f"{logging.WARNING} KNOWNFAULT [mine#producer-1] librdkafka ")


def test_a_logger_that_raises_over_a_warning_is_no_reason_not_to_have_the_client(run_python):
    ran = run_python(
        HEAD
        + "class Logger:\n"
        + "    def log(self, level, form, facility, *values):\n"
        + "        if facility == 'KNOWNFAULT': raise ValueError(facility)\n"
        + "import sys\n"
        + "sys.unraisablehook = lambda told: print(repr(told.exc_value))\n"
        + "print(len(Producer({'logger': Logger()})))\n"
    )
    warned = ["ValueError('KNOWNFAULT')"] if not_kept("all clients") else []
    assert ran.check().splitlines() == [*warned, "0"]


# `known_faults`.


def test_known_faults_are_those_of_the_loaded_librdkafka():
    for fault in known_faults():
        assert fault.mended is None or tuple(map(int, fault.mended.split("."))) > RELEASE
        if " to before " in fault.releases:
            assert tuple(map(int, fault.releases.split()[0].split("."))) <= RELEASE
        assert fault.kept == (fault.how is not None)
        assert fault.text
        assert fault.meets
    assert any(fault.kept for fault in known_faults())


def test_both_dialects_have_known_faults():
    import mapr_streams_python.kafka

    assert mapr_streams_python.kafka.known_faults() == known_faults()


@pytest.mark.skipif(RELEASE != (2, 0, 2), reason="says what 2.0.2 has")
def test_2_0_2_has_faults_of_both_kinds():
    issues = {fault.issue: fault for fault in known_faults()}
    assert not issues[4438].kept
    assert issues[4438].releases == "before 2.3.0"
    assert issues[4381].kept
    # Of later releases alone.
    assert not {4245, 4833, 5088, 5541} & set(issues)


def test_clients_are_made_all_the_same():
    Producer({"enable.idempotence": True, "log_level": 3}).close()
    Consumer({"client.rack": "r", "log_level": 3}).close()
