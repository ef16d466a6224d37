"""Whether memory stays flat: ten million messages each way, one process."""

from .consuming import assign, consumer
from .meter import rss_mb
from .producing import sending
from .scenario import scenario

FIGURES = ("rss_grown_mb", "peak_rss_mb", "msgs_s")
MESSAGES = 10_000_000


@scenario(
    "soak-produce",
    "ten million produced with callbacks",
    metrics=FIGURES,
    topic="empty",
    n=MESSAGES,
    chunks=0,
    extra=True,
)
def produce(module, parameters, meter):
    producer = module.Producer(sending(parameters))
    topic, value, n, seen, settled = parameters["topic"], b"v" * parameters["size"], parameters["n"], [0], 0.0

    def callback(err, msg):
        if err is not None:
            raise RuntimeError(err)
        msg.topic(), msg.partition(), msg.offset()
        seen[0] += 1

    meter.start()
    for i in range(n):
        while True:
            try:
                producer.produce(topic, value, on_delivery=callback)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
        if i == n // 10:
            # queues and free lists have had their largest size by now
            settled = rss_mb()
    left = producer.flush(60)
    meter.stop(n)
    if left or seen[0] != n:
        raise RuntimeError(f"{seen[0]} of {n} reports, {left} left")
    return {"rss_grown_mb": rss_mb() - settled}


@scenario(
    "soak-consume",
    "ten million consumed by `poll()`",
    metrics=FIGURES[:2],
    topic="full",
    n=50_000,
    chunks=0,
    extra=True,
)
def consume(module, parameters, meter):
    """A small topic is read again and again: how far the fetcher runs ahead in a large one would drown any growth."""
    client = consumer(module, parameters, prefetch=False)
    n, taken, settled = parameters["n"], 0, 0.0
    meter.start()
    while taken < MESSAGES:
        assign(module, client, parameters)
        for _ in range(n):
            message = client.poll(10.0)
            if message is None or message.error():
                raise RuntimeError(f"after {taken} messages: {message and message.error()}")
            message.value(), message.key(), message.offset(), message.partition(), message.topic()
        taken += n
        if taken == MESSAGES // 10:
            settled = rss_mb()
    meter.stop(taken)
    return {"rss_grown_mb": rss_mb() - settled}
