// The C library, as far as the Swift sources use it. Embedded Swift has no module of the system's for it.
#ifndef MAPR_STREAMS_CSYSTEM_SHIM_H
#define MAPR_STREAMS_CSYSTEM_SHIM_H

#if __has_include(<features.h>)
#include <features.h>
#endif

#if defined(__APPLE__)
#include <crt_externs.h>
#endif
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// Macros and functions of a variable number of arguments, neither of which Swift imports.
static inline int sys_errno(void) { return errno; }
// A variable that may change, which Swift does not import either.
static inline char **sys_environ(void) {
#if defined(__APPLE__)
    return *_NSGetEnviron();
#else
    extern char **environ;
    return environ;
#endif
}
// The file that an address was loaded from. glibc's header hides dladdr without _GNU_SOURCE, which must be the same for all
// of our C modules; its struct is the same wherever there is one.
static inline const char *sys_file_of(const void *address) {
    struct {
        const char *file;
        void *base;
        const char *symbol;
        void *start;
    } found;
    int (*find)(const void *, void *) = (int (*)(const void *, void *))dlsym(dlopen(NULL, RTLD_LAZY), "dladdr");
    return find && find(address, &found) ? found.file : NULL;
}
static inline int sys_is_open_file(int file) { return fcntl(file, F_GETFD) != -1; }
// Which a program that is executed does not inherit.
static inline int sys_duplicate(int file) { return fcntl(file, F_DUPFD_CLOEXEC, 0); }

/// Opens both ends of a pipe, to read and to write.
static inline int sys_open_pipe(int *ends) {
    if (pipe(ends) != 0) return -1;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
}

/// Waits until nobody has the other end of a pipe.
static inline void sys_await_end(int file, int milliseconds) {
    struct pollfd end = {file, POLLIN, 0};
    poll(&end, 1, milliseconds);
}

/// Closes a file that listens, or may yet listen, at one of these ports of IPv4.
static inline void sys_close_listener(int file, const uint16_t *ports, size_t count) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int listens = 0;
    socklen_t listens_size = sizeof listens;
    if (getsockname(file, (struct sockaddr *)&address, &size) != 0 || address.sin_family != AF_INET) return;
    if (getsockopt(file, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) != 0) return;
    // One that is bound alone listens in both processes as soon as one of them says so. A connection has the port too.
    struct sockaddr_in peer;
    socklen_t peer_size = sizeof peer;
    if (!listens && getpeername(file, (struct sockaddr *)&peer, &peer_size) == 0) return;
    for (size_t at = 0; at < count; at++) {
        if (ports[at] == ntohs(address.sin_port)) {
            close(file);
            return;
        }
    }
}

/// Closes what listens at these ports of IPv4 and is open in this process.
static inline void sys_close_listeners(const uint16_t *ports, size_t count) {
    DIR *folder = opendir("/dev/fd");
    if (!folder) {
        for (int file = 3; file < 1024; file++) sys_close_listener(file, ports, count);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        int file = atoi(entry->d_name);
        if (file > 2 && file != dirfd(folder)) sys_close_listener(file, ports, count);
    }
    closedir(folder);
}

static inline int sys_open_tcp_socket(void) {
#ifdef SOCK_CLOEXEC
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
#else
    return socket(AF_INET, SOCK_STREAM, 0);
#endif
}

// A thread that nobody waits for. Whether its name is a number or a pointer is the C library's affair.
static inline int sys_start_thread(void *(*body)(void *), void *argument) {
    pthread_t thread;
    int result = pthread_create(&thread, NULL, body, argument);
    if (result == 0) pthread_detach(thread);
    return result;
}

#endif
