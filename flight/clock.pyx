"""Clock: the one place that reads a clock or sleeps. Monotonic nanoseconds.

Linux sleeps to an absolute deadline (`clock_nanosleep`), with the thread's timer slack at its least; elsewhere a relative `nanosleep`
is repeated until the deadline has passed. `use_portable(True)` switches the Linux calls off, so that the fallback can be tested anywhere.
"""

cdef extern from *:
    """
    #include <time.h>
    #include <errno.h>
    #include <pthread.h>
    #include <sched.h>
    #ifdef __linux__
    #include <sys/prctl.h>
    #define FARSIDE_LINUX 1
    #else
    #define FARSIDE_LINUX 0
    #endif

    static int farside_portable = !FARSIDE_LINUX;

    static long long farside_now(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (long long)t.tv_sec * 1000000000LL + t.tv_nsec;
    }

    static void farside_sleep_until(long long deadline) {
        struct timespec t;
    #if FARSIDE_LINUX
        if (!farside_portable) {
            t.tv_sec = deadline / 1000000000LL;
            t.tv_nsec = deadline % 1000000000LL;
            while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0) == EINTR) { }
            return;
        }
    #endif
        for (;;) {
            long long left = deadline - farside_now();
            if (left <= 0) return;
            t.tv_sec = left / 1000000000LL;
            t.tv_nsec = left % 1000000000LL;
            nanosleep(&t, 0);
        }
    }

    static int farside_least_slack(void) {
    #if FARSIDE_LINUX
        if (!farside_portable) return prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) == 0;
    #endif
        return 0;
    }

    static int farside_fifo(int priority) {
        struct sched_param p;
        p.sched_priority = priority;
        if (farside_portable) return 0;
        return pthread_setschedparam(pthread_self(), priority ? SCHED_FIFO : SCHED_OTHER, &p) == 0;
    }
    """
    int farside_portable
    long long farside_now() noexcept nogil
    void farside_sleep_until(long long deadline) noexcept nogil
    int farside_least_slack() noexcept nogil
    int farside_fifo(int priority) noexcept nogil
    const bint FARSIDE_LINUX


cdef int64_t clock_now_ns() noexcept nogil:
    return farside_now()


cdef void clock_sleep_until_ns(int64_t deadline_ns) noexcept nogil:
    farside_sleep_until(deadline_ns)


def now_ns() -> int:
    """Monotonic nanoseconds."""
    return farside_now()


def sleep_until_ns(long long deadline_ns):
    """Sleep to an absolute deadline, without the GIL."""
    with nogil:
        farside_sleep_until(deadline_ns)


def prepare_thread(int priority=50):
    """Make the calling thread punctual: least timer slack, SCHED_FIFO where permitted. Says what was granted."""
    return {"timer_slack": bool(farside_least_slack()), "fifo": bool(farside_fifo(priority))}


def release_thread():
    """Put the calling thread back to ordinary scheduling."""
    farside_fifo(0)


def use_portable(bint portable):
    """Switch the Linux-only calls off or on again; off is all that other systems have. Returns what is in use now."""
    global farside_portable
    farside_portable = 1 if portable or not FARSIDE_LINUX else 0
    return bool(farside_portable)
