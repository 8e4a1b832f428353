/* Preloaded before everything else: counts what a thread asks of the heap between entering and leaving the loop.
 *
 * The executive looks for farside_loop_enter and farside_loop_exit when it is built, finds them only here, and calls them around its loop.
 * The marks and the counters are the thread's own as far as they decide what counts: other threads may allocate as they like.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static __thread int inside __attribute__((tls_model("initial-exec")));
static uint64_t entries, calls;
static void *first_caller;

/* dlsym itself allocates before the real functions are known: it is served from here, and never gives back. */
static char nursery[65536] __attribute__((aligned(64)));
static size_t nursery_used;

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);
static int (*real_posix_memalign)(void **, size_t, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);
static void *(*real_memalign)(size_t, size_t);

static void find(void) {
    static int searching;
    if (searching) return;
    searching = 1;
    real_calloc = dlsym(RTLD_NEXT, "calloc");
    real_realloc = dlsym(RTLD_NEXT, "realloc");
    real_free = dlsym(RTLD_NEXT, "free");
    real_posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
    real_aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
    real_memalign = dlsym(RTLD_NEXT, "memalign");
    real_malloc = dlsym(RTLD_NEXT, "malloc");
}

static void *from_nursery(size_t size) {
    size = (size + 63) / 64 * 64;
    if (nursery_used + size > sizeof nursery) return NULL;
    nursery_used += size;
    return nursery + nursery_used - size;
}

static int is_nursery(void *p) { return (char *)p >= nursery && (char *)p < nursery + sizeof nursery; }

static void count(void *caller) {
    if (!inside) return;
    if (__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED) == 0) first_caller = caller;
}

void farside_loop_enter(void) {
    inside = 1;
    __atomic_fetch_add(&entries, 1, __ATOMIC_RELAXED);
}
void farside_loop_exit(void) { inside = 0; }
uint64_t farside_loop_entries(void) { return __atomic_load_n(&entries, __ATOMIC_RELAXED); }
uint64_t farside_loop_calls(void) { return __atomic_load_n(&calls, __ATOMIC_RELAXED); }

/* The file that holds the code which called first, or an empty string. */
const char *farside_loop_first(void) {
    Dl_info info;
    return first_caller && dladdr(first_caller, &info) && info.dli_fname ? info.dli_fname : "";
}

void *malloc(size_t size) {
    count(__builtin_return_address(0));
    if (!real_malloc) find();
    return real_malloc ? real_malloc(size) : from_nursery(size);
}

void *calloc(size_t n, size_t size) {
    count(__builtin_return_address(0));
    if (!real_calloc) find();
    return real_calloc ? real_calloc(n, size) : from_nursery(n * size);
}

void *realloc(void *p, size_t size) {
    count(__builtin_return_address(0));
    if (!real_realloc) find();
    if (!is_nursery(p)) return real_realloc(p, size);
    void *moved = malloc(size);
    if (moved) memcpy(moved, p, size < (size_t)(nursery + sizeof nursery - (char *)p) ? size : (size_t)(nursery + sizeof nursery - (char *)p));
    return moved;
}

void free(void *p) {
    if (p) count(__builtin_return_address(0));
    if (is_nursery(p)) return;
    if (!real_free) find();
    if (real_free) real_free(p);
}

int posix_memalign(void **p, size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    if (!real_posix_memalign) find();
    return real_posix_memalign ? real_posix_memalign(p, alignment, size) : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    if (!real_aligned_alloc) find();
    return real_aligned_alloc ? real_aligned_alloc(alignment, size) : NULL;
}

void *memalign(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    if (!real_memalign) find();
    return real_memalign ? real_memalign(alignment, size) : NULL;
}
