// Files that are removed at the end of the process, also by a signal. A handler is put only where
// there is none: it removes the files and lets the signal do what it would have done.

#include "swoop_leavings.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { places = 64 };

static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
// Read by the handler: a path is whole before it is here, and never freed.
static _Atomic(char *) files[places];
// A child that was forked leaves its parent's files alone.
static _Atomic(pid_t) owner;

static void remove_files(void) {
    if (getpid() != atomic_load(&owner)) return;
    for (int i = 0; i < places; i++) {
        char *path = atomic_exchange(&files[i], NULL);
        if (path) unlink(path);
    }
}

static void on_end(int number) {
    int code = errno;
    remove_files();
    struct sigaction plain;
    memset(&plain, 0, sizeof plain);
    plain.sa_handler = SIG_DFL;
    sigaction(number, &plain, NULL);
    // It is blocked until this returns.
    raise(number);
    errno = code;
}

/// Called with the lock.
static void watch(void) {
    static int is_at_exit = 0;
    if (!is_at_exit) is_at_exit = atexit(remove_files) == 0;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction now;
        if (sigaction(signals[i], NULL, &now) != 0) continue;
        if ((now.sa_flags & SA_SIGINFO) || now.sa_handler != SIG_DFL) continue;
        struct sigaction ours;
        memset(&ours, 0, sizeof ours);
        ours.sa_handler = on_end;
        sigaction(signals[i], &ours, NULL);
    }
}

int swoop_leave_no_file(const char *path) {
    char *copy = strdup(path);
    if (!copy) return -ENOMEM;
    int result = -ENOSPC;
    pthread_mutex_lock(&lock);
    atomic_store(&owner, getpid());
    for (int i = 0; i < places && result != 0; i++) {
        char *none = NULL;
        if (atomic_compare_exchange_strong(&files[i], &none, copy)) result = 0;
    }
    if (result == 0) watch();
    pthread_mutex_unlock(&lock);
    if (result != 0) free(copy);
    return result;
}

void swoop_keep_file(const char *path) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < places; i++) {
        char *file = atomic_load(&files[i]);
        // Not freed: the handler may be reading it.
        if (file && strcmp(file, path) == 0) atomic_compare_exchange_strong(&files[i], &file, NULL);
    }
    pthread_mutex_unlock(&lock);
}
