"""Loops that end at the first end of a partition, and those that do not."""

from __future__ import annotations

import textwrap

import pytest

PROGRAM = """\
from mapr_streams_python import Consumer, KafkaError, KafkaException
import sys
c = Consumer({'bootstrap.servers': argv[1], 'group.id': 'g'})
"""

# The loop, and the text of the line that ends it.
DRAINS = [
    (
        """
        def is_end(msg):
            \"\"\"Whether it is one.\"\"\"
            error = msg.error()
            if error is None:
                return False
            return error.code() == KafkaError._PARTITION_EOF
        while True:
            msg = c.poll(1.0)
            if msg is not None and is_end(msg):
                break
            print(msg.value())
        """,
        "break",
    ),
    (
        """
        is_end = lambda msg: msg.error() and msg.error().code() == KafkaError._PARTITION_EOF
        while True:
            msg = c.poll(1.0)
            if is_end(msg):
                sys.exit()
        """,
        "sys.exit()",
    ),
    (
        """
        class App:
            def is_over(self, msg):
                return msg.error().name() == "_PARTITION_EOF"
            def run(self):
                while not self.done:
                    msg = c.poll(1.0)
                    if self.is_over(msg):
                        self.done = True
        """,
        "self.done = True",
    ),
    (
        """
        while True:
            msg = c.poll(1.0)
            if msg is None:
                continue
            if msg.error():
                if msg.error().code() == KafkaError._PARTITION_EOF:
                    break
                raise KafkaException(msg.error())
            print(msg.value())
        """,
        "break",
    ),
    (
        """
        running = True
        while running:
            msg = c.poll()
            if not msg.error():
                print(msg.value())
            elif msg.error().code() != KafkaError._PARTITION_EOF:
                print(msg.error())
            else:
                running = False
        """,
        "running = False",
    ),
    (
        """
        done = False
        while not done:
            for msg in c.consume(100, 1.0):
                err = msg.error()
                if err is not None and err.code() == -191:
                    done = True
        """,
        "done = True",
    ),
    (
        """
        def drain():
            while 1:
                m = c.poll(timeout=5)
                if m is None or m.error():
                    return
                print(m.value())
        """,
        "return",
    ),
    (
        """
        while True:
            m = c.poll(1)
            if m and m.error() and m.error().code() in (KafkaError._PARTITION_EOF, KafkaError._TIMED_OUT):
                sys.exit(0)
        """,
        "sys.exit(0)",
    ),
    ("while not c.poll(1).error(): pass", "while not"),
    (
        """
        while True:
            try:
                m = c.poll(1)
                if m is None: continue
                code = m.error().code() if m.error() else None
                if m.error() is None:
                    print(m)
                elif m.error().name() == '_PARTITION_EOF':
                    break
            finally:
                pass
        """,
        "break",
    ),
    (
        """
        while True:
            m = c.poll(1)
            if m.error():
                print "end", m.error()
                break
        """,
        "break",
    ),
]

GO_ON = [
    """
    ended = set()
    def is_last_end(msg):
        if msg.error().code() == KafkaError._PARTITION_EOF:
            ended.add(msg.partition())
            return len(ended) == 4
        return False
    while True:
        if is_last_end(c.poll(1.0)):
            break
    """,
    """
    def is_failure(msg):
        return msg.error() and msg.error().code() != KafkaError._PARTITION_EOF
    while True:
        if is_failure(c.poll(1.0)):
            break
    """,
    """
    def is_end(msg):
        return is_end(msg) or msg.error().code() == KafkaError._PARTITION_EOF
    def is_end(msg):
        return False
    while True:
        if is_end(c.poll(1.0)):
            break
    """,
    """
    def is_end(msg):
        return is_end(msg)
    while True:
        if is_end(c.poll(1.0)):
            break
    """,
    """
    while True:
        msg = c.poll(1.0)
        if msg is None:
            continue
        if msg.error():
            if msg.error().code() == KafkaError._PARTITION_EOF:
                continue
            raise KafkaException(msg.error())
    """,
    """
    running = True
    while running:
        msg = c.poll()
        if not msg.error():
            print(msg.value())
        elif msg.error().code() != KafkaError._PARTITION_EOF:
            print(msg.error())
            running = False
    """,
    """
    ended = 0
    while True:
        msg = c.poll(1)
        if msg.error() and msg.error().code() == KafkaError._PARTITION_EOF:
            ended += 1
            if ended == 4:
                break
    """,
    """
    while True:
        msg = c.poll(1)
        if msg is None:
            break
    """,
    """
    for _ in range(10):
        msg = c.poll(1)
        if msg.error() and msg.error().code() != -191:
            break
    """,
    """
    while True:
        msg = c.poll(1)
        if msg.error().code() == KafkaError._ALL_BROKERS_DOWN:
            break
    """,
    """
    for line in open('file'):
        if line.error():
            break
    """,
    """
    for message in messages:
        for part in message:
            if part.error():
                break
    while True:
        c.poll(1)
    """,
]


@pytest.mark.parametrize(("loop", "end"), DRAINS)
def test_a_loop_that_ends_at_the_first_end_is_found(loop, end, found):
    source = PROGRAM + textwrap.dedent(loop)
    findings = found("loop", source)
    assert len(findings) == 1
    line, text = findings[0]
    assert end in source.splitlines()[line - 1]
    begun = int(text.split("line ")[1].split()[0])
    assert source.splitlines()[begun - 1].strip().startswith("while")
    assert "at the first _PARTITION_EOF" in text


@pytest.mark.parametrize("loop", GO_ON)
def test_a_loop_that_goes_on_is_no_finding(loop, found):
    assert found("loop", PROGRAM + textwrap.dedent(loop)) == []
