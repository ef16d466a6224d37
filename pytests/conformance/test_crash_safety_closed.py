"""No use of a closed client, or of one that was never initialised, crashes the interpreter."""

import ast
import textwrap

import pytest

# Every method of a client with arguments that an open one would take.
CALLS = """
PARTITION = TopicPartition("t", 0, 1)
CALLS = {
    "Consumer": {
        "subscribe": (["t"],), "unsubscribe": (), "assign": ([PARTITION],), "unassign": (), "assignment": (),
        "incremental_assign": ([PARTITION],), "incremental_unassign": ([PARTITION],), "poll": (0.1,),
        "consume": (1, 0.1), "commit": (), "committed": ([PARTITION], 0.1), "position": ([PARTITION],),
        "store_offsets": (None, [PARTITION]), "seek": (PARTITION,), "pause": ([PARTITION],), "resume": ([PARTITION],),
        "get_watermark_offsets": (PARTITION, 0.1), "offsets_for_times": ([PARTITION], 0.1),
        "beginning_offsets": ([PARTITION], 0.1), "end_offsets": ([PARTITION], 0.1), "lag": ([PARTITION], 0.1),
        "list_topics": (None, 0.1), "metrics": (), "memberid": (), "rebalance_protocol": (), "__next__": (),
        "cluster_id": (0.1,), "set_sasl_credentials": ("u", "p"),
        "consumer_group_metadata": (), "_transaction_offsets": (), "_rewind": (0.1,),
    },
    "Producer": {
        "produce": ("t", "v"), "produce_batch": ("t", [{"value": "v"}]), "send": ("t", "v"),
        "poll": (0.1,), "flush": (0.1,), "purge": (), "list_topics": (None, 0.1), "metrics": (),
        "cluster_id": (0.1,), "set_sasl_credentials": ("u", "p"),
        "init_transactions": (0.1,), "begin_transaction": (), "commit_transaction": (0.1,), "abort_transaction": (0.1,),
        "send_offsets_to_transaction": ([PARTITION], b"", 0.1), "transaction": (),
    },
}
"""

DEAD = {
    "closed": """
        def dead(cls):
            client = cls({"group.id": "g"})
            client.close()
            return client
    """,
    "made by __new__ alone": """
        def dead(cls):
            return cls.__new__(cls)
    """,
    "subclass without super().__init__": """
        def dead(cls):
            class Subclass(cls):
                def __init__(self):
                    self.wrapped = None
            return Subclass()
    """,
    "failed __init__": """
        def dead(cls):
            client = cls.__new__(cls)
            try:
                client.__init__({"no.such.property": 1})
            except KafkaException:
                pass
            return client
    """,
}


@pytest.fixture(params=DEAD)
def dead(request):
    return CALLS + textwrap.dedent(DEAD[request.param])


@pytest.mark.parametrize("cls", ["Consumer", "Producer"])
def test_every_method_of_a_dead_client_raises_a_runtime_error(program, dead, cls):
    printed = program(
        dead
        + f"""
client = dead({cls})
for name, arguments in CALLS["{cls}"].items():
    print(repr((name, outcome(getattr(client, name), *arguments))))
    # Wrong arguments make no difference, nor do none.
    for wrong in ((), (5,), (None, None, None)):
        result = outcome(getattr(client, name), *wrong)
        assert result.split(":")[0] in ("RuntimeError", "TypeError"), (name, wrong, result)
public = {{n for n in dir({cls}) if not n.startswith("_")}}
assert public - set(CALLS["{cls}"]) == {{"close"}}, public
"""
    )
    outcomes = dict(ast.literal_eval(line) for line in printed.splitlines())
    assert outcomes
    wrong = {name: text for name, text in outcomes.items() if not text.startswith(f"RuntimeError: {cls} closed")}
    assert wrong == {}


@pytest.mark.parametrize("cls", ["Consumer", "Producer"])
def test_a_dead_client_can_be_closed_again_printed_compared_and_collected(program, dead, cls):
    program(
        dead
        + f"""
client = dead({cls})
for _ in range(3):
    assert client.close() in (None, True)
assert client == client and client != 5
assert "mapr_streams_python.{cls}" in repr(client) or "Subclass" in repr(client)
hash(client), str(client), bool(client), dir(client)
if {cls} is Producer:
    assert len(client) == 0
assert client.__enter__() is client
client.__exit__(None, None, None)
del client
gc.collect()
"""
    )


@pytest.mark.parametrize("cls", ["Message", "TopicPartition", "KafkaError", "KafkaException"])
def test_every_member_of_a_value_made_by_new_alone_answers_or_raises(program, cls):
    program(
        f"""
        def try_everything(cls):
            try:
                value = cls.__new__(cls)
            except TypeError:
                return
            for name in dir(cls):
                if name in ("__class__", "__init_subclass__", "__subclasshook__", "__new__"):
                    continue
                member = outcome(getattr, value, name)
                for arguments in ((), (None,), (5,), (value,), ("x", "y")):
                    outcome(lambda: getattr(value, name)(*arguments))
            outcome(len, value), outcome(hash, value), outcome(str, value), outcome(bool, value)

        class Subclass({cls}):
            def __init__(self):
                pass

        try_everything({cls})
        try_everything(Subclass)
        outcome(Subclass)
        gc.collect()
        """
    )


def test_a_partition_without_a_topic_is_refused(program):
    program(
        """
        bare = TopicPartition.__new__(TopicPartition)
        consumer = make_consumer()
        for method in ("assign", "position", "committed", "pause", "resume", "offsets_for_times", "end_offsets", "lag"):
            result = outcome(getattr(consumer, method), [bare])
            assert result.split(":")[0] in ("ValueError", "TypeError", "KafkaException"), (method, result)
        assert outcome(consumer.seek, bare).split(":")[0] in ("ValueError", "TypeError", "KafkaException")
        consumer.close()
        """
    )


def test_messages_that_were_kept_survive_the_close_of_their_client(program, filled):
    program(
        """
        consumer = make_consumer()
        consumer.assign([TopicPartition(topic, 0, 0)])
        kept = []
        while len(kept) < 3:
            kept += consumer.consume(10, 1)
        polled = make_consumer()
        polled.assign([TopicPartition(topic, 0, 0)])
        kept.append(polled.poll(300))
        consumer.close(), polled.close()
        reports = []
        producer = make_producer()
        producer.produce(topic, "report", "key", on_delivery=lambda error, message: reports.append(message))
        producer.flush(300), producer.close()
        del consumer, polled, producer
        gc.collect()
        assert [m.value() for m in kept] == [b"v0", b"v1", b"v2", b"v0"]
        assert [m.headers() for m in kept] == [[("h", b"1")]] * 4
        assert [m.topic() for m in kept] == [topic] * 4
        assert all(m.timestamp()[1] > 0 for m in kept)
        assert (reports[0].value(), reports[0].key(), reports[0].error()) == (b"report", b"key", None)
        assert reports[0].latency() > 0
        """,
        topic=filled("v0", "v1", "v2", headers=[("h", "1")]),
    )


def test_an_argument_that_closes_the_client_while_it_is_read(program):
    program(
        """
        class Closing:
            def __init__(self, client): self.client = client
            def __float__(self): self.client.close(); return 0.1
            def __index__(self): self.client.close(); return 1
            def __str__(self): self.client.close(); return "t"
            def __bool__(self): self.client.close(); return True

        def closing(make, call):
            client = make()
            result = outcome(call, client, Closing(client))
            assert "RuntimeError" in result or result in ("None", "0", "[]", "1"), result
            assert outcome(client.poll, 0).startswith("RuntimeError")

        closing(make_producer, lambda p, c: p.poll(c))
        closing(make_producer, lambda p, c: p.flush(c))
        closing(make_producer, lambda p, c: p.produce("t", "v", partition=c))
        closing(make_producer, lambda p, c: p.produce("t", "v", timestamp=c))
        closing(make_producer, lambda p, c: p.purge(c))
        closing(make_producer, lambda p, c: p.list_topics("t", c))
        closing(make_consumer, lambda k, c: k.poll(c))
        closing(make_consumer, lambda k, c: k.consume(c, 0))
        closing(make_consumer, lambda k, c: k.consume(1, c))
        closing(make_consumer, lambda k, c: k.committed([TopicPartition("t", 0)], c))
        closing(make_consumer, lambda k, c: k.commit(asynchronous=c))
        closing(make_consumer, lambda k, c: k.get_watermark_offsets(TopicPartition("t", 0), c))
        closing(make_consumer, lambda k, c: k.offsets_for_times([TopicPartition("t", 0, 1)], c))
        closing(make_consumer, lambda k, c: k.end_offsets([TopicPartition("t", 0)], c))
        closing(make_consumer, lambda k, c: k.lag(None, c))
        closing(make_consumer, lambda k, c: k.position([TopicPartition("t", 0)], c))
        """
    )
