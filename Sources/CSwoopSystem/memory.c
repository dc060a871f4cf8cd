// Anonymous shared memory; see include/swoop_memory.h.
#define _GNU_SOURCE
#include "swoop_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "swoop_limits.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static const size_t smallPage = 4 << 10;
static const size_t hugePage = 2 << 20;

int swoop_memory_create(const char *name, uint64_t size) {
    int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return -errno;
    // Beyond the limit the system would send a signal that ends the process.
    if (size > swoop_limit(SWOOP_LIMIT_FILE_SIZE)) {
        close(descriptor);
        return -EFBIG;
    }
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

// One of its small pages has to be there for a huge one to take its place.
static int collapse(int descriptor, uint64_t offset, char *address) {
    int error = swoop_memory_reserve(descriptor, offset, smallPage);
    if (error != 0) return error;
    return madvise(address, hugePage, MADV_COLLAPSE) == 0 ? 0 : -errno;
}

static int64_t nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

// A huge page takes 0.2 ms, as many small ones 1.5 ms; where memory is in pieces, and the kernel
// moves others out of the way first, up to 25 ms. So what was saved may be spent, and no more.
static const int64_t savedByOne = INT64_C(2000000);
static const int64_t savedMax = INT64_C(50000000);

// Huge pages for as much of a range as there are some, and time for them.
static void take_huge(int descriptor, uint64_t offset, size_t size, void *address) {
    // Huge pages that are not asked for: none was free, or the kernel is older than 6.1.
    static atomic_int passed;
    const int passedMax = 256;
    static _Atomic int64_t saved = INT64_C(20000000);
    bool isAligned = ((uintptr_t)address - offset) % hugePage == 0;
    uint64_t first = (offset + hugePage - 1) / hugePage * hugePage;
    for (uint64_t place = first; isAligned && place + hugePage <= offset + size;
         place += hugePage) {
        if (atomic_load_explicit(&passed, memory_order_relaxed) > 0) {
            atomic_fetch_sub_explicit(&passed, 1, memory_order_relaxed);
            continue;
        }
        // Small ones do as well. To look for a huge one is slow where there is none.
        int64_t began = nanoseconds();
        int error = collapse(descriptor, place, (char *)address + (place - offset));
        int64_t left = atomic_load_explicit(&saved, memory_order_relaxed) + savedByOne
            - (nanoseconds() - began);
        if (error != 0 || left < 0) {
            atomic_store_explicit(&passed, passedMax, memory_order_relaxed);
            left = 0;
        }
        atomic_store_explicit(&saved, left < savedMax ? left : savedMax, memory_order_relaxed);
    }
}

int swoop_memory_reserve_mapped(int descriptor, uint64_t offset, size_t size, void *address) {
    take_huge(descriptor, offset, size, address);
    return swoop_memory_reserve(descriptor, offset, size);
}

int swoop_memory_take(int descriptor, uint64_t offset, size_t size, void *address) {
    take_huge(descriptor, offset, size, address);
    // Takes what is missing as well: to reserve it before would go over every page once more.
    while (madvise(address, size, MADV_POPULATE_WRITE) != 0) {
        if (errno == EINTR || errno == EAGAIN) continue;
        // Kernels before 5.14 do not know it: pages are entered when they are touched.
        return errno == EINVAL ? swoop_memory_reserve(descriptor, offset, size) : -errno;
    }
    return 0;
}

void swoop_memory_prefer_huge(void *address, size_t size) {
    uintptr_t first = ((uintptr_t)address + hugePage - 1) & ~(uintptr_t)(hugePage - 1);
    uintptr_t end = ((uintptr_t)address + size) & ~(uintptr_t)(hugePage - 1);
    if (first < end) (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
}

void swoop_memory_unneeded(void *address, size_t size) {
    uintptr_t first = ((uintptr_t)address + smallPage - 1) & ~(uintptr_t)(smallPage - 1);
    uintptr_t end = ((uintptr_t)address + size) & ~(uintptr_t)(smallPage - 1);
    if (first < end) (void)madvise((void *)first, end - first, MADV_FREE);
}

int swoop_memory_release(int descriptor, uint64_t offset, uint64_t size) {
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    return fallocate(descriptor, mode, (off_t)offset, (off_t)size) == 0 ? 0 : -errno;
}

int swoop_memory_seal_size(int descriptor) {
    // F_SEAL_SEAL: a holder that forbids writing (F_SEAL_FUTURE_WRITE) would take it from all.
    int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    return fcntl(descriptor, F_ADD_SEALS, seals) == 0 ? 0 : -errno;
}

void *swoop_memory_map(
    int descriptor, uint64_t offset, size_t size, int writable, int at_once, int *error) {
    int flags = MAP_SHARED | (at_once ? MAP_POPULATE : 0);
    int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    char *space = NULL;
    char *start = NULL;
    if (size >= hugePage) {
        // A huge page is entered as one only where address and offset agree.
        space = mmap(
            NULL, size + hugePage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (space == MAP_FAILED) {
            *error = errno;
            return NULL;
        }
        start = space + ((offset - (uintptr_t)space) & (hugePage - 1));
        flags |= MAP_FIXED;
    }
    void *address = mmap(start, size, protection, flags, descriptor, (off_t)offset);
    *error = address == MAP_FAILED ? errno : 0;
    if (space != NULL && address == MAP_FAILED) munmap(space, size + hugePage);
    if (address == MAP_FAILED) return NULL;
    if (space != NULL) {
        char *end = start + (size + smallPage - 1) / smallPage * smallPage;
        if (start > space) munmap(space, (size_t)(start - space));
        if (end < space + size + hugePage) munmap(end, (size_t)(space + size + hugePage - end));
    }
    return address;
}

int swoop_memory_unmap(void *address, size_t size) {
    return munmap(address, size) == 0 ? 0 : -errno;
}

int64_t swoop_memory_size(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 ? (int64_t)status.st_size : -errno;
}
