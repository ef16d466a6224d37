"""A finalizer that the collection of garbage runs inside a call, and that changes the object that the call is about."""

import pytest

# Memory that is used after it was freed is found; what the interpreter keeps of its own is not taken for it.
ENVIRONMENT = {"PYTHONMALLOC": "debug"}

PROGRAM = """
class Finalizer:
    def __del__(self):
        change(len(changes))
        changes.append(None)

changes = []

def garbage():
    made = Finalizer()
    made.self = made

def call():
    '''Calls with a collection at one of the objects that the call makes, at each of them in turn.'''
    gc.collect()
    for threshold in range(1, 12):
        gc.disable()
        gc.set_threshold(threshold)
        garbage()
        gc.enable()
        given = method()
        gc.disable()
        check(given)
        gc.collect()

SCENARIO

call()
assert changes
"""

SCENARIOS = {
    "TopicPartition.__reduce__": """
def fill(letter):
    return letter * 200 + str(len(changes))

tp = TopicPartition(fill("t"), metadata=fill("m"))
tp.__setstate__(KafkaError(1, fill("r")))

def change(number):
    tp.__init__(fill("t"), metadata=fill("m"))
    tp.__setstate__(KafkaError(1, fill("r")))

method = lambda: tp.__reduce__()

def check(given):
    type, (topic, partition, offset, metadata, epoch), error = given
    assert topic[:200] == "t" * 200 and metadata[:200] == "m" * 200, given
    assert error is None or error.str()[:200] == "r" * 200
""",
    "KafkaError.__reduce__": """
error = KafkaError(1, "r" * 200)

def change(number):
    error.__init__(1, "r" * 200 + str(number))

method = lambda: error.__reduce__()

def check(given):
    type, (code, reason, *flags) = given
    assert reason[:200] == "r" * 200, given
""",
    "repr of a KafkaError": """
error = KafkaError(1, chr(0xd800) * 200)

def change(number):
    error.__init__(1, chr(0xd800) * 200 + str(number))

method = lambda: repr(error)

def check(given):
    assert given.startswith("KafkaError{")
""",
}


@pytest.mark.parametrize("scenario", list(SCENARIOS))
def test_a_finalizer_may_change_what_a_call_is_reading(program, scenario):
    program(PROGRAM.replace("SCENARIO", SCENARIOS[scenario]), env=ENVIRONMENT)
