#define _GNU_SOURCE 1
#include <librdkafka/rdkafka.h>
