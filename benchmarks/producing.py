"""Producer scenarios: handing messages over, hearing of their delivery, and both to the last report."""

from .meter import loop, quiet, rss_mb
from .scenario import THROUGHPUT, scenario

COUNTED = (2000, 6000)
TWO_HEADERS = [("header-0", b"0123456789abcdef"), ("header-1", b"0123456789abcdef")]

# Pages that malloc hands back to the kernel between chunks would be faulted in again, at a cost that is the kernel's.
KEEP_PAGES = {
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "MALLOC_TOP_PAD_": str(1 << 26),
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
}


def without_broker(parameters):
    """A producer that queues and never sends: what is timed is produce() alone."""
    return {
        "bootstrap.servers": parameters["bootstrap"],
        "log_level": 0,
        "linger.ms": 900000,
        "queue.buffering.max.messages": 2000000,
        "queue.buffering.max.kbytes": 2000000,
        "batch.num.messages": 1000000,
        "batch.size": 1000000000,
        "message.max.bytes": 1000000000,
        "reconnect.backoff.ms": 100000,
        "reconnect.backoff.max.ms": 100000,
        "message.timeout.ms": 0,
    }


def sending(parameters, **more):
    return dict({"bootstrap.servers": parameters["bootstrap"], "log_level": 0, "linger.ms": 5}, **more)


def enqueue(call):
    """A scenario that times ``call`` against a producer whose queue always has room."""

    def run(module, parameters, meter):
        def callback(err, msg):
            pass

        n = parameters["n"]
        values = {
            "T": parameters["topic"],
            "V": b"v" * parameters["size"],
            "K": b"key-0123",
            "cb": callback,
            "VS": "v" * parameters["size"],
            "KS": "key-0123",
            "H": TWO_HEADERS,
            "HD": dict(TWO_HEADERS),
        }
        body = loop(["T", "V", "K", "VS", "KS", "H", "HD", "cb", "produce"], call)
        producer = module.Producer(without_broker(parameters))
        retired = []
        for chunk in range(parameters["chunks"] + 1):
            if not parameters["purge"]:
                # a full producer is kept, not freed: its threads would free messages while the next chunk is timed
                retired.append(producer)
                producer = module.Producer(without_broker(parameters))
            before = len(producer)
            values["produce"] = producer.produce
            meter.start(chunk)
            body(n, values)
            meter.stop(n, chunk)
            # a few more: len() counts waiting error events as well, and no broker is up
            if not 0 <= len(producer) - before - n <= 20:
                raise RuntimeError(f"{n} messages were produced, {len(producer) - before} are queued")
            if parameters["purge"]:
                producer.purge()
                while len(producer):
                    producer.poll(0.1)

    return run


def _enqueue(name, title, call, **options):
    options.setdefault("counted", COUNTED)
    scenario(name, title, env=KEEP_PAGES, **options)(enqueue(call))


_enqueue("enqueue-value", "`produce(topic, value)`", "produce(T, V)")
_enqueue("enqueue-kw", "`produce(topic, value=, key=)`", "produce(T, value=V, key=K)")
_enqueue("enqueue-cb", "`produce(topic, value, on_delivery=)`", "produce(T, V, on_delivery=cb)")
_enqueue("enqueue-headers", "`produce(topic, value, headers=[2])`", "produce(T, V, headers=H)")
_enqueue(
    "enqueue-lambda",
    "`produce(topic, value, on_delivery=lambda ...)`",
    "produce(T, V, on_delivery=lambda error, message: None)",
    extra=True,
)
_enqueue("enqueue-keyval", "`produce(topic, value, key)`", "produce(T, V, K)", extra=True)
_enqueue("enqueue-str", "`produce(topic, str, str)`", "produce(T, VS, KS)", extra=True)
_enqueue("enqueue-headers-dict", "`produce(topic, value, headers={2})`", "produce(T, V, headers=HD)", extra=True)
_enqueue("enqueue-1k", "`produce(topic, 1 KiB)`", "produce(T, V)", size=1024, n=2000, extra=True)


def enqueue_batch(fields):
    """A scenario that times one produce_batch() of all messages; each is a dict of its own with these fields."""

    def run(module, parameters, meter):
        values = {
            "value": b"v" * parameters["size"],
            "key": b"key-0123",
            "headers": TWO_HEADERS,
            "timestamp": 1700000000000,
            "partition": 1,
        }
        retired = []
        for chunk in range(parameters["chunks"] + 1):
            producer = module.Producer(without_broker(parameters))
            messages = [{name: values[name] for name in fields} for _ in range(parameters["n"])]
            produce_batch, topic, n = producer.produce_batch, parameters["topic"], parameters["n"]
            meter.start(chunk)
            queued = produce_batch(topic, messages)
            meter.stop(n, chunk)
            if queued != n:
                raise RuntimeError(f"{n} messages were produced, {queued} are queued")
            # a full producer is kept, not freed, while the next chunk is timed
            retired.append(producer)
            if parameters["purge"]:
                producer.purge()
                while len(producer):
                    producer.poll(0.1)

    return run


def _enqueue_batch(name, title, *fields, **options):
    """``name`` says to bare.c which fields a message has."""
    title = "a message of `produce_batch()`" + title
    scenario(name, title, env=KEEP_PAGES, counted=COUNTED, **options)(enqueue_batch(("value", *fields)))


_enqueue_batch("enqueue-batch", "")
_enqueue_batch("enqueue-batch-keyval", ", with a key", "key", extra=True)
_enqueue_batch("enqueue-batch-partition", ", with a partition", "partition", extra=True)
_enqueue_batch("enqueue-batch-timestamp", ", with a timestamp", "timestamp", extra=True)
_enqueue_batch("enqueue-batch-headers", ", with 2 headers", "headers")
_enqueue_batch("enqueue-batch-full", ", with all of them", "key", "partition", "timestamp", "headers")


def delivery(touch):
    """Times the poll that runs n delivery callbacks, all acknowledged before it starts."""

    def run(module, parameters, meter):
        producer = module.Producer(
            sending(parameters, **{"queue.buffering.max.messages": 2000000, "queue.buffering.max.kbytes": 2000000})
        )
        seen = [0]
        if touch:

            def callback(err, msg):
                if err is not None:
                    raise RuntimeError(err)
                msg.topic(), msg.partition(), msg.offset()
                seen[0] += 1
        else:

            def callback(err, msg):
                seen[0] += 1

        value, n = b"v" * parameters["size"], parameters["n"]
        for chunk in range(parameters["chunks"] + 1):
            seen[0] = 0
            for _ in range(n):
                producer.produce(parameters["topic"], value, on_delivery=callback)
            quiet()
            meter.start(chunk)
            while seen[0] < n:
                producer.poll(1.0)
            meter.stop(n, chunk)
            if seen[0] != n or len(producer):
                raise RuntimeError(f"{seen[0]} of {n} reports, {len(producer)} left")

    return run


scenario("dr", "a delivery callback", topic="empty", chunks=15, counted=COUNTED)(delivery(True))
scenario("dr-bare", "a delivery callback that reads nothing", topic="empty", chunks=15, counted=COUNTED, extra=True)(
    delivery(False)
)


@scenario("ppoll-empty", "`Producer.poll(0)`, nothing there", topic="empty", n=20000, chunks=40, counted=COUNTED)
def empty_poll(module, parameters, meter):
    # with a broker: without one, what is there would be errors
    producer = module.Producer({"bootstrap.servers": parameters["bootstrap"], "log_level": 0})
    quiet()
    body, n = loop(["poll"], "poll(0)"), parameters["n"]
    for chunk in range(parameters["chunks"] + 1):
        meter.start(chunk)
        body(n, {"poll": producer.poll})
        meter.stop(n, chunk)


def produce(with_callback, properties, is_fresh):
    """produce() and poll(0) for each message, then flush(): to the last report.

    With ``is_fresh`` each value is an object of its own, which the program lets go of at once. Otherwise all messages
    have the same one, and nothing is timed but the client.
    """

    def run(module, parameters, meter):
        producer = module.Producer(sending(parameters, **properties))
        seen, full = [0], 0

        def callback(err, msg):
            if err is not None:
                raise RuntimeError(err)
            msg.topic(), msg.partition(), msg.offset()
            seen[0] += 1

        topic, value, n = parameters["topic"], b"v" * parameters["size"], parameters["n"]
        send, poll = producer.produce, producer.poll
        before = rss_mb()
        for chunk in range(parameters["chunks"] + 1):
            seen[0] = 0
            meter.start(chunk)
            if is_fresh:
                size = len(value)
                for _ in range(n):
                    while True:
                        try:
                            send(topic, bytes(size), on_delivery=callback)
                            break
                        except BufferError:
                            full += 1
                            poll(0.1)
                    poll(0)
            elif with_callback:
                for _ in range(n):
                    while True:
                        try:
                            send(topic, value, on_delivery=callback)
                            break
                        except BufferError:
                            full += 1
                            poll(0.1)
                    poll(0)
            else:
                for _ in range(n):
                    while True:
                        try:
                            send(topic, value)
                            break
                        except BufferError:
                            full += 1
                            poll(0.1)
                    poll(0)
            left = producer.flush(60)
            meter.stop(n, chunk)
            if left or (with_callback and seen[0] != n):
                raise RuntimeError(f"{seen[0]} of {n} reports, {left} left")
        return {"queue_full": full, "rss_grown_mb": rss_mb() - before}

    return run


def _produce(name, title, with_callback, properties=(), is_fresh=False, **options):
    scenario(name, title, topic="empty", metrics=THROUGHPUT, chunks=10, **options)(
        produce(with_callback, dict(properties), is_fresh)
    )


_produce("produce-cb-100", "produce with callbacks to the last report, 100 B", True, n=50000)
_produce("produce-cb-1k", "produce with callbacks to the last report, 1 KiB", True, n=25000, size=1024)
_produce("produce-fresh-1k", "produce with callbacks, a new value each, 1 KiB", True, n=25000, size=1024, is_fresh=True)
_produce("produce-100", "produce to the last acknowledgement, 100 B", False, n=50000)
# A client that produces faster has more in its queue, and so in memory. Here all of them fill the same small one.
_produce(
    "produce-cb-bounded",
    "produce with callbacks through a queue of 5,000, 100 B",
    True,
    {"queue.buffering.max.messages": 5000},
    n=50000,
)
_produce("produce-1k", "produce to the last acknowledgement, 1 KiB", False, n=25000, size=1024, extra=True)


@scenario(
    "latency-ack",
    "`produce()` to its callback, one at a time",
    metrics=("p50_us", "p99_us"),
    topic="empty",
    n=4000,
    chunks=0,
)
def latency(module, parameters, meter):
    import time

    producer = module.Producer(sending(parameters, **{"linger.ms": 0, "socket.nagle.disable": True}))
    done, micros, value, warm_up = [0], [], b"v" * parameters["size"], 200

    def callback(err, msg):
        if err is not None:
            raise RuntimeError(err)
        done[0] += 1

    for i in range(parameters["n"] + warm_up):
        begun = time.perf_counter_ns()
        producer.produce(parameters["topic"], value, partition=0, on_delivery=callback)
        while done[0] <= i:
            producer.poll(1.0)
        micros.append((time.perf_counter_ns() - begun) / 1000)
    micros = sorted(micros[warm_up:])
    return {"p50_us": micros[len(micros) // 2], "p99_us": micros[len(micros) * 99 // 100]}
