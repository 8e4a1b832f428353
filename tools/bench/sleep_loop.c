/* The bare floor under every punctual loop: sleep to absolute deadlines, note how late each wake-up was, do nothing else.
 *
 * sleep_loop PERIOD_US COUNT       prints one lateness in nanoseconds a line, then "fifo 1" or "fifo 0"
 *
 * The thread is made as punctual as the executive's: least timer slack, SCHED_FIFO where permitted.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    int64_t period = atoll(argv[1]) * 1000, count = atoll(argv[2]);
    int64_t *late = calloc((size_t)count, sizeof *late);
    struct sched_param p = {.sched_priority = 50};
    if (!late) return 2;
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    int fifo = pthread_setschedparam(pthread_self(), SCHED_FIFO, &p) == 0;
    int64_t start = now_ns() + period;
    for (int64_t i = 0; i < count; i++) {
        int64_t deadline = start + i * period;
        struct timespec t = {deadline / 1000000000LL, deadline % 1000000000LL};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) { }
        late[i] = now_ns() - deadline;
    }
    for (int64_t i = 0; i < count; i++) printf("%lld\n", (long long)late[i]);
    printf("fifo %d\n", fifo);
    return 0;
}
