"""A commit takes what was stored when it was called, whatever other threads poll while it waits for its answer."""


def test_a_synchronous_commit_commits_what_was_stored_before_another_thread_polled(program):
    program(
        """
from mapr_streams_python.testing import MockCluster
cluster = MockCluster(brokers=1)
cluster.create_topic("t")
producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "linger.ms": 1000})
for index in range(10):
    producer.produce("t", str(index))
# One batch: what comes later is there already.
producer.flush()
consumer = make_consumer({
    "bootstrap.servers": cluster.bootstrap_servers, "enable.auto.commit": False, "log_level": 0,
    "reconnect.backoff.max.ms": 100})
consumer.assign([TopicPartition("t", 0, 0)])
wait_for(lambda: consumer.poll(0.1) is not None)
# The commit waits for its coordinator, and while it does another thread polls.
cluster.set_broker_down(-1)
is_committing, is_waiting = False, threading.Event()
signal.signal(signal.SIGALRM, lambda number, frame: is_committing and is_waiting.set())
signal.setitimer(signal.ITIMER_REAL, 0.2, 0.05)
later = []

def poll():
    is_waiting.wait()
    wait_for(lambda: later.append(consumer.poll(0.1)) or sum(message is not None for message in later) > 3)
    cluster.set_broker_up(-1)

thread = threading.Thread(target=poll)
thread.start()
is_committing = True
committed = consumer.commit(asynchronous=False)
signal.setitimer(signal.ITIMER_REAL, 0)
thread.join()
assert [message.offset() for message in later if message is not None] == [1, 2, 3, 4], later
assert committed[0].offset == consumer.committed([TopicPartition("t", 0)], 60)[0].offset == 1
consumer.close()
""",
    )
