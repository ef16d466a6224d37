# Python runs this at the start of each interpreter that `python -m mapr_streams_python run` has started, and of those
# that these start. It may be any Python, with or without this package.
import os
import sys


def _start():
    setting = os.environ.get("MAPR_STREAMS_RUN_AS", "")
    name, _, dialect = setting.partition(":")
    if not dialect or sys.version_info < (3, 9):
        return True
    try:
        from mapr_streams_python import install_as
    except ImportError:
        return False
    install_as(name, dialect)
    return True


def _start_the_other():
    # The one that this stands before.
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or os.curdir) != FOLDER]
    this = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401
    except ImportError:
        if this is not None:
            sys.modules["sitecustomize"] = this


FOLDER = os.path.dirname(os.path.abspath(__file__))
# The other may import what has another name here already, or be who says where this package is.
is_started = _start()
_start_the_other()
if not is_started and not _start():
    # The module beside this file says so, if anything imports it.
    sys.path.insert(0, FOLDER)
