"""How pytest-xdist shares out the tests: the longest first, one group to one worker, also after workers have died."""

from __future__ import annotations

import os

import pytest

# Groups, and parts of names, of what keeps a worker busy for longest. Begun last, one worker would be at it when the
# others have nothing left to do.
LONGEST = (
    "distributions",
    "kafka-1-node",
    "documentation",
    "kafka-3-nodes",
    "instructions",
    "test_plugin_on_kafka.py",
    "test_swift_example.py",
    "/sequences/",
    "rebalance-kafka-",
    "test_plugin.py",
)


def begins_early(item: pytest.Item) -> int:
    """The place of a test in the order of its worker's; one process alone keeps the order of the files."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return 0
    group = item.get_closest_marker("xdist_group")
    name = f"{item.nodeid} {group.args[0] if group else ''}"
    return next((place for place, part in enumerate(LONGEST) if part in name), len(LONGEST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    if config.getoption("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadGroupScheduling

    class Groups(LoadGroupScheduling):
        def remove_node(self, node):
            """Return the test that a worker died of, if it did. Another worker gets what it left, without that test."""
            workload = self.assigned_work.pop(node)
            left = ((unit, test) for unit in workload.values() for test, done in unit.items() if not done)
            unit, fatal = next(left, (None, None))
            if unit is not None:
                # It would most likely kill the next worker too, and one more for each time.
                unit[fatal] = True
                self.workqueue.update({group: unit for group, unit in workload.items() if not all(unit.values())})
                for other in self.assigned_work:
                    self._reschedule(other)
            return fatal

        def add_node_collection(self, node, collection):
            super().add_node_collection(node, collection)
            if node not in self.registered_collections:
                raise RuntimeError(f"{node.gateway.id} took the place of a worker that died, and found other tests")

        def _reschedule(self, node):
            # One that has taken the place of a worker that died is known before it has said which tests it finds. All
            # are looked at again when it has.
            if node not in self.registered_collections:
                return
            super()._reschedule(node)
            # A worker begins its last test when it knows the next, or that there is none.
            while not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
                super()._reschedule(node)

    return Groups(config, log)
