#define _GNU_SOURCE 1
#define Py_LIMITED_API 0x03090000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
static inline void cpy_incref(PyObject *o) { Py_INCREF(o); }
static inline void cpy_decref(PyObject *o) { Py_DECREF(o); }
static inline PyObject *cpy_none(void) { return Py_None; }
