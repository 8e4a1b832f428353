"""The few calls of POSIX and C11 that the doors are made of: threads' locks, atomic words, sockets, the monotonic clock."""

from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t

cdef extern from *:
    """
    #include <errno.h>
    #include <netinet/in.h>
    #include <poll.h>
    #include <pthread.h>
    #include <stdint.h>
    #include <string.h>
    #include <sys/socket.h>
    #include <sys/types.h>
    #include <time.h>

    #ifndef MSG_NOSIGNAL            /* macOS: the interpreter ignores SIGPIPE for the whole process */
    #define MSG_NOSIGNAL 0
    #endif
    #define WORD_LOAD(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
    #define WORD_STORE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
    #define WORD_ADD(p, v) __atomic_fetch_add((p), (v), __ATOMIC_ACQ_REL)

    /* A lock that lends its holder the priority of whoever waits: the loop may run under SCHED_FIFO, the pumps do not. */
    static inline int lock_init(pthread_mutex_t *lock) {
        pthread_mutexattr_t how;
        int failed = pthread_mutexattr_init(&how);
        if (failed) return failed;
        (void)pthread_mutexattr_setprotocol(&how, PTHREAD_PRIO_INHERIT);
        failed = pthread_mutex_init(lock, &how);
        pthread_mutexattr_destroy(&how);
        return failed;
    }
    static inline int64_t monotonic_s(void) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec;
    }
    static inline int last_errno(void) { return errno; }
    static inline int is_readable(int fd) {
        struct pollfd one = {fd, POLLIN, 0};
        return poll(&one, 1, 0) > 0 && (one.revents & POLLIN);
    }
    static inline void nap(void) {
        struct timespec a_tenth_of_a_millisecond = {0, 100000};
        nanosleep(&a_tenth_of_a_millisecond, NULL);
    }
    """
    ctypedef struct pthread_mutex_t:
        pass
    ctypedef struct pthread_cond_t:
        pass
    int lock_init(pthread_mutex_t* lock) noexcept nogil
    int pthread_mutex_lock(pthread_mutex_t* lock) noexcept nogil
    int pthread_mutex_unlock(pthread_mutex_t* lock) noexcept nogil
    int pthread_mutex_destroy(pthread_mutex_t* lock) noexcept nogil
    int pthread_cond_init(pthread_cond_t* condition, void* how) noexcept nogil
    int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* lock) noexcept nogil
    int pthread_cond_signal(pthread_cond_t* condition) noexcept nogil
    int pthread_cond_broadcast(pthread_cond_t* condition) noexcept nogil
    int pthread_cond_destroy(pthread_cond_t* condition) noexcept nogil

    uint32_t WORD_LOAD(uint32_t* p) noexcept nogil
    void WORD_STORE(uint32_t* p, uint32_t value) noexcept nogil
    uint32_t WORD_ADD(uint32_t* p, uint32_t value) noexcept nogil
    uint64_t COUNT_LOAD "WORD_LOAD"(uint64_t* p) noexcept nogil
    void COUNT_STORE "WORD_STORE"(uint64_t* p, uint64_t value) noexcept nogil
    uint64_t COUNT_ADD "WORD_ADD"(uint64_t* p, uint64_t value) noexcept nogil

    ctypedef uint32_t socklen_t
    struct sockaddr:
        pass
    struct sockaddr_storage:
        pass
    enum:
        MSG_NOSIGNAL
        MSG_PEEK
        EINTR
    ssize_t recv(int fd, void* octets, size_t n, int flags) noexcept nogil
    ssize_t recvfrom(int fd, void* octets, size_t n, int flags, sockaddr* source, socklen_t* length) noexcept nogil
    ssize_t send(int fd, const void* octets, size_t n, int flags) noexcept nogil
    ssize_t sendto(int fd, const void* octets, size_t n, int flags, const sockaddr* target, socklen_t length) noexcept nogil
    int last_errno() noexcept nogil
    bint is_readable(int fd) noexcept nogil                         # octets, or a connection to accept, now
    void nap() noexcept nogil
    int64_t monotonic_s() noexcept nogil                            # seconds of CLOCK_MONOTONIC: for subscriptions, never for flight
