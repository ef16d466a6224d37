// The functions of librdkafka's that run callbacks on the thread that calls them, with a place to leave them at.
//
// A callback may fork, and its child has none of librdkafka's threads, one of which may have held any of librdkafka's locks.
// To return from the callback there would run what is left of librdkafka's function, and wait for such a lock for ever. So
// the callback's last act in the child is a jump to the place that its call has marked, over librdkafka's frames: they are
// C's, and nothing is cleaned up when they end.
#ifndef MAPR_STREAMS_CSERVING_SERVING_H
#define MAPR_STREAMS_CSERVING_SERVING_H

#include <librdkafka/rdkafka.h>

// Each sets `*place` while librdkafka's function runs. Where that is left they return as if nothing had been there to serve.
int rdk_poll(rd_kafka_t *client, int milliseconds, void **place);
rd_kafka_message_t *rdk_consumer_poll(rd_kafka_t *client, int milliseconds, void **place);
ssize_t rdk_consume_batch_queue(
    rd_kafka_queue_t *queue, int milliseconds, rd_kafka_message_t **messages, size_t count, void **place);
// The same without the faults of librdkafka's batches: takes message by message, and returns early where a callback has called
// rd_kafka_yield.
ssize_t rdk_consume_one_by_one(
    rd_kafka_t *client, int milliseconds, rd_kafka_message_t **messages, size_t count, void **place);
// Whether everything is delivered or has failed.
int rdk_flush(rd_kafka_t *client, int milliseconds, void **place);

// Leaves the call that has set `*place`; does nothing where none has. The frames between are gone: only librdkafka's may be
// there, and such of ours as have nothing left to give back.
void rdk_leave(void **place);

#endif
