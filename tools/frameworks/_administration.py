"""For where this package has no `admin` module: frameworks import names of it, and need little of them."""

import importlib.util
import sys
from types import ModuleType

import mapr_streams_python.kafka


def stand_in() -> bool:
    """Give `confluent_kafka.admin` names that do nothing where this package has none. Tells whether it was so."""
    if importlib.util.find_spec("mapr_streams_python.kafka.admin") is not None:
        return False
    module = ModuleType("confluent_kafka.admin")

    class AdminClient:
        def __init__(self, *config, **properties):
            pass

        def create_topics(self, topics, **how):
            # The mock cluster makes each topic when it is first used.
            return {}

    for name in ("NewTopic", "ConfigResource", "ClusterMetadata", "GroupMetadata", "TopicMetadata"):
        setattr(module, name, type(name, (), {"__init__": lambda self, *arguments, **keywords: None}))
    module.AdminClient = AdminClient
    module.KafkaException = mapr_streams_python.KafkaException
    sys.modules["confluent_kafka.admin"] = module
    # Of `confluent_kafka.cimpl`.
    mapr_streams_python.kafka.NewTopic = module.NewTopic
    return True
