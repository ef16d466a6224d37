// librdkafka's API as its header has it. The mock cluster's functions (rdkafka_mock.h) are absent from some vendors'
// builds: Streams looks them up at run time, so only the one public header is needed.
#ifndef MAPR_STREAMS_CRDKAFKA_SHIM_H
#define MAPR_STREAMS_CRDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>

#endif
