// Files without a name, and parts of files mapped to read. Each function answers 0 (or a
// descriptor) or a negative errno.
#ifndef SWOOP_FILE_H
#define SWOOP_FILE_H
#include <stddef.h>
#include <stdint.h>

/// A new close-on-exec file on the disk of `folder` that has no name and is gone with its last
/// holder; where the file system has no such files one is made and unlinked at once.
int swoop_file_unnamed(const char *_Nonnull folder);

/// Gives the disk blocks of a range back; it reads as zeros afterwards.
int swoop_file_release(int descriptor, uint64_t offset, uint64_t size);

// Whether the kernel makes what is read of the file (procfs, sysfs and their kind): its size says
// nothing. 0 also if the path leads nowhere.
int swoop_file_is_made(const char *_Nonnull path);

/// Whether a folder lies in memory and not on a disk; a negative errno where it cannot be told.
int swoop_file_is_in_memory(const char *_Nonnull folder);

/// Maps a range to read and reads it in; the offset is a multiple of the page size. NULL: see
/// `error`, which a failing disk sets here instead of ending the process later.
void *_Nullable swoop_file_map(
    int descriptor, uint64_t offset, size_t size, int *_Nonnull error);

/// Whether all of these bytes of a file were written and are still there. A file that was cut and
/// has grown again has a hole where they were; some file systems show one where zeros are.
int swoop_file_is_whole(int descriptor, uint64_t offset, uint64_t size);

/// Whether a file or folder has an access list (acl(5)), which may name others than its mode tells
/// of.
int swoop_file_has_access_list(const char *_Nonnull path);

#endif
