"""What runs inside a call of librdkafka's, and how it is left: finalizers, flushes, the children of forks."""

import textwrap

import pytest

from pytests.conformance.test_crash_safety_close import CALLBACKS
from pytests.conformance.test_crash_safety_process import FORK, needs_fork


@pytest.mark.parametrize("arguments", ["", "20", "-1"])
def test_flush_in_the_finalizer_of_a_delivery_callback_ends(program, filled, arguments):
    seconds = "0.2" if arguments == "20" else arguments
    program(
        """
        outcomes = []

        class Owner:
            def __call__(self, error, message):
                pass
            def __del__(self):
                outcomes.append(outcome(lambda: producer.flush(@)))

        producer = make_producer()
        for _ in range(20):
            producer.produce(topic, "v", on_delivery=Owner())
        assert producer.flush(300) == 0
        assert len(outcomes) == 20, outcomes
        """.replace("@", seconds),
        topic=filled(),
    )


def test_flush_in_the_finalizer_of_a_callback_that_is_not_called_ends(program, filled):
    program(
        """
        outcomes = []

        class Owner:
            def __call__(self, error, message):
                pass
            def __del__(self):
                outcomes.append(outcome(producer.flush))

        producer = make_producer({"delivery.report.only.error": True})
        for _ in range(20):
            producer.produce(topic, "v", on_delivery=Owner())
            assert producer.flush(20) == 0
        assert len(outcomes) == 20, outcomes
        """,
        topic=filled(),
    )


def test_ruling_23_flush_with_a_timeout_inside_a_delivery_callback_returns_what_is_left(program, filled):
    program(
        """
        seen = []

        def callback(error, message):
            if not seen:
                seen.append(None)
                producer.produce(topic, "later", on_delivery=lambda error, message: seen.append("later"))
                begun = time.monotonic()
                left = producer.flush(0.3)
                assert time.monotonic() - begun < 120
                seen[0] = left
                assert outcome(producer.flush).startswith("RuntimeError: flush() without a timeout")

        producer = make_producer()
        producer.produce(topic, "v", on_delivery=callback)
        assert producer.flush(20) == 0
        assert isinstance(seen[0], int) and seen[1:] == ["later"], seen
        """,
        topic=filled(),
    )


LEAVING = {"returns": "return", "raises": "raise KeyError('child')", "exits": "sys.exit(0)"}


@needs_fork
@pytest.mark.parametrize("leaving", LEAVING)
@pytest.mark.parametrize("code", [code for _, code in CALLBACKS], ids=[name for name, _ in CALLBACKS])
def test_ruling_18_a_child_that_leaves_the_callback_it_was_forked_in(program, filled, code, leaving):
    program(
        "\n".join(
            [
                "calls = []",
                "children = []",
                "def callback(*arguments):",
                "    calls.append(arguments)",
                "    if children: return",
                "    children.append(os.fork())",
                "    if children[0] == 0:",
                "        " + LEAVING[leaving],
                textwrap.dedent(code),
                textwrap.dedent(
                    """
                    def served():
                        result = outcome(serve)
                        if children and children[0] == 0:
                            check_child(result)
                        return calls

                    def check_child(result):
                        assert any(name in result for name in ("RuntimeError", "KeyError", "SystemExit")), result
                        again = outcome(client.poll, 0)
                        if not again.startswith("RuntimeError") or "fork" not in again:
                            print(again, file=sys.stderr, flush=True)
                            os._exit(1)
                        client.close()
                        os._exit(0)

                    try:
                        wait_for(served)
                    except SystemExit:
                        assert children[0] == 0
                        check_child("RuntimeError")
                    except BaseException:
                        if children and children[0] == 0:
                            import traceback
                            traceback.print_exc()
                            sys.stderr.flush()
                            os._exit(1)
                        raise
                    deadline = time.monotonic() + 300
                    while True:
                        ended, status = os.waitpid(children[0], os.WNOHANG)
                        if ended:
                            break
                        if time.monotonic() > deadline:
                            os.kill(children[0], signal.SIGKILL)
                            os.waitpid(children[0], 0)
                            raise AssertionError("the child hangs")
                        time.sleep(0.005)
                    assert status == 0, f"the child ended with {status}"
                    client.close()
                    """
                ),
            ]
        ),
        topic=filled("v0", "v1", partitions=2),
    )


@needs_fork
@pytest.mark.parametrize("leaving", LEAVING)
def test_ruling_18_close_in_a_child_that_leaves_a_delivery_callback(program, filled, leaving):
    program(
        FORK
        + f"""
children = []

def callback(error, message):
    if not children:
        children.append(os.fork())
        if children[0] == 0:
            {LEAVING[leaving]}

producer = make_producer()
producer.produce(topic, "v", on_delivery=callback)
try:
    result = outcome(producer.close)
except SystemExit:
    result = "SystemExit"
if children == [0]:
    again = outcome(producer.flush)
    os._exit(0 if again.startswith("RuntimeError") and "fork" in again else 1)
deadline = time.monotonic() + 300
while True:
    ended, status = os.waitpid(children[0], os.WNOHANG)
    if ended:
        break
    if time.monotonic() > deadline:
        os.kill(children[0], signal.SIGKILL)
        os.waitpid(children[0], 0)
        raise AssertionError("the child hangs")
    time.sleep(0.005)
assert status == 0, f"the child ended with {{status}}"
assert result == "True", result
""",
        topic=filled(),
    )


def test_a_second_close_beside_one_that_flushes_does_not_say_that_all_is_delivered(program):
    program(
        """
        producer = Producer({"bootstrap.servers": "127.0.0.1:1", "log_level": 0})
        producer.produce("t", "v")
        first = []
        thread = threading.Thread(target=lambda: first.append(producer.close(3)))
        thread.start()
        wait_for(lambda: outcome(producer.poll, 0).startswith("RuntimeError"))
        assert producer.close(0.1) is False
        assert producer.close() is False
        thread.join()
        assert first == [False]
        """
    )


def test_a_close_in_the_handler_of_a_signal_does_not_wait_for_the_close_that_it_interrupts(program):
    program(
        """
        from mapr_streams_python.testing import MockCluster

        with MockCluster(brokers=1) as cluster:
            cluster.create_topic("t")
            cluster.set_broker_down(1)
            config = {"bootstrap.servers": cluster.bootstrap_servers, "reconnect.backoff.max.ms": 100, "log_level": 0}
            producer = Producer(config)
            producer.produce("t", "v")
            answers = []
            signal.signal(signal.SIGALRM, lambda *_: answers.append(producer.close()))

            def interrupt():
                # Once the close has begun, which cannot end before the broker is there.
                wait_for(lambda: outcome(producer.poll, 0).startswith("RuntimeError"))
                os.kill(os.getpid(), signal.SIGALRM)
                wait_for(lambda: answers)
                cluster.set_broker_up(1)

            thread = threading.Thread(target=interrupt)
            thread.start()
            assert producer.close()
            assert answers == [False]
            thread.join()
        """
    )


def test_two_threads_that_close_each_others_producers_inside_callbacks_do_not_wait_for_each_other(program, filled):
    program(
        """
        producers = [make_producer(), make_producer()]
        both = threading.Barrier(2)
        answers, ends = [], []

        def close_the_other(number):
            both.wait()
            answers.append(producers[1 - number].close())
            both.wait()

        def close(number):
            producers[number].produce(topic, "v", on_delivery=lambda error, message: close_the_other(number))
            ends.append(producers[number].close())

        threads = [threading.Thread(target=close, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [False, False]
        assert ends == [True, True]
        """,
        topic=filled(),
    )


@pytest.mark.parametrize("kind", ["Producer", "Consumer"])
def test_a_signal_ends_a_close_that_waits_for_the_threads_of_librdkafka(program, kind):
    program(
        """
        called, go_on = threading.Event(), threading.Event()

        def oauth(config):
            called.set()
            go_on.wait(300)
            return "token", time.time() + 3600

        client = globals()[kind]({
            "bootstrap.servers": "127.0.0.1:1", "group.id": "g", "security.protocol": "sasl_plaintext",
            "sasl.mechanisms": "OAUTHBEARER", "oauth_cb": oauth, "log_level": 0})
        assert called.wait(300)
        interrupted = []

        def once(*_):
            # A busy machine may be sent the next signal before it has come to what the first one raises.
            if not interrupted:
                interrupted.append(True)
                raise KeyboardInterrupt

        signal.signal(signal.SIGINT, once)

        def interrupt():
            # Once the close has begun.
            wait_for(lambda: outcome(client.poll, 0).startswith("RuntimeError"))
            while not interrupted:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.3)

        thread = threading.Thread(target=interrupt)
        thread.start()
        ended = outcome(client.close)
        assert ended.startswith("KeyboardInterrupt"), ended
        thread.join()
        go_on.set()
        """,
        kind=kind,
    )


def test_a_rebalance_is_told_at_the_end_though_a_daemon_thread_subscribes_and_never_gets_the_gil(program, filled):
    source = """
        import types

        told = []
        note = lambda consumer, partitions: told.append(partitions)
        client = make_consumer()
        client.subscribe([topic], on_assign=note, on_revoke=note)
        wait_for(lambda: client.poll(0.1) or told)
        told.clear()

        class Last:
            poll, write, told, over = client.poll, os.write, told, time.monotonic() + 300

            def __del__(self, clock=time.monotonic):
                while not self.told and clock() < self.over:
                    self.poll(0.1)
                if self.told:
                    self.write(1, b"told")

        # In a module that no frame of the thread's keeps: its objects go when the interpreter does.
        sys.modules["last"] = types.ModuleType("last")
        sys.modules["last"].one = Last()
        begun = threading.Event()

        def subscribe():
            begun.set()
            client.subscribe([other], on_assign=note, on_revoke=note)
            os.write(1, b"subscribed")

        # From here on a thread gets the GIL where another one waits, and not before.
        sys.setswitchinterval(1000)
        threading.Thread(target=subscribe, daemon=True).start()
        begun.wait()
    """
    # The machine may give that thread the GIL once more: then it is another try that counts.
    for _ in range(10):
        printed = program(source, topic=filled("v"), other=filled("v"))
        assert printed in ("told", "subscribedtold")
        if printed == "told":
            return
    pytest.fail("the thread got the GIL each time")
