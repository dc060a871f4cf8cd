// Running cells of a notebook in this process: libraries whose top-level code is a task of Swift's
// main actor, started, left when it fails, and left when it is interrupted. Only the process of a
// kernel that runs cells uses this.
#ifndef SWOOP_CELL_H
#define SWOOP_CELL_H
#include <stdint.h>

/// Called on the main thread when top-level code throws; never returns.
typedef void (*swoop_cell_failed)(void *_Nonnull error);

/// Called on the main thread, out of a signal's handler, when the cell that runs was interrupted at
/// a place where it can be left; never returns.
typedef void (*swoop_cell_left)(void);

/// Makes this thread the one that cells run on, and an executor of Swift's that of the main actor:
/// the two words of its unowned reference. `wake` is an event descriptor that is raised when an
/// interrupt came. 0, or -1 where the runtime lets nobody run the main actor's jobs.
int swoop_cells_begin(
    swoop_cell_failed _Nonnull failed, swoop_cell_left _Nonnull left, uint64_t executor,
    uint64_t conformance, int wake);

/// Loads a library; NULL with the reason in `swoop_cell_error`.
void *_Nullable swoop_cell_load(const char *_Nonnull path);

/// The address of a symbol of a loaded library, or 0.
uint64_t swoop_cell_symbol(void *_Nonnull library, const char *_Nonnull name);

/// What the loader has added to the addresses in a loaded library's file.
uint64_t swoop_cell_offset(void *_Nonnull library);

/// The loader's words for what went wrong last.
const char *_Nonnull swoop_cell_error(void);

/// Starts the cell of a loaded library: returns once its code waits for something, or has ended. 0,
/// or
/// -1 where the library has no such function.
int swoop_cell_start(void *_Nonnull library, const char *_Nonnull entry);

/// Tells whether a cell's code may be left when an interrupt comes.
void swoop_cell_set_running(int running);

/// Whether an interrupt came since it was last asked.
int swoop_cell_was_interrupted(void);

/// Runs what is on the queue of the system's main thread, if there is a queue and nothing of it is
/// running; the descriptor that says so, or -1.
int swoop_main_queue_descriptor(void);
void swoop_main_queue_run(void);

/// Writes everything that was printed.
void swoop_flush_output(void);

/// Makes lines appear as soon as they are whole.
void swoop_print_by_lines(void);

#endif
