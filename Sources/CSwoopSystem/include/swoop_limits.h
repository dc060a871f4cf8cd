// What the system allows this process, and whether it gives what is about to be needed.
#ifndef SWOOP_LIMITS_H
#define SWOOP_LIMITS_H
#include <stdint.h>

enum {
    SWOOP_LIMIT_FILES,
    SWOOP_LIMIT_PROCESSES,
    SWOOP_LIMIT_SPACE,
    SWOOP_LIMIT_DATA,
    SWOOP_LIMIT_FILE_SIZE,
};

/// A limit that counts now (the soft one); UINT64_MAX: none.
uint64_t swoop_limit(int kind);

/// Raises the limit of open files that counts to what the process may raise it to, from now on.
/// Children that are started by swoop_spawn get the old one back.
void swoop_raise_file_limit(void);

/// Gives the calling process, which is about to become another program, the limits back that this
/// one was started with. Makes system calls only.
void swoop_restore_limits(void);

/// Opens so many descriptors and closes them: 0, or a negative errno. The number that could be had
/// is in `had`.
int swoop_try_descriptors(int count, int *_Nonnull had);

/// Starts so many threads that do nothing and ends them: 0, or a negative errno.
int swoop_try_threads(int count, int *_Nonnull had);

/// Maps so many bytes for several processes, and at the same time as many for itself, and unmaps
/// them: 0, or a negative errno.
int swoop_try_memory(uint64_t shared, uint64_t own);

/// Bytes of a thread's stack unless told.
uint64_t swoop_stack_bytes(void);

/// Opens /dev/null where standard input, output or error is closed, so that no descriptor of ours
/// gets their numbers: what a program prints would else be written into it.
void swoop_hold_standard_streams(void);

/// Where a process may have few addresses, lets the allocator take less of them in advance.
void swoop_spare_addresses(void);

/// A file that would grow beyond what a process may write is an error (EFBIG) for the calling
/// thread, and no signal that ends the process.
void swoop_mask_file_size_signal(void);

/// The same for the whole process, from now on.
void swoop_ignore_file_size_signal(void);

#endif
