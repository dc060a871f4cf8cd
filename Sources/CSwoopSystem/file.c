// Files without a name; see include/swoop_file.h.
#define _GNU_SOURCE
#include "swoop_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

int swoop_file_unnamed(const char *folder) {
    int descriptor = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (descriptor >= 0) return descriptor;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) return -errno;
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/swoop-pages-XXXXXX", folder);
    if (length < 0 || (size_t)length >= sizeof path) return -ENAMETOOLONG;
    descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor < 0) return -errno;
    if (unlink(path) == 0) return descriptor;
    int error = errno;
    close(descriptor);
    return -error;
}

int swoop_file_release(int descriptor, uint64_t offset, uint64_t size) {
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    for (;;) {
        if (fallocate(descriptor, mode, (off_t)offset, (off_t)size) == 0) return 0;
        if (errno != EINTR) return -errno;
    }
}

int swoop_file_is_made(const char *path) {
    struct statfs system;
    if (statfs(path, &system) != 0) return 0;
    switch ((unsigned long)system.f_type & 0xffffffffUL) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case BPF_FS_MAGIC:
        return 1;
    default:
        return 0;
    }
}

int swoop_file_is_in_memory(const char *folder) {
    struct statfs status;
    if (statfs(folder, &status) != 0) return -errno;
    return status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC;
}

void *swoop_file_map(int descriptor, uint64_t offset, size_t size, int *error) {
    void *address = mmap(NULL, size, PROT_READ, MAP_SHARED, descriptor, (off_t)offset);
    *error = address == MAP_FAILED ? errno : 0;
    if (address == MAP_FAILED) return NULL;
    while (madvise(address, size, MADV_POPULATE_READ) != 0) {
        if (errno == EINTR || errno == EAGAIN) continue;
        // Kernels before 5.14 do not know it: they read when the bytes are touched.
        if (errno == EINVAL) break;
        *error = errno == EFAULT ? EIO : errno;
        munmap(address, size);
        return NULL;
    }
    return address;
}

int swoop_file_has_access_list(const char *path) {
    return lgetxattr(path, "system.posix_acl_access", NULL, 0) > 0;
}

int swoop_file_is_whole(int descriptor, uint64_t offset, uint64_t size) {
    if (size == 0) return 1;
    // Where the file system does not tell of holes, its end is the only one.
    off_t hole = lseek(descriptor, (off_t)offset, SEEK_HOLE);
    if (hole < 0 && errno == EINVAL) hole = lseek(descriptor, 0, SEEK_END);
    return hole >= 0 && (uint64_t)hole >= offset + size;
}
