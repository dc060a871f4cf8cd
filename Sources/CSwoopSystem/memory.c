// Anonymous shared memory; see include/swoop_memory.h.
#define _GNU_SOURCE
#include "swoop_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int swoop_memory_create(const char *name, uint64_t size) {
    int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return -errno;
    if (ftruncate(descriptor, (off_t)size) != 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

int swoop_memory_reserve(int descriptor, uint64_t offset, uint64_t size) {
    for (;;) {
        if (fallocate(descriptor, FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)size) == 0) return 0;
        if (errno != EINTR) return -errno;
    }
}

int swoop_memory_release(int descriptor, uint64_t offset, uint64_t size) {
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    return fallocate(descriptor, mode, (off_t)offset, (off_t)size) == 0 ? 0 : -errno;
}

int swoop_memory_seal_size(int descriptor) {
    return fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0 ? 0 : -errno;
}

void *swoop_memory_map(
    int descriptor, uint64_t offset, size_t size, int writable, int at_once, int *error) {
    int flags = MAP_SHARED | (at_once ? MAP_POPULATE : 0);
    int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void *address = mmap(NULL, size, protection, flags, descriptor, (off_t)offset);
    *error = address == MAP_FAILED ? errno : 0;
    return address == MAP_FAILED ? NULL : address;
}

int swoop_memory_unmap(void *address, size_t size) {
    return munmap(address, size) == 0 ? 0 : -errno;
}

int64_t swoop_memory_size(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 ? (int64_t)status.st_size : -errno;
}
