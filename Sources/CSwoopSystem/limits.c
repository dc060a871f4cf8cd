// Limits of the process; see include/swoop_limits.h.
#define _GNU_SOURCE
#include "swoop_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

uint64_t swoop_limit(int kind) {
    struct rlimit limit;
    int result = -1;
    switch (kind) {
    case SWOOP_LIMIT_FILES: result = getrlimit(RLIMIT_NOFILE, &limit); break;
    case SWOOP_LIMIT_PROCESSES: result = getrlimit(RLIMIT_NPROC, &limit); break;
    case SWOOP_LIMIT_SPACE: result = getrlimit(RLIMIT_AS, &limit); break;
    case SWOOP_LIMIT_DATA: result = getrlimit(RLIMIT_DATA, &limit); break;
    case SWOOP_LIMIT_FILE_SIZE: result = getrlimit(RLIMIT_FSIZE, &limit); break;
    }
    return result != 0 || limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

// What this process was started with, for those that it starts; no more than that was changed.
static struct rlimit first_files, first_stack;
static atomic_int has_raised_files, has_raised_stack;

void swoop_raise_file_limit(void) {
    static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
    struct rlimit limit;
    pthread_mutex_lock(&turn);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        if (!atomic_load(&has_raised_files)) first_files = limit;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) == 0) atomic_store(&has_raised_files, 1);
    }
    pthread_mutex_unlock(&turn);
}

// Bytes of stacks: of threads, and of the first one at least.
enum { stack_usual = 8 << 20, stack_needed = 512 << 10 };

void swoop_restore_limits(void) {
    if (atomic_load(&has_raised_files)) setrlimit(RLIMIT_NOFILE, &first_files);
    // With a few pages the loader itself runs into the stack's end, before any word can be said.
    if (atomic_load(&has_raised_stack) && first_stack.rlim_cur >= stack_needed) {
        setrlimit(RLIMIT_STACK, &first_stack);
    }
}

// A thread's stack is as large as the limit of the first one's when the program starts, unless
// told. Where that is small Swift's own threads run into its end, which is a signal without a word.
// Memory for the others is no stack to the system; the first one's grows while the limit allows it.
__attribute__((constructor(101))) static void widen_stacks(void) {
    struct rlimit limit;
    pthread_attr_t attributes;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= stack_usual) return;
    if (pthread_getattr_default_np(&attributes) == 0) {
        if (pthread_attr_setstacksize(&attributes, stack_usual) == 0) {
            pthread_setattr_default_np(&attributes);
        }
        pthread_attr_destroy(&attributes);
    }
    if (limit.rlim_cur < limit.rlim_max) {
        first_stack = limit;
        limit.rlim_cur = limit.rlim_max < stack_usual ? limit.rlim_max : stack_usual;
        if (setrlimit(RLIMIT_STACK, &limit) == 0) atomic_store(&has_raised_stack, 1);
        else limit = first_stack;
    }
    if (limit.rlim_cur >= stack_needed) return;
    // With 96 KiB all of the tool works, with 64 some of it, with 16 nothing of Swift's.
    dprintf(
        2, "swoop: the first thread of this process may have a stack of %llu KiB, and Swift needs "
        "%d: raise the limit (`ulimit -s 8192`; stack in limits.conf, LimitSTACK of a service)\n",
        (unsigned long long)limit.rlim_cur >> 10, stack_needed >> 10);
    _exit(70);
}

enum { tries_max = 256 };

int swoop_try_descriptors(int count, int *had) {
    int taken[tries_max], result = 0;
    if (count > tries_max) count = tries_max;
    for (*had = 0; *had < count; ++*had) {
        // Of nothing: no file is opened for it.
        taken[*had] = open("/", O_PATH | O_CLOEXEC);
        if (taken[*had] >= 0) continue;
        result = -errno;
        break;
    }
    for (int i = 0; i < *had; i++) close(taken[i]);
    return result;
}

static void *wait_for_turn(void *gate) {
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

int swoop_try_threads(int count, int *had) {
    // With stacks that are hardly any: what a stack takes is tried as memory.
    enum { stack_size = 64 * 1024 };
    pthread_t threads[tries_max];
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_attr_t attributes;
    int error = 0;
    if (count > tries_max) count = tries_max;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_size);
    // All of them at a time, so they wait.
    pthread_mutex_lock(&gate);
    for (*had = 0; *had < count && error == 0;) {
        error = pthread_create(&threads[*had], &attributes, wait_for_turn, &gate);
        if (error == 0) ++*had;
    }
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < *had; i++) pthread_join(threads[i], NULL);
    pthread_attr_destroy(&attributes);
    return -error;
}

int swoop_try_memory(uint64_t shared, uint64_t private) {
    int flags = MAP_ANONYMOUS | MAP_NORESERVE, access = PROT_READ | PROT_WRITE, result = 0;
    void *first = shared ? mmap(NULL, shared, access, flags | MAP_SHARED, -1, 0) : NULL;
    if (first == MAP_FAILED) return -errno;
    void *second = private ? mmap(NULL, private, access, flags | MAP_PRIVATE, -1, 0) : NULL;
    if (second == MAP_FAILED) result = -errno;
    else if (second) munmap(second, private);
    if (first) munmap(first, shared);
    return result;
}

uint64_t swoop_stack_bytes(void) {
    pthread_attr_t attributes;
    size_t size = 0;
    pthread_attr_init(&attributes);
    pthread_attr_getstacksize(&attributes, &size);
    pthread_attr_destroy(&attributes);
    return size;
}

void swoop_hold_standard_streams(void) {
    for (int stream = 0; stream <= 2; stream++) {
        if (fcntl(stream, F_GETFD) != -1 || errno != EBADF) continue;
        // The lowest free number is this one, since those below are taken by now.
        if (open("/dev/null", stream == 0 ? O_RDONLY : O_WRONLY) < 0) return;
    }
}

void swoop_spare_addresses(void) {
    // The allocator takes 64 MiB of addresses for each thread, until none are left for a stack.
    if (swoop_limit(SWOOP_LIMIT_SPACE) < UINT64_C(16) << 30) mallopt(M_ARENA_MAX, 2);
}

void swoop_mask_file_size_signal(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void swoop_ignore_file_size_signal(void) { signal(SIGXFSZ, SIG_IGN); }
