"""How pytest-xdist shares out the tests: one group to one worker, also after a worker has died."""

from __future__ import annotations

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    if config.getoption("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadGroupScheduling

    class Groups(LoadGroupScheduling):
        def _reschedule(self, node):
            super()._reschedule(node)
            # A worker begins its last test when it knows the next, or that there is none. One that has taken the place
            # of a worker that died is given groups of which all has run, and would wait for ever.
            while not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
                super()._reschedule(node)

    return Groups(config, log)
