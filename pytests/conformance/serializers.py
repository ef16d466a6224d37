"""Serializers of tests, which write down what is done with them."""

from mapr_streams_python import Producer
from mapr_streams_python.serialization import (
    Deserializer,
    DeserializerBuilder,
    Serializer,
    SerializerBuilder,
)

# Without servers: nothing happens but what the tests do.
OFFLINE = {"log_level": 0}
GROUP = {**OFFLINE, "group.id": "g"}


class Recorder(Serializer, Deserializer):
    """Serializes texts, and writes down what is done with it."""

    def __init__(self):
        self.calls = []
        self.resolvers = []
        self.closed = 0

    def __call__(self, obj, ctx=None):
        self.calls.append((obj, ctx.topic, ctx.field, ctx.headers))
        return obj

    def set_cluster_id_resolver(self, resolver):
        self.resolvers.append(resolver)

    def close(self):
        self.closed += 1


class Builder(SerializerBuilder, DeserializerBuilder):
    def __init__(self, mine="mine"):
        self.calls = []
        self.built = []
        self.mine = mine

    def build(self, conf, is_key):
        self.calls.append((conf, is_key))
        self.built.append(Recorder())
        return self.built[-1], {name: value for name, value in conf.items() if name != self.mine}


def refuses(obj, ctx):
    raise ValueError(f"no {obj!r}")


def closed(client):
    if isinstance(client, Producer):
        client.purge()
    client.close()
