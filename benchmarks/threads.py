"""Scenarios beside a second Python thread that computes and never gives the interpreter up by itself."""

import time

from .consuming import SIX_ACCESSORS, Expected, assign, consumer
from .meter import loop, quiet
from .producing import sending
from .scenario import scenario

RATES = ("msgs_s", "busy_share")
SECONDS = 2


def beside_busy_thread(work):
    """Runs ``work`` beside the busy thread; tells how fast both were.

    busy_share is what the other thread gets done, 1 being what it does alone.
    """
    import threading

    stop, turns = [False], [0]

    def compute():
        k = 0
        while not stop[0]:
            k += 1
        turns[0] = k

    def rates(function):
        stop[0] = False
        thread = threading.Thread(target=compute)
        thread.start()
        begun = time.perf_counter()
        try:
            done = function()
        finally:
            taken = time.perf_counter() - begun
            stop[0] = True
            thread.join()
        return done / taken, turns[0] / taken

    alone = rates(lambda: time.sleep(0.5) or 0)[1]
    rate, beside = rates(work)
    return {"msgs_s": rate, "busy_share": beside / alone}


@scenario("poll-busy", "`poll()` beside a busy Python thread", metrics=RATES, topic="full", n=400000, chunks=0)
def poll(module, parameters, meter):
    client = consumer(module, parameters)
    assign(module, client, parameters)
    quiet()
    Expected(parameters).check(client.poll(5.0))
    body = loop(["poll"], "m = poll(1.0); " + SIX_ACCESSORS)

    def work():
        end, taken, step = time.perf_counter() + SECONDS, 0, 100
        while taken + step < parameters["n"] and time.perf_counter() < end:
            body(step, {"poll": client.poll})
            taken += step
        return taken

    return beside_busy_thread(work)


@scenario(
    "consume-busy",
    "`consume(500)` beside a busy Python thread",
    metrics=RATES,
    topic="full",
    n=400000,
    chunks=0,
    extra=True,
)
def consume(module, parameters, meter):
    client = consumer(module, parameters)
    assign(module, client, parameters)
    quiet()
    body = loop(["consume"], "for m in consume(500, 1.0): " + SIX_ACCESSORS)

    def work():
        end, taken = time.perf_counter() + SECONDS, 0
        while taken + 500 < parameters["n"] and time.perf_counter() < end:
            body(1, {"consume": client.consume})
            taken += 500
        return taken

    return beside_busy_thread(work)


@scenario("produce-busy", "`produce()` beside a busy Python thread", metrics=RATES, topic="empty", n=200000, chunks=0)
def produce(module, parameters, meter):
    producer = module.Producer(sending(parameters))
    topic, value, reports = parameters["topic"], b"v" * parameters["size"], [0]

    def callback(err, msg):
        if err is not None:
            raise RuntimeError(err)
        reports[0] += 1

    def work():
        end, sent = time.perf_counter() + SECONDS, 0
        while sent < parameters["n"] and time.perf_counter() < end:
            try:
                producer.produce(topic, value, on_delivery=callback)
                sent += 1
            except BufferError:
                producer.poll(0.01)
            producer.poll(0)
        if producer.flush(60) or reports[0] != sent:
            raise RuntimeError(f"{reports[0]} of {sent} reports")
        return sent

    return beside_busy_thread(work)
