"""Closing twice, inside any callback, and while another thread uses the client."""

import textwrap

import pytest

PRODUCER_CALLBACKS = {
    "delivery callback": """
        client = make_producer()
        client.produce(topic, "v", on_delivery=callback)
        serve = lambda: client.poll(0.1)
    """,
    "delivery callback in flush": """
        client = make_producer()
        for index in range(5):
            client.produce(topic, "v", on_delivery=callback)
        serve = lambda: client.flush(0.1)
    """,
    "configured on_delivery": """
        client = make_producer({"on_delivery": callback})
        for partition in range(2):
            client.produce(topic, "v", partition=partition)
        serve = lambda: client.poll(0.1)
    """,
    "report of a NULL payload": """
        client = make_producer()
        client.produce(topic, on_delivery=callback)
        client.produce(topic, on_delivery=callback)
        serve = lambda: client.poll(0.1)
    """,
    "error_cb": """
        client = Producer({"bootstrap.servers": "127.0.0.1:1", "error_cb": callback})
        serve = lambda: client.poll(0.1)
    """,
    "stats_cb": """
        client = make_producer({"statistics.interval.ms": 20, "stats_cb": callback})
        serve = lambda: client.poll(0.1)
    """,
    "logger": """
        class Logger:
            def log(self, level, form, facility, *values):
                # Not what the constructor tells of the loaded librdkafka.
                if facility != "KNOWNFAULT": callback()
        client = Producer({"bootstrap.servers": "127.0.0.1:1", "logger": Logger(), "debug": "metadata"})
        serve = lambda: client.poll(0.1)
    """,
}

CONSUMER_CALLBACKS = {
    "on_assign": """
        client = make_consumer()
        client.subscribe([topic], on_assign=callback)
        serve = lambda: client.poll(0.1)
    """,
    "on_assign in consume": """
        client = make_consumer()
        client.subscribe([topic], on_assign=callback)
        serve = lambda: client.consume(10, 0.1)
    """,
    "on_revoke": """
        client = make_consumer()
        client.subscribe([topic], on_revoke=callback)
        wait_for(lambda: client.poll(0.1) is not None)
        client.unsubscribe()
        serve = lambda: client.poll(0.1)
    """,
    "on_revoke in close": """
        client = make_consumer()
        client.subscribe([topic], on_revoke=callback)
        wait_for(lambda: client.poll(0.1) is not None)
        serve = lambda: client.close()
    """,
    "on_commit": """
        client = make_consumer({"on_commit": callback})
        client.commit(offsets=[TopicPartition(topic, 0, 1)])
        serve = lambda: client.poll(0.1)
    """,
    "on_commit in close": """
        client = make_consumer({"on_commit": callback})
        client.assign([TopicPartition(topic, 0, 0)])
        wait_for(lambda: client.poll(0.1) is not None)
        serve = lambda: client.close()
    """,
    "error_cb": """
        client = make_consumer({"bootstrap.servers": "127.0.0.1:1", "error_cb": callback})
        serve = lambda: client.poll(0.1)
    """,
    "stats_cb": """
        client = make_consumer({"statistics.interval.ms": 20, "stats_cb": callback})
        serve = lambda: client.poll(0.1)
    """,
    "logger": """
        class Logger:
            def log(self, level, form, facility, *values):
                # Not what the constructor tells of the loaded librdkafka.
                if facility != "KNOWNFAULT": callback()
        client = make_consumer({"bootstrap.servers": "127.0.0.1:1", "logger": Logger(), "debug": "metadata"})
        serve = lambda: client.consume(1, 0.1)
    """,
}

CALLBACKS = [(f"Producer: {name}", code) for name, code in PRODUCER_CALLBACKS.items()]
CALLBACKS += [(f"Consumer: {name}", code) for name, code in CONSUMER_CALLBACKS.items()]
every_callback = pytest.mark.parametrize("code", [code for _, code in CALLBACKS], ids=[name for name, _ in CALLBACKS])


def with_callback(body, code, after):
    """A program with a callback that does `body`, a client that calls it (`code`), and what is to hold `after` it."""
    return "\n".join(
        [
            "calls = []",
            "def callback(*arguments):",
            "    calls.append(arguments)",
            textwrap.indent(textwrap.dedent(body), "    "),
            textwrap.dedent(code),
            textwrap.dedent(after),
        ]
    )


@every_callback
def test_close_inside_a_callback(program, filled, code):
    program(
        with_callback(
            "client.close()\nclient.close()",
            code,
            """
            def served():
                try:
                    serve()
                except RuntimeError as error:
                    assert str(error).endswith("closed"), error
                return calls
            wait_for(served)
            assert outcome(client.poll, 0).startswith(f"RuntimeError: {type(client).__name__} closed")
            client.close()
            del client
            gc.collect()
            """,
        ),
        topic=filled("v0", "v1", partitions=2),
    )


@every_callback
def test_dropping_the_last_reference_inside_a_callback(program, filled, code):
    program(
        with_callback(
            "globals().pop('client', None)\ngc.collect()",
            code.replace("client.", "globals()['client']."),
            """
            def served():
                try:
                    serve()
                except KeyError:
                    pass
                return calls
            wait_for(served)
            del serve
            gc.collect()
            """,
        ),
        topic=filled("v0", "v1", partitions=2),
    )


CALLS = {
    "Producer.poll": "client.poll(600)",
    "Producer.flush": "client.flush(600)",
    "Producer.list_topics": "client.list_topics(timeout=3)",
    "Consumer.poll": "client.poll(600)",
    "Consumer.consume": "client.consume(10, 600)",
    "Consumer iteration": "next(client)",
    "Consumer.committed": "client.committed([TopicPartition('t', 0)], 3)",
    "Consumer.commit": "client.commit(offsets=[TopicPartition('t', 0, 1)], asynchronous=False)",
    "Consumer.get_watermark_offsets": "client.get_watermark_offsets(TopicPartition('t', 0), 3)",
    "Consumer.offsets_for_times": "client.offsets_for_times([TopicPartition('t', 0, 1)], 3)",
    "Consumer.end_offsets": "client.end_offsets([TopicPartition('t', 0)], 3)",
    "Consumer.lag": "client.lag(timeout=3)",
    "Consumer.list_topics": "client.list_topics(timeout=3)",
    "Consumer.close": "client.close()",
}


@pytest.mark.parametrize("call", CALLS)
def test_close_while_another_thread_is_inside_a_call(program, call):
    program(
        f"""
        # Connections are refused or never answered, so that the call is still waiting when the client is closed.
        import socket
        silent = socket.socket()
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = "127.0.0.1:%d" % silent.getsockname()[1]
        config = {{"bootstrap.servers": address, "group.id": "g", "session.timeout.ms": 3000, "log_level": 0}}
        client = {call.split(".")[0].split()[0]}(config)
        if type(client) is Producer:
            client.produce("t", "v")
        else:
            client.assign([TopicPartition("t", 0, 0)])
        results, inside = [], threading.Event()

        def call():
            inside.set()
            results.append(outcome(lambda: {CALLS[call]}))

        threads = [threading.Thread(target=call) for _ in range(3)]
        for thread in threads:
            thread.start()
        inside.wait()
        time.sleep(0.3)  # nothing tells that the thread is inside the C function
        if type(client) is Producer:
            client.purge()
        client.close()
        for thread in threads:
            thread.join(300)
            assert not thread.is_alive()
        assert len(results) == 3
        for result in results:
            kind = result.split(":")[0].split("(")[0]
            # On a busy machine a call may have come to its end before the close.
            ended = ("None", "[]", "0", "1", "True", "False", "RuntimeError", "KafkaException", "TimeoutException")
            assert kind in ended, result
        assert outcome(client.poll, 0).startswith("RuntimeError")
        """,
    )


def test_two_threads_close_at_once(program, filled):
    program(
        """
        for make in (make_producer, make_consumer):
            for _ in range(5):
                client = make()
                if type(client) is Producer:
                    client.produce(topic, "v")
                else:
                    client.subscribe([topic])
                    client.poll(0)
                gate = threading.Barrier(4)
                results = []

                def close():
                    gate.wait()
                    results.append(outcome(client.close))

                threads = [threading.Thread(target=close) for _ in range(4)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(300)
                    assert not thread.is_alive()
                assert set(results) <= {"None", "True"}, results
        """,
        topic=filled("v"),
    )


def test_many_threads_use_a_client_while_it_is_closed(program, filled):
    program(
        """
        def hammer(client, calls):
            stop = threading.Event()
            unexpected = []

            def work(call):
                while not stop.is_set():
                    result = outcome(call)
                    if result.startswith("RuntimeError"):
                        return
                    if result.split(":")[0] in ("AttributeError", "SystemError", "TypeError"):
                        unexpected.append(result)

            threads = [threading.Thread(target=work, args=(call,)) for call in calls for _ in range(2)]
            for thread in threads:
                thread.start()
            for _ in range(100):
                outcome(calls[0])
            # No time to deliver what the threads go on producing.
            client.close(0) if type(client) is Producer else client.close()
            stop.set()
            for thread in threads:
                thread.join(300)
                assert not thread.is_alive()
            assert unexpected == []

        producer = make_producer({"queue.buffering.max.messages": 1000})
        hammer(producer, [
            lambda: producer.produce(topic, "v", on_delivery=lambda error, message: message.value()),
            lambda: producer.poll(0.01), lambda: producer.flush(0.01), lambda: len(producer),
        ])
        consumer = make_consumer({"enable.auto.commit": False})
        consumer.assign([TopicPartition(topic, 0, 0)])
        partition = TopicPartition(topic, 0, 1)
        hammer(consumer, [
            lambda: consumer.poll(0.01), lambda: consumer.consume(10, 0.01), lambda: consumer.assignment(),
            lambda: consumer.commit(offsets=[partition], asynchronous=False), lambda: consumer.position([partition]),
            lambda: consumer.pause([partition]), lambda: consumer.resume([partition]),
        ])
        """,
        topic=filled("v0", "v1"),
    )
