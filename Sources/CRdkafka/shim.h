// librdkafka's API: what every release that we support has, as its header has it, and what not all of them have.
#ifndef MAPR_STREAMS_CRDKAFKA_SHIM_H
#define MAPR_STREAMS_CRDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>

#include "access.h"
#include "cluster.h"
#include "groups.h"
#include "optional.h"
#include "produce.h"

#endif
