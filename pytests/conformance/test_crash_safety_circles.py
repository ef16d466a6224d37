"""Threads whose callbacks wait for each other's clients: one of the calls gives up, and all come to their end."""

import textwrap

import pytest

AROUND = """
count = {count}
everybody = threading.Barrier(count)
answers, raised = [], []

def run(serve):
    threads = [threading.Thread(target=serve, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def around(count, body):
    """A program whose threads stand in a circle: each does something to the client of the next."""
    return AROUND.format(count=count) + textwrap.dedent(body)


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("callback", ["on_assign", "on_revoke"])
def test_consumers_that_are_closed_in_each_others_callbacks_come_to_their_end(program, filled, count, callback):
    program(
        around(
            count,
            f"""
            consumers = [make_consumer() for _ in range(count)]

            def serve(number):
                consumer = consumers[number]

                def close_the_next(consumer, partitions):
                    everybody.wait()
                    answers.append(consumers[(number + 1) % count].close())

                if {callback!r} == "on_assign":
                    consumer.subscribe([topic], on_assign=close_the_next)
                else:
                    consumer.subscribe([topic], on_revoke=close_the_next)
                    while not consumer.assignment():
                        consumer.poll(0.1)
                    consumer.unsubscribe()
                try:
                    while True:
                        consumer.poll(0.1)
                except RuntimeError as error:
                    raised.append(str(error))

            run(serve)
            assert answers == [None] * count, answers
            assert raised == ["Consumer closed"] * count, raised
            """,
        ),
        topic=filled(),
    )


def test_a_close_that_gave_up_is_made_by_the_call_that_runs_the_callback(program, filled):
    program(
        around(
            2,
            """
            group = "circle-" + topic
            consumers = [make_consumer({"group.id": f"{group}-{number}"}) for number in (0, 1)]
            consumed = {}

            def serve(number):
                consumer = consumers[number]
                consumer.subscribe([topic], on_revoke=lambda consumer, partitions: close_the_next())

                def close_the_next():
                    everybody.wait()
                    consumers[1 - number].close()

                message = None
                while message is None or message.error():
                    message = consumer.poll(0.1)
                consumed[number] = message
                consumer.unsubscribe()
                try:
                    while True:
                        consumer.poll(0.1)
                except RuntimeError:
                    pass

            run(serve)
            for number in (0, 1):
                message = consumed[number]
                after = make_consumer({"group.id": f"{group}-{number}"})
                (partition,) = after.committed([TopicPartition(topic, message.partition())], 300)
                assert partition.offset > message.offset(), partition
            """,
        ),
        topic=filled("v"),
    )


@pytest.mark.parametrize("count", [2, 3])
def test_producers_that_are_closed_in_each_others_callbacks_come_to_their_end(program, filled, count):
    program(
        around(
            count,
            """
            producers = [make_producer() for _ in range(count)]

            def serve(number):
                def close_the_next(error, message):
                    everybody.wait()
                    answers.append(producers[(number + 1) % count].close())

                producers[number].produce(topic, "v", on_delivery=close_the_next)
                try:
                    while True:
                        producers[number].poll(0.1)
                except RuntimeError as error:
                    raised.append(str(error))

            run(serve)
            # The one that gives up says that a message is not answered for; then the others can wait for theirs.
            assert sorted(answers) == [False] + [True] * (count - 1), answers
            assert raised == ["Producer closed"] * count, raised
            """,
        ),
        topic=filled(),
    )


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("flush()", "to wait for the messages without a timeout cannot end here"),
        ("produce(topic, 'v', block=True)", "block=True may never end here"),
        ("produce_batch(topic, [{'value': 'v'}], block=True)", "block=True may never end here"),
    ],
)
def test_a_producer_that_is_waited_for_in_a_circle_raises_in_one_of_the_calls(program, filled, call, text):
    program(
        around(
            2,
            f"""
            producers = [make_producer({{"queue.buffering.max.messages": 1}}) for _ in (0, 1)]

            def serve(number):
                def wait_for_the_other(error, message):
                    everybody.wait()
                    try:
                        producers[1 - number].{call}
                        answers.append(number)
                    except RuntimeError as error:
                        raised.append(str(error))

                producers[number].produce(topic, "v", on_delivery=wait_for_the_other)
                producers[number].flush()

            run(serve)
            assert len(answers) == 1, answers
            (said,) = raised
            assert said.startswith({text!r}), said
            for producer in producers:
                assert producer.flush(300) == 0
            """,
        ),
        topic=filled(),
    )


@pytest.mark.parametrize("ask", ["result", "exception"])
def test_futures_that_are_waited_for_in_a_circle_raise_in_one_of_the_calls(program, filled, ask):
    program(
        around(
            2,
            f"""
            # All go together, with the flush.
            producers = [make_producer({{"linger.ms": 30_000}}) for _ in (0, 1)]
            futures = {{}}

            def serve(number):
                def wait_for_the_other(error, message):
                    everybody.wait()
                    try:
                        futures[1 - number].{ask}()
                        answers.append(number)
                    except RuntimeError as error:
                        raised.append(str(error))

                producers[number].produce(topic, "v", partition=0, on_delivery=wait_for_the_other)
                # Its report comes with that one, and after it.
                futures[number] = producers[number].send(topic, "v", partition=0)
                producers[number].flush()

            run(serve)
            assert len(answers) == 1, answers
            (said,) = raised
            assert said.startswith("result() and exception() without a timeout cannot end here"), said
            assert [future.result(0).value() for future in futures.values()] == [b"v"] * 2
            """,
        ),
        topic=filled(),
    )


def test_a_producer_and_a_consumer_that_are_closed_in_each_others_callbacks_come_to_their_end(program, filled):
    program(
        around(
            2,
            """
            producer, consumer = make_producer(), make_consumer()

            def close_producer(consumer, partitions):
                everybody.wait()
                answers.append(producer.close())

            def close_consumer(error, message):
                everybody.wait()
                consumer.close()

            def serve(number):
                if number == 0:
                    producer.produce(topic, "v", on_delivery=close_consumer)
                else:
                    consumer.subscribe([topic], on_assign=close_producer)
                try:
                    while True:
                        (consumer if number else producer).poll(0.1)
                except RuntimeError as error:
                    raised.append(str(error))

            run(serve)
            assert len(answers) == 1
            assert sorted(raised) == ["Consumer closed", "Producer closed"], raised
            """,
        ),
        topic=filled(),
    )


def test_callbacks_that_wait_for_each_other_in_a_row_wait_for_the_last_one(program, filled):
    program(
        around(
            3,
            """
            producers = [make_producer() for _ in range(count)]

            def serve(number):
                def close_the_next(error, message):
                    everybody.wait()
                    if number + 1 < count:
                        answers.append(producers[number + 1].close())

                producers[number].produce(topic, "v", on_delivery=close_the_next)
                while len(producers[number]):
                    try:
                        producers[number].poll(0.1)
                    except RuntimeError:
                        break

            run(serve)
            assert answers == [True, True], answers
            """,
        ),
        topic=filled(),
    )
