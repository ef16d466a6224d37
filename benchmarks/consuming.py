"""Consumer scenarios: taking messages that are already fetched, and streams from the first fetch to the last."""

from .meter import loop, quiet
from .producing import sending
from .scenario import THROUGHPUT, scenario

COUNTED = (2000, 6000)
SIX_ACCESSORS = "m.error(); m.value(); m.key(); m.offset(); m.partition(); m.topic()"


def consumer(module, parameters, prefetch=True, **more):
    config = {
        "bootstrap.servers": parameters["bootstrap"],
        "group.id": "benchmark",
        "log_level": 0,
        "enable.auto.commit": False,
        # on by default in some modules and off in others; end-of-partition events are not messages
        "enable.partition.eof": False,
        # with the default of 100000, a slow consumer's wall time is librdkafka's pause after a full queue
        "queued.min.messages": 5000000,
        "queued.max.messages.kbytes": 2000000,
    }
    if prefetch:
        config.update(
            {"fetch.message.max.bytes": 4000000, "fetch.max.bytes": 200000000, "receive.message.max.bytes": 300000000}
        )
    return module.Consumer(dict(config, **more))


def assign(module, client, parameters):
    client.assign([module.TopicPartition(parameters["topic"], i, 0) for i in range(parameters["partitions"])])


class Expected:
    """Checks messages against what the broker was filled with: message i is offset i // partitions of its partition."""

    def __init__(self, parameters):
        self.parameters, self.next = parameters, {}

    def check(self, message):
        p = self.parameters
        if message is None or message.error() is not None:
            raise RuntimeError(f"expected a message, got {message and message.error()}")
        partition, offset = message.partition(), message.offset()
        i = offset * p["partitions"] + partition
        got = (message.topic(), offset, message.value(), message.key(), message.timestamp()[1])
        key = b"%0*d" % (p["key"], i) if p["key"] else None
        want = (p["topic"], self.next.get(partition, 0), b"v" * p["size"], key, 1700000000000 + i)
        if got != want:
            raise RuntimeError(f"expected {want}, got {got}")
        if p["headers"] and message.headers() != [(f"header-{k}", b"0123456789abcdef") for k in range(p["headers"])]:
            raise RuntimeError(f"unexpected headers {message.headers()}")
        self.next[partition] = offset + 1

    def resume(self, message):
        """Accepts wherever the loop has come to; its later messages must follow on."""
        self.next[message.partition()] = message.offset()
        self.check(message)


def taking(body, batch=0):
    """A scenario that times ``body`` while everything it takes is in the client's queue already."""

    def run(module, parameters, meter):
        client = consumer(module, parameters)
        assign(module, client, parameters)
        quiet()
        timed, expected, n = loop(["poll", "consume"], body), Expected(parameters), parameters["n"]
        values = {"poll": client.poll, "consume": client.consume}
        for chunk in range(parameters["chunks"] + 1):
            if chunk == 0:
                for _ in range(n // batch if batch else n):
                    for message in client.consume(batch, 5.0) if batch else (client.poll(5.0),):
                        expected.check(message)
                continue
            meter.start(chunk)
            timed(n // batch if batch else n, values)
            meter.stop(n, chunk)
            expected.resume(client.consume(1, 5.0)[0] if batch else client.poll(5.0))
        # The topic holds a known number of messages: if an iteration came away short, more than this are left.
        for _ in range(parameters["total"] - n * (parameters["chunks"] + 1) - parameters["chunks"]):
            if client.poll(5.0) is None:
                raise RuntimeError("messages are missing")
        if client.poll(0) is not None:
            raise RuntimeError("a call of the timed loop returned less than was asked for")

    return run


def _taking(name, title, body, batch=0, **options):
    options.setdefault("counted", COUNTED)
    scenario(name, title, topic="full", **options)(taking(body, batch))


BATCH = "for m in consume(500, 1.0): "
_taking("poll", "`poll()` and six accessors", "m = poll(1.0); " + SIX_ACCESSORS)
_taking("poll-bare", "`poll()`, `error()` alone", "m = poll(1.0); m.error()")
_taking(
    "poll-headers",
    "`poll()` and `headers()` of two",
    "m = poll(1.0); m.error(); m.value(); m.headers()",
    headers=2,
    n=2000,
    chunks=50,
)
_taking("consume500", "`consume(500)` and six accessors", BATCH + SIX_ACCESSORS, 500)
_taking("consume500-bare", "`consume(500)`, `error()` alone", BATCH + "m.error()", 500, extra=True)
_taking(
    "poll-1k",
    "`poll()` and six accessors, 1 KiB",
    "m = poll(1.0); " + SIX_ACCESSORS,
    size=1024,
    n=1000,
    chunks=50,
    extra=True,
)
_taking(
    "consume500-1k",
    "`consume(500)` and six accessors, 1 KiB",
    BATCH + SIX_ACCESSORS,
    500,
    size=1024,
    n=1000,
    chunks=50,
    extra=True,
)


@scenario("poll-empty", "`Consumer.poll(0)`, nothing there", topic="empty", n=20000, chunks=40, counted=COUNTED)
def empty_poll(module, parameters, meter):
    client = consumer(module, parameters)
    quiet()
    body, n = loop(["poll"], "poll(0)"), parameters["n"]
    for chunk in range(parameters["chunks"] + 1):
        meter.start(chunk)
        body(n, {"poll": client.poll})
        meter.stop(n, chunk)


def stream(batch):
    """From assign() to the last message, nothing fetched before."""

    def run(module, parameters, meter):
        client = consumer(module, parameters, prefetch=False)
        n, got, size, poll, consume = parameters["n"], 0, 0, client.poll, client.consume
        meter.start()
        assign(module, client, parameters)
        while got < n:
            if batch:
                for message in consume(batch, 1.0):
                    if message.error():
                        raise RuntimeError(message.error())
                    size += len(message.value())
                    message.key(), message.offset(), message.partition(), message.topic()
                    got += 1
            else:
                message = poll(1.0)
                if message is None:
                    continue
                if message.error():
                    raise RuntimeError(message.error())
                size += len(message.value())
                message.key(), message.offset(), message.partition(), message.topic()
                got += 1
        meter.stop(n)
        if size != n * parameters["size"]:
            raise RuntimeError(f"{size} bytes in {n} messages of {parameters['size']}")

    return run


scenario("stream", "stream by `poll()`, 100 B", topic="full", metrics=THROUGHPUT, n=300000, chunks=0)(stream(0))
scenario("stream-batch", "stream by `consume(500)`, 100 B", topic="full", metrics=THROUGHPUT, n=300000, chunks=0)(
    stream(500)
)


@scenario(
    "roundtrip", "produce with callbacks, then consume, 100 B", topic="empty", metrics=THROUGHPUT, n=40000, chunks=8
)
def roundtrip(module, parameters, meter):
    """A producer and a consumer in one thread: every message goes out, is reported, and comes back."""
    producer = module.Producer(sending(parameters))
    # the mock broker answers an empty fetch only after this, whatever arrives meanwhile; a real one answers at once
    client = consumer(module, parameters, prefetch=False, **{"fetch.wait.max.ms": 5})
    assign(module, client, parameters)
    topic, value, n, seen = parameters["topic"], b"v" * parameters["size"], parameters["n"], [0]

    def callback(err, msg):
        if err is not None:
            raise RuntimeError(err)
        seen[0] += 1

    send, serve, poll = producer.produce, producer.poll, client.poll
    for chunk in range(parameters["chunks"] + 1):
        seen[0] = got = 0
        meter.start(chunk)
        for _ in range(n):
            while True:
                try:
                    send(topic, value, on_delivery=callback)
                    break
                except BufferError:
                    serve(0.1)
            serve(0)
        left = producer.flush(60)
        while got < n:
            message = poll(10.0)
            if message is None or message.error():
                raise RuntimeError(f"{got} of {n} came back, then {message and message.error()}")
            message.value(), message.key(), message.offset(), message.partition(), message.topic()
            got += 1
        meter.stop(n, chunk)
        if left or seen[0] != n:
            raise RuntimeError(f"{seen[0]} of {n} reports, {left} left")


@scenario(
    "latency-e2e",
    "`produce()` to `poll()` of a consumer, one at a time",
    metrics=("p50_us", "p99_us"),
    topic="empty",
    n=1000,
    chunks=0,
    extra=True,
)
def latency(module, parameters, meter):
    """The mock broker answers an empty fetch only after fetch.wait.max.ms, 1 here: about 1 ms is the broker's."""
    import time

    producer = module.Producer(sending(parameters, **{"linger.ms": 0, "socket.nagle.disable": True}))
    client = module.Consumer(
        {
            "bootstrap.servers": parameters["bootstrap"],
            "log_level": 0,
            "group.id": "latency",
            "enable.auto.commit": False,
            "enable.partition.eof": False,
            "fetch.wait.max.ms": 1,
            "socket.nagle.disable": True,
        }
    )
    client.assign([module.TopicPartition(parameters["topic"], 0, 0)])
    micros, value, warm_up = [], b"v" * parameters["size"], 50
    for i in range(parameters["n"] + warm_up):
        begun = time.perf_counter_ns()
        producer.produce(parameters["topic"], value, partition=0)
        message = None
        while message is None:
            message = client.poll(1.0)
        micros.append((time.perf_counter_ns() - begun) / 1000)
        if message.error() is not None or message.offset() != i:
            raise RuntimeError(f"expected offset {i}, got {message.error() or message.offset()}")
        producer.poll(0)
    micros = sorted(micros[warm_up:])
    return {"p50_us": micros[len(micros) // 2], "p99_us": micros[len(micros) * 99 // 100]}
