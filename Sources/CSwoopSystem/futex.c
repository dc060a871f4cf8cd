// Futex and eventfd; see include/swoop_futex.h.
#define _GNU_SOURCE
#include "swoop_futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

int swoop_futex_wait(volatile void *word, uint32_t expected, int64_t nanoseconds) {
    struct timespec limit = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    struct timespec *timeout = nanoseconds < 0 ? NULL : &limit;
    if (syscall(SYS_futex, word, FUTEX_WAIT, expected, timeout, NULL, 0) == 0) return 0;
    return errno == EAGAIN ? 0 : -errno;
}

int swoop_futex_wake(volatile void *word, int count) {
    long woken = syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
    return woken < 0 ? -errno : (int)woken;
}

int swoop_event_create(void) {
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int swoop_event_clear(int descriptor) {
    uint64_t count = 0;
    struct iovec target = {&count, sizeof count};
    ssize_t taken = preadv2(descriptor, &target, 1, -1, RWF_NOWAIT);
    if (taken >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) return taken == sizeof count;
    // A kernel without such reads: nobody but a task that means harm reads between the two calls.
    struct pollfd wanted = {descriptor, POLLIN, 0};
    if (poll(&wanted, 1, 0) != 1) return 0;
    return read(descriptor, &count, sizeof count) == sizeof count;
}
