# Python runs this at the start of each interpreter that `python -m mapr_streams_python run` has started, and of those
# that these start. It may be any Python, with or without this package.
import os
import sys


def _start():
    setting = os.environ.get("MAPR_STREAMS_RUN_AS", "")
    name, _, dialect = setting.partition(":")
    if not dialect or sys.version_info < (3, 9):
        return
    try:
        from mapr_streams_python import install_as
    except ImportError:
        return
    install_as(name, dialect)


def _start_the_other():
    # The one that this stands before.
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or os.curdir) != folder]
    this = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401
    except ImportError:
        if this is not None:
            sys.modules["sitecustomize"] = this


_start_the_other()
_start()
