# Where sitecustomize.py beside this file has not run, since another one stands before it (opentelemetry-instrument has
# one), or could not do anything, an import of this name comes here: this folder stands before what is installed.
import os
import sys


def _become(name):
    # The import gives what stands under the name when this ends.
    del sys.modules[name]
    dialect = os.environ.get("MAPR_STREAMS_RUN_AS", "").partition(":")[2]
    if dialect and sys.version_info >= (3, 9):
        try:
            from mapr_streams_python import install_as
        except ImportError as error:
            problem = "{} is not mapr_streams_python here: {} cannot import that ({})\n"
            sys.stderr.write(problem.format(name, sys.executable, error))
        else:
            # The folder stays where it is: multiprocessing gives the path to its children, which come here too.
            install_as(name, dialect)
            return
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or os.curdir) != folder]
    __import__(name)


_become(__name__)
