/* Python's allocators for a run under memcheck: malloc for everything, as PYTHONMALLOC=malloc has it, but with the integer
   0 filled in.

   CPython gives an integer of value 0 room for a digit that it never sets, and then finds the object that all zeros share
   by a sum of which that digit times the length, 0, is a part. The result is right. memcheck however takes the address for
   undefined, and complains wherever in a program any zero is used from then on, which no suppression can tell from a
   fault. So blocks of the size of an integer with one digit come with zeros in them; hardly anything else is that small.

   Preloaded (LD_PRELOAD) by tools/run_variant.py. In a process that is no Python it does nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

/* offsetof(struct _longobject, ob_digit) + sizeof(digit): 28, from Python 3.9 to 3.13. */
#define ONE_DIGIT (2 * sizeof(void *) + sizeof(size_t) + sizeof(uint32_t))

struct allocator {
    void *context;
    void *(*malloc)(void *, size_t);
    void *(*calloc)(void *, size_t, size_t);
    void *(*realloc)(void *, void *, size_t);
    void (*free)(void *, void *);
};

/* As in CPython, nothing is something: it has an address. */
static void *ours_malloc(void *context, size_t size) {
    (void)context;
    return size == ONE_DIGIT ? calloc(1, size) : malloc(size ? size : 1);
}

static void *ours_calloc(void *context, size_t count, size_t size) {
    (void)context;
    return count && size ? calloc(count, size) : calloc(1, 1);
}

static void *ours_realloc(void *context, void *block, size_t size) {
    (void)context;
    return realloc(block, size ? size : 1);
}

static void ours_free(void *context, void *block) {
    (void)context;
    free(block);
}

__attribute__((constructor)) static void begin(void) {
    void (*set)(int, struct allocator *) = (void (*)(int, struct allocator *))dlsym(RTLD_DEFAULT, "PyMem_SetAllocator");
    struct allocator ours = {0, ours_malloc, ours_calloc, ours_realloc, ours_free};
    /* PYMEM_DOMAIN_MEM and PYMEM_DOMAIN_OBJ; the third, PYMEM_DOMAIN_RAW, is malloc's anyway. */
    for (int domain = 1; set && domain <= 2; domain++) set(domain, &ours);
}
