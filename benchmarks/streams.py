"""The hot loops with the topic named as one of a MapR stream: the mapping costs something where a name is new alone."""

import os

from .consuming import BATCH, SIX_ACCESSORS, taking
from .producing import COUNTED, KEEP_PAGES, delivery, enqueue
from .scenario import scenario

SETTINGS = {"MAPR_STREAMS_CONFIG": os.path.join(os.path.dirname(os.path.abspath(__file__)), "streams.conf")}


def naming_streams(run):
    """The same scenario with a stream's name for its topic; other packages know no streams, and are given Kafka's."""

    def renamed(module, parameters, meter):
        if module.__name__ == "mapr_streams_python":
            parameters = dict(parameters, topic=f"/benchmark:{parameters['topic']}")
        return run(module, parameters, meter)

    return renamed


def _scenario(name, title, run, **options):
    options["env"] = {**options.get("env", {}), **SETTINGS}
    scenario(f"{name}-stream", f"{title}, of a stream", counted=COUNTED, extra=True, **options)(naming_streams(run))


_scenario(
    "enqueue-cb",
    "`produce(topic, value, on_delivery=)`",
    enqueue("produce(T, V, on_delivery=cb)"),
    env=KEEP_PAGES,
)
_scenario("dr", "a delivery callback", delivery(True), topic="empty", chunks=15)
_scenario("poll", "`poll()` and six accessors", taking("m = poll(1.0); " + SIX_ACCESSORS), topic="full")
_scenario("consume500", "`consume(500)` and six accessors", taking(BATCH + SIX_ACCESSORS, 500), topic="full")
