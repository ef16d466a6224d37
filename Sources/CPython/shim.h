// The limited API of CPython 3.9, and what Swift needs beside it.
//
// Two kinds of things stand here. First, what the 3.9 limited headers hide although every CPython from 3.9 on exports
// or understands it (the list is complete, and the packaging tests hold the built library against it). Second, static
// inline functions for what Swift cannot import: macros, and C globals that language mode 6 rejects.
#ifndef MAPR_STREAMS_CPYTHON_SHIM_H
#define MAPR_STREAMS_CPYTHON_SHIM_H

// Python.h asks for all of the C library's features, and Swift's own import of that library does not: what both define,
// such as fd_set, would differ. Whoever includes features.h first decides.
#if __has_include(<features.h>)
#include <features.h>
#endif

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x03090000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#ifdef Py_GIL_DISABLED
#error "mapr_streams_python is built on the stable ABI, which free-threaded CPython does not offer: use a build with the GIL"
#endif

// ---- Hidden by the 3.9 limited headers, exported by CPython 3.9 and later ----------------------------------------

#ifndef METH_FASTCALL
#define METH_FASTCALL 0x0080
#endif

#if Py_LIMITED_API + 0 < 0x030b0000
typedef struct {
    void *buf;
    PyObject *obj;
    Py_ssize_t len;
    Py_ssize_t itemsize;
    int readonly;
    int ndim;
    char *format;
    Py_ssize_t *shape;
    Py_ssize_t *strides;
    Py_ssize_t *suboffsets;
    void *internal;
} Py_buffer;
#define PyBUF_SIMPLE 0
#endif

PyAPI_FUNC(int) PyGILState_Check(void);

// ---- Macros and inline functions of the headers ------------------------------------------------------------------

static inline void cpy_incref(PyObject *object) { Py_INCREF(object); }
static inline void cpy_decref(PyObject *object) { Py_DECREF(object); }
static inline Py_ssize_t cpy_refcount(PyObject *object) { return Py_REFCNT(object); }
// For a recycled object alone: its type, and the reference to it, were left in place when it was put aside.
static inline void cpy_set_refcount_to_one(PyObject *object) { Py_SET_REFCNT(object, 1); }
static inline PyObject *cpy_type_of(PyObject *object) { return (PyObject *)Py_TYPE(object); }
static inline Py_ssize_t cpy_size(PyObject *object) { return Py_SIZE(object); }
static inline PyObject *cpy_base_of(PyObject *type) {
    return (PyObject *)PyType_GetSlot((PyTypeObject *)type, Py_tp_base);
}
static inline int cpy_is_subtype(PyObject *type, PyObject *base) {
    return PyType_IsSubtype((PyTypeObject *)type, (PyTypeObject *)base);
}

#define CPY_CHECK(NAME, CHECK, TYPE)                                                                                   \
    static inline int cpy_is_##NAME(PyObject *object) { return Py_TYPE(object) == &TYPE || CHECK(object); }
CPY_CHECK(str, PyUnicode_Check, PyUnicode_Type)
CPY_CHECK(list, PyList_Check, PyList_Type)
CPY_CHECK(tuple, PyTuple_Check, PyTuple_Type)
CPY_CHECK(dict, PyDict_Check, PyDict_Type)
CPY_CHECK(int, PyLong_Check, PyLong_Type)
CPY_CHECK(bytes, PyBytes_Check, PyBytes_Type)
CPY_CHECK(float, PyFloat_Check, PyFloat_Type)
#undef CPY_CHECK
static inline int cpy_is_exactly_bytes(PyObject *object) { return Py_TYPE(object) == &PyBytes_Type; }
static inline int cpy_is_exactly_str(PyObject *object) { return Py_TYPE(object) == &PyUnicode_Type; }
static inline int cpy_is_exactly_int(PyObject *object) { return Py_TYPE(object) == &PyLong_Type; }
static inline int cpy_is_exactly_float(PyObject *object) { return Py_TYPE(object) == &PyFloat_Type; }
static inline int cpy_is_bool(PyObject *object) { return Py_TYPE(object) == &PyBool_Type; }

// A new instance whose own fields are zero.
static inline PyObject *cpy_new(PyObject *type) {
    allocfunc allocate = (allocfunc)PyType_GetSlot((PyTypeObject *)type, Py_tp_alloc);
    return allocate((PyTypeObject *)type, 0);
}
// The same for an exception, whose base type has fields to be set up.
static inline PyObject *cpy_new_exception(PyObject *type) {
    newfunc make = (newfunc)PyType_GetSlot((PyTypeObject *)type, Py_tp_new);
    PyObject *arguments = PyTuple_New(0);
    PyObject *object = arguments ? make((PyTypeObject *)type, arguments, NULL) : NULL;
    Py_XDECREF(arguments);
    return object;
}
static inline PyObject *cpy_gc_new(PyObject *type) { return PyObject_GC_New(PyObject, (PyTypeObject *)type); }
// What every heap type's dealloc ends with: free the memory, then let go of the type.
static inline void cpy_free(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF((PyObject *)type);
}
static inline int cpy_visit(PyObject *object, visitproc visit, void *argument) {
    return object ? visit(object, argument) : 0;
}
static inline void cpy_set_head(PyModuleDef *definition) {
    PyModuleDef_Base head = PyModuleDef_HEAD_INIT;
    definition->m_base = head;
}
// Copies the few references of a call's arguments: unrolled or made vectors of, the loop takes longer than its work.
static inline void cpy_copy(PyObject **to, PyObject *const *from, Py_ssize_t count) {
#pragma clang loop unroll(disable) vectorize(disable)
    for (PyObject **end = to + count; to < end; to++, from++) *to = *from;
}
// The same for arguments by keyword: each byte of `places` tells where one of them goes.
static inline void cpy_distribute(PyObject **to, PyObject *const *from, Py_ssize_t count, uint64_t places) {
#pragma clang loop unroll(disable) vectorize(disable)
    for (PyObject *const *end = from + count; from < end; from++, places >>= 8) to[places & 0xff] = *from;
}
static inline PyObject *cpy_tuple2(PyObject *first, PyObject *second) { return PyTuple_Pack(2, first, second); }

// CPython before 3.14 ends a thread that comes for the GIL while the interpreter is finalizing: by pthread_exit, which would
// unwind frames of Swift and of librdkafka, and give back nothing that they hold. Such a thread stays instead until the
// process ends, as it does from 3.14 on.
static void cpy_stay(void *unused) {
    (void)unused;
    for (;;) pause();
}
static inline void cpy_restore_thread(PyThreadState *state) {
    pthread_cleanup_push(cpy_stay, NULL);
    PyEval_RestoreThread(state);
    pthread_cleanup_pop(0);
}
// The same for all that a thread does which Python has not made.
static inline void cpy_call_on_foreign_thread(void (*body)(void *), void *argument) {
    pthread_cleanup_push(cpy_stay, NULL);
    body(argument);
    pthread_cleanup_pop(0);
}

// Whether this is the process's first thread.
static inline int cpy_is_first_thread(void) {
#ifdef __linux__
    return syscall(SYS_gettid) == getpid();
#else
    return pthread_main_np();
#endif
}

// A word of the thread's own. One Swift function alone may call this: every module that inlines it has its own word.
static inline void **cpy_thread_word(void) {
    static __thread void *word;
    return &word;
}

// ---- C globals ---------------------------------------------------------------------------------------------------

static inline PyObject *cpy_none(void) { return Py_None; }
static inline PyObject *cpy_true(void) { return Py_True; }
static inline PyObject *cpy_false(void) { return Py_False; }
static inline PyObject *cpy_not_implemented(void) { return Py_NotImplemented; }

#define CPY_EXCEPTION(NAME)                                                                                            \
    static inline PyObject *cpy_exc_##NAME(void) { return PyExc_##NAME; }
CPY_EXCEPTION(Exception)
CPY_EXCEPTION(TypeError)
CPY_EXCEPTION(ValueError)
CPY_EXCEPTION(AttributeError)
CPY_EXCEPTION(BufferError)
CPY_EXCEPTION(ImportError)
CPY_EXCEPTION(MemoryError)
CPY_EXCEPTION(OverflowError)
CPY_EXCEPTION(RuntimeError)
CPY_EXCEPTION(ResourceWarning)
CPY_EXCEPTION(SystemExit)
#undef CPY_EXCEPTION

#endif
