"""What librdkafka refuses where the application has not asked for it itself: it is told, and nothing is lost."""

import os
import sys

import pytest
from checkers import CHECKER
from compiled import library_of

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="interposes functions as Linux's loader does"),
    pytest.mark.skipif(CHECKER is not None, reason=f"{CHECKER} comes before what is preloaded"),
]

# Has functions of librdkafka's say that they failed: those that assign have done what they were asked for all the same,
# so that the group goes on.
REFUSE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/types.h>

enum { STATE = -172 };
static atomic_int assigns, unassigns, batches;

void refuse(int assign, int unassign, int batch) {
    assigns = assign;
    unassigns = unassign;
    batches = batch;
}
int left_to_refuse(void) { return assigns + unassigns + batches; }

static void *real(const char *name) {
    /* It is loaded, but not among the libraries that the loader would look through for the next one. */
    return dlsym(dlopen("librdkafka.so.1", RTLD_NOLOAD | RTLD_LAZY), name);
}

static int takes_one(atomic_int *left) {
    int before = *left;
    while (before > 0)
        if (atomic_compare_exchange_weak(left, &before, before - 1)) return 1;
    return 0;
}

int rd_kafka_assign(void *client, const void *partitions) {
    int code = ((int (*)(void *, const void *))real("rd_kafka_assign"))(client, partitions);
    return takes_one(partitions ? &assigns : &unassigns) ? STATE : code;
}

static void *refused(const char *name, atomic_int *left, void *client, const void *partitions) {
    void *error = ((void *(*)(void *, const void *))real(name))(client, partitions);
    if (error || !takes_one(left)) return error;
    return ((void *(*)(int, const char *, ...))real("rd_kafka_error_new"))(STATE, "refused");
}
void *rd_kafka_incremental_assign(void *client, const void *partitions) {
    return refused("rd_kafka_incremental_assign", &assigns, client, partitions);
}
void *rd_kafka_incremental_unassign(void *client, const void *partitions) {
    return refused("rd_kafka_incremental_unassign", &unassigns, client, partitions);
}

ssize_t rd_kafka_consume_batch_queue(void *queue, int milliseconds, void **messages, size_t count) {
    if (takes_one(&batches)) return -1;
    return ((ssize_t(*)(void *, int, void **, size_t))real("rd_kafka_consume_batch_queue"))(
        queue, milliseconds, messages, count);
}
"""


@pytest.fixture(scope="module")
def refusing(tmp_path_factory):
    """The environment of a program whose librdkafka refuses what it is told to: `native.refuse`."""
    pytest.importorskip("ctypes", reason="the programs call C, and this Python has no ctypes")
    library = library_of(REFUSE, tmp_path_factory.mktemp("refusing"))
    return {"LD_PRELOAD": ":".join(filter(None, [os.environ.get("LD_PRELOAD"), library]))}


@pytest.mark.parametrize("strategy", ["range", "cooperative-sticky"])
@pytest.mark.parametrize("callback", ["none", "that does not assign"])
def test_a_default_assignment_that_is_refused_is_told_to_error_cb(program, filled, refusing, strategy, callback):
    program(
        """
        import ctypes

        native = ctypes.CDLL(None)
        errors, seen = [], []
        consumer = make_consumer({"partition.assignment.strategy": strategy, "error_cb": errors.append})

        def note(consumer, partitions):
            seen.append(partitions)

        native.refuse(1, 1, 0)
        if callback == "none":
            consumer.subscribe([topic])
        else:
            consumer.subscribe([topic], on_assign=note, on_revoke=note)

        def told(text):
            consumer.poll(0.05)
            return any(text in error.str() for error in errors)

        wait_for(lambda: told("Failed to set assignment"))
        (error,) = [error for error in errors if "Failed to" in error.str()]
        assert error.code() == KafkaError._STATE, error
        wait_for(lambda: consumer.poll(0.05) or consumer.assignment())
        consumer.unsubscribe()
        wait_for(lambda: told("Failed to remove assignment"))
        assert native.left_to_refuse() == 0
        assert [error.code() for error in errors if "Failed to" in error.str()] == [KafkaError._STATE] * 2
        assert len(seen) == (0 if callback == "none" else 2), seen
        consumer.close()
        """,
        env=refusing,
        topic=filled(),
        strategy=strategy,
        callback=callback,
    )


@pytest.mark.parametrize("how", ["assign", "subscribe"])
def test_a_batch_that_is_refused_is_taken_one_by_one(program, filled, refusing, how):
    program(
        """
        import ctypes

        native = ctypes.CDLL(None)
        consumer = make_consumer()
        if how == "assign":
            consumer.assign([TopicPartition(topic, 0, 0)])
        else:
            consumer.subscribe([topic])
        native.refuse(0, 0, 3)
        values = []

        def consumed():
            messages = consumer.consume(2, 0.1)
            assert len(messages) <= 2
            values.extend(message.value() for message in messages)
            return len(values) >= 9

        wait_for(consumed)
        assert values == [b"%d" % number for number in range(9)], values
        # Before 2.13.2 a group's consumer takes one by one anyway: librdkafka would lose some.
        if how == "assign" and libversion()[1] < 0x020100FF or libversion()[1] >= 0x020D02FF:
            assert native.left_to_refuse() == 0
        consumer.close()
        """,
        env=refusing,
        topic=filled(*(f"{number}" for number in range(9))),
        how=how,
    )
