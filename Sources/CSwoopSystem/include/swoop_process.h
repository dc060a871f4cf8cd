// Starting child processes that cannot outlive their parent, and waiting for them without blocking.
#ifndef SWOOP_PROCESS_H
#define SWOOP_PROCESS_H
#include <stddef.h>
#include <stdint.h>

/// What a child gets: `targets[i]` in the child is `sources[i]` here; everything else is closed.
typedef struct {
    const char *_Nonnull path;
    char *const _Nullable *_Nonnull arguments;    // ends with NULL
    char *const _Nullable *_Nonnull environment;  // ends with NULL
    const char *_Nullable directory;              // NULL: the parent's
    const int *_Nullable sources;
    const int *_Nullable targets;
    size_t count;
    int death_signal;                             // the child's when this process dies; 0: none
} swoop_spawn_request;

/// Starts a child in a process group of its own; the parent-death signal is armed before anything
/// else happens in it. Done by a thread that never ends, since the kernel sends the signal when the
/// thread that made the child ends, not the process. The pid, or a negative errno.
int swoop_spawn(const swoop_spawn_request *_Nonnull request);

/// A close-on-exec descriptor that becomes readable when the process has ended, or a negative
/// errno.
int swoop_pidfd_open(int pid);

/// Sends a signal to the process that such a descriptor is of, whoever has its number by now; 0 or
/// a negative errno.
int swoop_pidfd_signal(int descriptor, int signal);

/// Reaps a child if it has ended: 1 with its code (exit code, or signal number when `signalled`), 0
/// when it still runs, or a negative errno.
int swoop_reap(int pid, int blocking, int *_Nonnull code, int *_Nonnull signalled);

/// What became of a child since it was asked last, beside its end: 1 with the signal that stopped
/// it, 2 when it was continued, 0 when nothing did, or a negative errno.
int swoop_stop_of(int pid, int *_Nonnull signal);

/// Arms the parent-death signal of the calling process; -ESRCH when `parent` (if not 0) has gone
/// already.
int swoop_die_with_parent(int signal, int parent);

/// Makes orphaned descendants children of this process, so that it can end and reap them.
int swoop_adopt_orphans(void);

/// Splits the process in two, before it has other threads: the caller goes on in the child, which
/// ends with its parent; the parent waits for the child's end, ends whatever descends from it and
/// was left behind, and ends as the child did. 0 in the child, or a negative errno where there is
/// no split.
int swoop_split_keeper(void);

/// The id of a child that has ended and was not reaped, whichever; 0: there is none.
int swoop_ended_child(void);

/// Keeps other processes of the user from reading this one's memory, by /proc or as debuggers, and
/// the system from dumping it (PR_SET_DUMPABLE). 0 or a negative errno.
int swoop_close_memory(void);

/// Whether that was done: 1 or 0.
int swoop_is_memory_closed(void);

/// Names the calling thread (15 bytes count).
void swoop_name_thread(const char *_Nonnull name);

/// Has the calling thread give way to others, as `nice` has a process: 0 to 19.
void swoop_yield_thread(int niceness);

/// Sends a signal to a process group; 0 or a negative errno.
int swoop_kill_group(int group, int signal);

/// Cores that this process may use now, by its affinity and CPU set.
int swoop_usable_cores(void);

/// The environment of this process, ended by NULL; not to be kept across setenv.
char *_Nullable *_Nonnull swoop_environment(void);

/// A close-on-exec pipe: `ends[0]` reads, `ends[1]` writes. 0 or a negative errno.
int swoop_pipe(int *_Nonnull ends);

/// Makes a descriptor non-blocking; 0 or a negative errno.
int swoop_set_nonblocking(int descriptor);

#endif
