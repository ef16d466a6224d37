"""Reference counts and reference cycles: what callbacks, clients and messages hold, and let go of."""

import pytest
from checkers import measures_memory


def test_clients_in_reference_cycles_are_collected(program, filled):
    program(
        """
        import weakref

        class App:
            def __init__(self):
                self.producer = make_producer({"on_delivery": self.report, "error_cb": self.report})
                self.consumer = make_consumer({"on_commit": self.report, "stats_cb": self.report, "logger": self})
                self.consumer.subscribe([topic], on_assign=self.report, on_revoke=self.report, on_lost=self.report)

            def report(self, *arguments):
                pass

            log = report

        app = App()
        app.producer.produce(topic, "v")
        app.producer.flush(300)
        alive = weakref.ref(app)
        del app
        gc.collect()
        assert alive() is None
        """,
        topic=filled("v"),
    )


def test_the_callables_of_messages_are_let_go_of(program, filled):
    program(
        """
        def report(error, message):
            pass

        producer = make_producer({"queue.buffering.max.messages": 100})
        before = sys.getrefcount(report)
        for index in range(50):
            producer.produce(topic, "v", on_delivery=report)
        assert sys.getrefcount(report) == before + 50
        assert producer.flush(300) == 0
        assert sys.getrefcount(report) == before

        # Calls that fail.
        failed = 0
        for index in range(150):
            try:
                producer.produce(topic, "v", on_delivery=report)
            except BufferError:
                failed += 1
        assert failed
        outcome(lambda: producer.produce(topic, "v" * 2000000, on_delivery=report))
        outcome(lambda: producer.produce(topic, "v", on_delivery=report, headers=[("a", 5)]))
        outcome(lambda: producer.produce(topic, 5, on_delivery=report))
        outcome(lambda: producer.produce(topic, "v", on_delivery=report, timestamp="x"))
        producer.flush(300)
        assert sys.getrefcount(report) == before

        # A producer that is dropped with messages in its queue.
        dropped = Producer({"bootstrap.servers": "127.0.0.1:1"})
        for index in range(50):
            dropped.produce(topic, "v", on_delivery=report)
        dropped.purge()
        dropped.flush(5)
        dropped.produce(topic, "v", on_delivery=report)
        import warnings
        warnings.simplefilter("ignore")
        del dropped
        gc.collect()
        assert sys.getrefcount(report) == before

        # Reports that say only errors.
        quiet = make_producer({"delivery.report.only.error": True})
        for index in range(50):
            quiet.produce(topic, "v", on_delivery=report)
        assert quiet.flush(300) == 0
        assert sys.getrefcount(report) == before
        """,
        topic=filled(),
    )


def test_a_producer_that_is_dropped_with_messages_warns(program):
    program(
        """
        import warnings
        producer = Producer({"bootstrap.servers": "127.0.0.1:1"})
        producer.produce("t", "v")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            del producer
            gc.collect()
        assert [w.category for w in caught] == [ResourceWarning], caught
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            producer = Producer({"bootstrap.servers": "127.0.0.1:1", "statistics.interval.ms": 1, "stats_cb": print,
                                 "streams.compatibility": "kafka"})
            wait_for(lambda: len(producer) > 0)  # librdkafka has statistics to tell, which are no message
            del producer
            gc.collect()
        assert caught == []
        """
    )


def test_the_callables_of_a_consumer_are_let_go_of(program, filled):
    program(
        """
        def callback(*arguments):
            pass

        before = sys.getrefcount(callback)
        consumer = make_consumer({"on_commit": callback, "error_cb": callback, "stats_cb": callback})
        for _ in range(10):
            consumer.subscribe([topic], on_assign=callback, on_revoke=callback, on_lost=callback)
            outcome(lambda: consumer.subscribe([], on_assign=callback))
        consumer.close()
        del consumer
        gc.collect()
        assert sys.getrefcount(callback) == before

        class Listener:
            def on_assign(self, consumer, partitions): pass
            def on_revoke(self, consumer, partitions): pass

        listener = Listener()
        before = sys.getrefcount(listener)
        consumer = make_consumer()
        consumer.subscribe([topic], listener=listener)
        consumer.close()
        del consumer
        gc.collect()
        assert sys.getrefcount(listener) == before
        """,
        topic=filled("v"),
    )


def test_a_configuration_that_fails_lets_go_of_its_callables(program):
    program(
        """
        def callback(*arguments):
            pass

        class Logger:
            log = callback

        logger = Logger()
        before = sys.getrefcount(callback), sys.getrefcount(logger)
        for cls, name in ((Producer, "on_delivery"), (Consumer, "on_commit")):
            for _ in range(20):
                config = {
                    "group.id": "g", name: callback, "error_cb": callback, "stats_cb": callback,
                    "throttle_cb": callback, "oauth_cb": callback, "logger": logger, "no.such.property": 1,
                }
                assert outcome(cls, config).startswith("KafkaException")
                del config["no.such.property"]
                assert outcome(cls, dict(config, **{"socket.timeout.ms": "x"})).startswith("KafkaException")
                del config
        gc.collect()
        assert (sys.getrefcount(callback), sys.getrefcount(logger)) == before
        """
    )


def test_messages_do_not_keep_their_client_alive_and_are_collected_in_cycles(program, filled):
    program(
        """
        import weakref

        class Holder:
            pass

        consumer = make_consumer()
        consumer.assign([TopicPartition(topic, 0, 0)])
        message = consumer.poll(300)
        holder = Holder()
        holder.message = message
        message.set_value(holder)
        alive = weakref.ref(holder)
        del holder, message
        gc.collect()
        assert alive() is None
        consumer.close()
        """,
        topic=filled("v0"),
    )


@pytest.mark.parametrize("client", ["producer", "consumer"])
def test_many_clients_one_after_the_other_leave_no_threads(program, client):
    program(
        f"""
        def threads():
            return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else threading.active_count()

        def use():
            client = make_{client}()
            client.poll(0)
            client.close()

        use()
        before = threads()
        for _ in range(20):
            use()
        gc.collect()
        wait_for(lambda: threads() <= before)
        """
    )


@measures_memory
def test_message_values_are_let_go_of(program, filled):
    program(
        """
        consumer = make_consumer()
        consumer.assign([TopicPartition(topic, 0, 0)])
        wait_for(lambda: consumer.poll(0.1) is not None)

        def resident():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * 4096

        def read_all():
            consumer.seek(TopicPartition(topic, 0, 0))
            seen = 0
            while seen < 50:
                seen += sum(len(m.value()) > 0 for m in consumer.consume(10, 1))

        if os.path.exists("/proc/self/statm"):
            for _ in range(3):
                read_all()
            before = resident()
            for _ in range(20):
                read_all()
            # 20 rounds of 50 messages of 100 kB are 100 MB.
            assert resident() - before < 40_000_000
        consumer.close()
        """,
        topic=filled(*["x" * 100_000] * 50),
    )
