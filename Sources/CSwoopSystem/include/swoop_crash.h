// What a dying process says about itself: a record in memory that its supervisor shares. The
// handler makes system calls only; it neither allocates nor locks.
#ifndef SWOOP_CRASH_H
#define SWOOP_CRASH_H
#include <stddef.h>
#include <stdint.h>

#define SWOOP_FRAMES_MAX 16
/// The slot number of a thread that runs no slot.
#define SWOOP_NO_SLOT UINT32_MAX

/// 176 bytes, the same in every process of a machine.
typedef struct {
    uint32_t state;  // 0: nobody died; 1: being written; 2: complete
    uint32_t slot;
    int32_t signal;
    int32_t code;
    uint64_t address;  // the address that faulted, where the signal has one
    uint64_t run;      // what swoop_thread_set_run last said on that thread
    uint64_t image;    // load address of the main program: subtract it for offsets in the file
    uint32_t count;
    uint32_t thread;
    uint64_t counters[SWOOP_FRAMES_MAX];
} swoop_crash_record;

/// Installs handlers for SEGV, BUS, ILL, FPE, TRAP, ABRT, SYS that fill `record` (the first crash
/// wins) and let the process die by the same signal. 0 or a negative errno.
int swoop_crash_install(swoop_crash_record *_Nonnull record);

/// Gives the calling thread its slot number and a signal stack of its own (an overflow of the
/// thread's stack is seen only so). Once per thread.
int swoop_thread_enter(uint32_t slot);

/// Gives the signal stack back; call it before the thread ends.
void swoop_thread_leave(void);

/// The slot of the calling thread, or SWOOP_NO_SLOT.
uint32_t swoop_thread_slot(void);

/// What the calling thread is running now: a number of the caller's choice, kept for the crash
/// record and for whoever labels output. Costs a store.
void swoop_thread_set_run(uint64_t run);

/// What swoop_thread_set_run last said on this thread; 0 at first.
uint64_t swoop_thread_run(void);

/// Remembers, from now on, where each Swift error was thrown, on threads that have a slot. An error
/// carries no line of its own; one that is thrown again keeps its first place. 0, or -ENOSYS when
/// the Swift runtime has no such hook.
int swoop_throw_install(void);

/// The program counters of the calling thread's last throw, innermost first; their number (at most
/// `max`). The memory of it is cleared.
size_t swoop_throw_take(uint64_t *_Nonnull counters, size_t max);

/// The calling thread's return addresses by its frame pointers, innermost first.
size_t swoop_walk(uint64_t *_Nonnull counters, size_t max);

#endif
