// A message that has more than a value and a key. In C, since Swift reads and writes a union as a whole.
#ifndef MAPR_STREAMS_CRDKAFKA_PRODUCE_H
#define MAPR_STREAMS_CRDKAFKA_PRODUCE_H

#include <librdkafka/rdkafka.h>
#include <stddef.h>
#include <stdint.h>

/// `rd_kafka_produceva`, which looks at each argument: those that say nothing are left out.
///
/// Headers are librdkafka's where it returns NULL.
static inline rd_kafka_error_t *rdk_produce_with_extras(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, int flags, const void *value, size_t value_size,
    const void *key, size_t key_size, void *opaque, int64_t timestamp, rd_kafka_headers_t *headers) {
    rd_kafka_vu_t arguments[8];
    rd_kafka_vu_t *end = arguments + 3;
    arguments[0].vtype = RD_KAFKA_VTYPE_RKT;
    arguments[0].u.rkt = topic;
    arguments[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    arguments[1].u.i = flags;
    arguments[2].vtype = RD_KAFKA_VTYPE_VALUE;
    arguments[2].u.mem.ptr = (void *)value;
    arguments[2].u.mem.size = value_size;
    if (key) {
        end->vtype = RD_KAFKA_VTYPE_KEY;
        end->u.mem.ptr = (void *)key;
        end++->u.mem.size = key_size;
    }
    if (opaque) {
        end->vtype = RD_KAFKA_VTYPE_OPAQUE;
        end++->u.ptr = opaque;
    }
    if (partition != RD_KAFKA_PARTITION_UA) {
        end->vtype = RD_KAFKA_VTYPE_PARTITION;
        end++->u.i32 = partition;
    }
    if (timestamp) {
        end->vtype = RD_KAFKA_VTYPE_TIMESTAMP;
        end++->u.i64 = timestamp;
    }
    if (headers) {
        end->vtype = RD_KAFKA_VTYPE_HEADERS;
        end++->u.headers = headers;
    }
    return rd_kafka_produceva(client, arguments, (size_t)(end - arguments));
}

#endif
