"""How `make test` runs its steps: side by side, each one's output in one piece, and none ended but for its silence."""

import sys

import run_tests
import side_by_side
from side_by_side import Running

STUCK_WITH_A_STACK = """
import faulthandler, time
faulthandler.enable()
def stuck(): time.sleep(3600)
print("begins", flush=True)
stuck()
"""
TALKING = """
import sys, time
for _ in range(15):
    time.sleep(float(sys.argv[1]) / 10)
    print(".", end="", flush=True)
"""
# A step is silent, too, while its interpreter starts and while it prints its stacks: on a busy machine for how long?
SILENCES = (2, 20, 200)
# Each waits for a file that the other makes, so that neither ends unless both run, and prints before and after.
MEETING = """
import pathlib, sys, time
me, other = sys.argv[1:]
print(me, "begins", flush=True)
pathlib.Path(me).touch()
while not pathlib.Path(other).exists():
    time.sleep(0.01)
print(me, "ends", flush=True)
"""
SWIFT_TEST = """\
[0/1] Planning build
Test Suite 'All tests' started at 2026-01-01 00:00:00.000
◇ Test run started.
↳ Testing Library Version: 6.3.1
◇ Suite CloseTests started.
◇ Test closes() started.
\x1b[90m◇\x1b[0m Test wrongLines(_:_:) started.
◇ Test case passing 2 arguments text → "[client]

acks", line → 3 to wrongLines(_:_:) started.
%3|1795693992.503|ERROR|rdkafka#consumer-42| Disconnected
✔ Test closes() passed after 0.001 seconds.
\x1b[92m✔\x1b[0m Test case passing 2 arguments text → "[client]

acks", line → 3 to wrongLines(_:_:) passed after 0.001 seconds.
✘ Test case passing 2 arguments text → "[client]
acks", line → 3 to wrongLines(_:_:) failed after 0.001 seconds with 1 issue.
✘ Test opens() recorded an issue at CloseTests.swift:5:5: Expectation failed: open
✘ Test opens() failed after 0.001 seconds with 1 issue.
✘ Suite CloseTests failed after 0.002 seconds with 1 issue.
✘ Test run with 2 tests in 1 suite failed after 0.002 seconds with 1 issue."""


def python(name, code, *arguments, **options):
    return Running(name, [sys.executable, "-c", code, *map(str, arguments)], **options)


def test_a_step_that_is_silent_is_ended_with_its_stacks():
    for silence in SILENCES:
        ended = python("stuck", STUCK_WITH_A_STACK, silence=silence).run()
        assert ended.status < 0
        assert ended.seconds < 3000
        if "in stuck" in ended.output:
            break
    assert ended.output.startswith(f"begins\n\nEnding this step: it has printed nothing for {silence} seconds.\n")
    assert "in stuck" in ended.output


def test_a_step_that_prints_is_not_ended_however_long_it_takes():
    for silence in SILENCES:
        ended = python("talking", TALKING, silence, silence=silence).run()
        if ended.status == 0:
            break
    assert (ended.status, ended.output) == (0, "." * 15)
    assert ended.seconds > silence


def test_steps_run_side_by_side_and_the_output_of_each_is_in_one_piece(tmp_path, capsys):
    names = [tmp_path / "one", tmp_path / "two"]
    lanes = [[python(one.name, MEETING, one, other)] for one, other in (names, names[::-1])]
    ended = side_by_side.run(lanes)
    assert [ended[name.name].status for name in names] == [0, 0]
    shown = [line for line in capsys.readouterr().out.splitlines() if line.endswith((" begins", " ends"))]
    assert sorted([shown[:2], shown[2:]]) == [[f"{name} begins", f"{name} ends"] for name in names]


def test_the_steps_of_a_lane_run_one_after_the_other(tmp_path):
    made = tmp_path / "made"
    first = python("first", "import pathlib, sys, time; time.sleep(0.2); pathlib.Path(sys.argv[1]).touch()", made)
    second = python("second", "import pathlib, sys; assert pathlib.Path(sys.argv[1]).exists()", made)
    assert side_by_side.run([[first, second]])["second"].status == 0


def test_a_step_begins_when_what_it_needs_of_another_lane_has_ended_well(tmp_path):
    made = tmp_path / "made"
    first = python("first", "import pathlib, sys, time; time.sleep(0.2); pathlib.Path(sys.argv[1]).touch()", made)
    second = python("second", "import pathlib, sys; assert pathlib.Path(sys.argv[1]).exists()", made, needs=["first"])
    assert side_by_side.run([[second], [first]])["second"].status == 0


def test_a_step_that_needs_one_that_failed_is_not_run_and_fails(tmp_path):
    made = tmp_path / "made"
    first = python("first", "raise SystemExit(3)")
    second = python("second", "import pathlib, sys; pathlib.Path(sys.argv[1]).touch()", made, needs=["first"])
    third = python("third", "", needs=["second"])
    ended = side_by_side.run([[second, third], [first]])
    assert (ended["second"].status, ended["second"].output) == (1, "Not run: first failed.\n")
    assert (ended["third"].status, ended["third"].output) == (1, "Not run: second failed.\n")
    assert not made.exists()


def test_a_command_that_is_not_there_fails_its_step_and_ends_no_other():
    ended = side_by_side.run([[Running("missing", ["/nowhere/swift"])], [python("there", "print('here')")]])
    assert ended["missing"].status != 0
    assert "/nowhere/swift" in ended["missing"].output
    assert ended["there"] == (0, "here\n", ended["there"].seconds)


def test_swift_test_shows_its_failures_and_its_summary_and_counts_the_rest(capsys):
    running = python("swift test", "print(__import__('sys').argv[1])", SWIFT_TEST, unshown=run_tests.PASSING)
    ended = side_by_side.run([[running]])["swift test"]
    assert ended.output == SWIFT_TEST + "\n"
    _, shown = capsys.readouterr().out.split("failed after 0.002 seconds with 1 issue.'\n")
    assert shown.splitlines() == SWIFT_TEST[SWIFT_TEST.index("✘") :].splitlines()


def test_swift_test_that_dies_in_the_middle_of_a_line_shows_what_it_was_at(capsys):
    said = '◇ Test run started.\n◇ Test case passing 1 argument text → "a\nb" to x(_:)'
    running = python("swift test", "print(__import__('sys').argv[1], end='')", said, unshown=run_tests.PASSING)
    side_by_side.run([[running]])
    assert capsys.readouterr().out.endswith("\n" + said.split("\n", 1)[1])
