#include "serving.h"

#include <time.h>

static long long now_in_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static ssize_t consume_one_by_one(
    rd_kafka_t *client, int milliseconds, rd_kafka_message_t **messages, size_t count) {
    long long end = 0;
    size_t taken = 0;
    while (taken < count) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 0);
        if (!message) {
            if (milliseconds == 0 || rd_kafka_last_error() == RD_KAFKA_RESP_ERR__INTR) break;
            // The clock is looked at where there is time to do so.
            long long now = now_in_milliseconds();
            if (end == 0) end = now + milliseconds;
            if (end <= now) break;
            message = rd_kafka_consumer_poll(client, (int)(end - now));
            if (!message) break;
        }
        messages[taken++] = message;
    }
    return (ssize_t)taken;
}

static int flush(rd_kafka_t *client, int milliseconds) {
    return rd_kafka_flush(client, milliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

#if defined(__x86_64__) && defined(__ELF__) && !defined(__CET__)

// Every poll pays for the mark, and setjmp's is dear: the function that calls it has to keep what registers the jump brings
// back. Here they are on the stack, with the address of `place` above them, and where that is is the mark.
//
// ARGUMENT is the register that the address of `place` comes in.
#define SERVE(NAME, FUNCTION, ARGUMENT)                                                                                \
    __asm__(                                                                                                           \
        ".text\n.globl " #NAME "\n.hidden " #NAME "\n.type " #NAME ", @function\n.p2align 4\n" #NAME ":\n"             \
        ".cfi_startproc\n"                                                                                             \
        "push %rbx\n.cfi_adjust_cfa_offset 8\n"                                                                        \
        "push %rbp\n.cfi_adjust_cfa_offset 8\n"                                                                        \
        "push %r12\n.cfi_adjust_cfa_offset 8\n"                                                                        \
        "push %r13\n.cfi_adjust_cfa_offset 8\n"                                                                        \
        "push %r14\n.cfi_adjust_cfa_offset 8\n"                                                                        \
        "push %r15\n.cfi_adjust_cfa_offset 8\n"                                                                        \
        "push %" ARGUMENT "\n.cfi_adjust_cfa_offset 8\n"                                                               \
        "mov %rsp, (%" ARGUMENT ")\n"                                                                                  \
        "call " FUNCTION "\n"                                                                                          \
        "pop %rdx\n.cfi_adjust_cfa_offset -8\n"                                                                        \
        "movq $0, (%rdx)\n"                                                                                            \
        "add $48, %rsp\n.cfi_adjust_cfa_offset -48\n"                                                                  \
        "ret\n"                                                                                                        \
        ".cfi_endproc\n"                                                                                               \
        ".size " #NAME ", .-" #NAME "\n")

SERVE(rdk_poll, "rd_kafka_poll@PLT", "rdx");
SERVE(rdk_consumer_poll, "rd_kafka_consumer_poll@PLT", "rdx");
SERVE(rdk_consume_batch_queue, "rd_kafka_consume_batch_queue@PLT", "r8");
SERVE(rdk_serve_flush, "*%rcx", "rdx");
int rdk_serve_flush(rd_kafka_t *, int, void **, int (*)(rd_kafka_t *, int)) __attribute__((visibility("hidden")));

SERVE(rdk_serve_one_by_one, "*%r9", "r8");
ssize_t rdk_serve_one_by_one(
    rd_kafka_t *, int, rd_kafka_message_t **, size_t, void **,
    ssize_t (*)(rd_kafka_t *, int, rd_kafka_message_t **, size_t)) __attribute__((visibility("hidden")));

ssize_t rdk_consume_one_by_one(
    rd_kafka_t *client, int milliseconds, rd_kafka_message_t **messages, size_t count, void **place) {
    return rdk_serve_one_by_one(client, milliseconds, messages, count, place, consume_one_by_one);
}

int rdk_flush(rd_kafka_t *client, int milliseconds, void **place) {
    return rdk_serve_flush(client, milliseconds, place, flush);
}

void rdk_leave(void **place) {
    void *mark = *place;
    if (!mark) return;
    *place = 0;
    // What the call would have returned for nothing is zero, whichever it is.
    __asm__ volatile(
        "mov %0, %%rsp\n"
        "add $8, %%rsp\n"
        "pop %%r15\npop %%r14\npop %%r13\npop %%r12\npop %%rbp\npop %%rbx\n"
        "xor %%eax, %%eax\n"
        "ret\n"
        :
        : "r"(mark)
        : "memory");
    __builtin_unreachable();
}

#else

#include <setjmp.h>

// `place` is not changed between mark and jump, and what it points to belongs to the caller.
#define SERVE(TYPE, CALL)                                                                                              \
    jmp_buf here;                                                                                                      \
    if (_setjmp(here)) return 0;                                                                                       \
    *place = &here;                                                                                                    \
    TYPE result = CALL;                                                                                                \
    *place = 0;                                                                                                        \
    return result

int rdk_poll(rd_kafka_t *client, int milliseconds, void **place) {
    SERVE(int, rd_kafka_poll(client, milliseconds));
}

rd_kafka_message_t *rdk_consumer_poll(rd_kafka_t *client, int milliseconds, void **place) {
    SERVE(rd_kafka_message_t *, rd_kafka_consumer_poll(client, milliseconds));
}

ssize_t rdk_consume_batch_queue(
    rd_kafka_queue_t *queue, int milliseconds, rd_kafka_message_t **messages, size_t count, void **place) {
    SERVE(ssize_t, rd_kafka_consume_batch_queue(queue, milliseconds, messages, count));
}

ssize_t rdk_consume_one_by_one(
    rd_kafka_t *client, int milliseconds, rd_kafka_message_t **messages, size_t count, void **place) {
    SERVE(ssize_t, consume_one_by_one(client, milliseconds, messages, count));
}

int rdk_flush(rd_kafka_t *client, int milliseconds, void **place) {
    SERVE(int, flush(client, milliseconds));
}

void rdk_leave(void **place) {
    jmp_buf *here = *place;
    if (!here) return;
    *place = 0;
    _longjmp(*here, 1);
}

#endif
