"""Executes the extension's module while one of Python's allocations fails, and again while none does.

The argument is the extension's file. What is printed: how many places there were to fail at.
"""

import _testcapi
import importlib.machinery
import importlib.util
import os
import sys
import traceback

PATH = sys.argv[1]
NAME = "mapr_streams_python.cimpl"
LOADER = importlib.machinery.ExtensionFileLoader(NAME, PATH)
SPEC = importlib.util.spec_from_file_location(NAME, PATH, loader=LOADER)
NAMES = ["KafkaError", "KafkaException", "AbortableTimeoutException", "TopicPartition", "Message", "Producer"]
NAMES += ["Consumer", "_MockCluster", "_TopicNames", "OFFSET_END"]


def fails(place):
    """Whether the import fails where the allocation of this number does."""
    module = importlib.util.module_from_spec(SPEC)
    _testcapi.set_nomemory(place, place + 1)
    try:
        LOADER.exec_module(module)
    except MemoryError:
        return True
    except RuntimeError as error:
        # So says CPython's own import of another module.
        if "can't allocate lock" not in str(error):
            raise
        return True
    finally:
        _testcapi.remove_mem_hooks()
    return False


def check():
    module = importlib.util.module_from_spec(SPEC)
    LOADER.exec_module(module)
    missing = [name for name in NAMES if not hasattr(module, name)]
    assert not missing, missing
    assert module.KafkaError._ALL_BROKERS_DOWN == -187
    assert isinstance(module.KafkaException(module.KafkaError(1)), Exception)


def in_a_child(function, *arguments):
    """What the function returns, in a process that has imported nothing yet."""
    child = os.fork()
    if child == 0:
        result = 2
        try:
            result = int(function(*arguments))
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(result)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, 1), f"the child ended with {status}"
    return status == 1


def once(place):
    failed = fails(place)
    check()
    return failed


def again_and_again():
    for place in range(3000):
        if not fails(place):
            break
    for _ in range(200):
        # Always at the same place, which comes nearer to the end as more is made.
        if not fails(60):
            break
    check()
    return False


# Each is tried in turn as far as the first types; from then on every seventh is enough.
places = 0
# Some failures are overcome: the import is complete when several in a row were none.
passed = 0
while passed < 20:
    passed = 0 if in_a_child(once, places) else passed + 1
    places += 1 if places < 50 else 7
in_a_child(again_and_again)
print(places)
