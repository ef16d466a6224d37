/* Marks the measured region for callgrind; loaded with ctypes by child.py. Outside valgrind both do nothing.
 * Built by callgrind.py: Python has no other way to make valgrind's client requests. */
#include <valgrind/callgrind.h>

void benchmark_begin(void) {
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
}

void benchmark_end(void) {
    CALLGRIND_DUMP_STATS_AT("measured");
    CALLGRIND_STOP_INSTRUMENTATION;
}
