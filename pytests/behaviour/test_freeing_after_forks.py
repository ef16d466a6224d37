"""Long chains of objects in the child of a fork: they are freed to their ends, whatever was being freed at the fork."""

import pytest

PROGRAM = """
import os, threading
from mapr_streams_python import KafkaError, TopicPartition

class Counted:
    freed = 0
    def __del__(self):
        Counted.freed += 1

class Finalized(str):
    def __del__(self):
        finalize()

def check():
    # Far longer than what is freed one inside the other. CPython's own containers would cut it short.
    Counted.freed = 0
    last = None
    for _ in range(200):
        error = KafkaError(1)
        error.counted = Counted()
        error.__context__ = last
        last = error
    error = None
    last = None
    assert Counted.freed == 200, Counted.freed

def leave():
    status = 1
    try:
        check()
        status = 0
    finally:
        os._exit(status)

child = None
"""

ELSEWHERE = """
inside = threading.Event()
go_on = threading.Event()

def finalize():
    inside.set()
    go_on.wait()

thread = threading.Thread(target=lambda: TopicPartition(Finalized("t")))
thread.start()
inside.wait()
child = os.fork()
if child == 0:
    leave()
go_on.set()
thread.join()
"""

HERE = """
def finalize():
    global child
    child = os.fork()

TopicPartition(Finalized("t"))
if child == 0:
    leave()
"""

END = """
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
check()
"""


@pytest.mark.parametrize("fork", [ELSEWHERE, HERE], ids=["in-another-thread", "in-this-thread"])
def test_a_long_chain_is_freed_in_a_child_that_was_forked_while_something_was_freed(run_python, fork):
    run_python(PROGRAM + fork + END).check()
