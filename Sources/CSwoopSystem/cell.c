// Cells of a notebook; see include/swoop_cell.h.
//
// The compiler makes of a cell's top-level code a function like C's main: it starts a task, whose
// first part runs at once, and then asks the runtime to serve the main actor for ever. Libraries of
// cells are linked so that this last call, and that for an error that nobody caught, come here. The
// first leaves main's frame by longjmp: nothing of the runtime's is on the stack then. The second
// may not leave the frames beneath it, which are the runtime's: the loop that serves the main actor
// begins once more above them, and they stay where they are.
#define _GNU_SOURCE
#include "swoop_cell.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

enum { ranges_max = 65536, tick_microseconds = 2000 };

static swoop_cell_failed when_failed;
static swoop_cell_left when_left;
static int wake_descriptor = -1;
static pthread_t main_thread;
static jmp_buf started;
static volatile sig_atomic_t is_running, is_interrupted;

// Where the code of cells lies: read by the handler of signals.
static struct { uint64_t start, end; } ranges[ranges_max];
static volatile int range_count;

// MARK: What cells' libraries call in place of the runtime

void __wrap_swift_task_asyncMainDrainQueue(void) __attribute__((noreturn));
void __wrap_swift_task_asyncMainDrainQueue(void) { longjmp(started, 1); }

void __wrap_swift_errorInMain(void *error) __attribute__((noreturn));
void __wrap_swift_errorInMain(void *error) {
    when_failed(error);
    abort();
}

// MARK: Interrupts

static int is_of_cell(uint64_t address) {
    for (int i = range_count - 1; i >= 0; i--)
        if (address >= ranges[i].start && address < ranges[i].end) return 1;
    return 0;
}

static void set_ticks(int on) {
    struct itimerval timer;
    memset(&timer, 0, sizeof timer);
    if (on) timer.it_value.tv_usec = timer.it_interval.tv_usec = tick_microseconds;
    setitimer(ITIMER_REAL, &timer, NULL);
}

// A cell can be left where its own code runs: inside of a library's a lock might be held. Where it
// is not, the clock asks again soon.
static void interrupted(int signal, siginfo_t *info, void *context) {
    (void)info;
    int before = errno;
    if (!pthread_equal(pthread_self(), main_thread)) {
        pthread_kill(main_thread, signal);
        errno = before;
        return;
    }
    if (signal == SIGINT) {
        is_interrupted = 1;
        uint64_t one = 1;
        ssize_t written = write(wake_descriptor, &one, sizeof one);
        (void)written;
    }
    if (!is_interrupted || !is_running) {
        set_ticks(0);
        errno = before;
        return;
    }
    const ucontext_t *state = context;
    uint64_t place = (uint64_t)state->uc_mcontext.gregs[REG_RIP];
    if (!is_of_cell(place)) {
        if (signal == SIGINT) set_ticks(1);
        errno = before;
        return;
    }
    set_ticks(0);
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &both, NULL);
    when_left();
    abort();
}

void swoop_cell_set_running(int running) {
    is_running = running;
    if (!running) set_ticks(0);
}

int swoop_cell_was_interrupted(void) {
    int was = is_interrupted;
    is_interrupted = 0;
    return was;
}

// MARK: The main actor

// An executor as the runtime hands it around: an object, and how it is an executor. The runtime's
// own convention is C's for arguments and results of this kind.
struct executor { uint64_t object, conformance; };
static struct executor main_executor;

static struct executor get_main_executor(void *original) {
    (void)original;
    return main_executor;
}

static int is_main_executor(struct executor executor, void *original) {
    (void)original;
    return executor.object == main_executor.object;
}

int swoop_cells_begin(
    swoop_cell_failed failed, swoop_cell_left left, uint64_t executor, uint64_t conformance,
    int wake) {
    when_failed = failed;
    when_left = left;
    wake_descriptor = wake;
    main_thread = pthread_self();
    main_executor = (struct executor){executor, conformance};
    void **get = dlsym(RTLD_DEFAULT, "swift_task_getMainExecutor_hook");
    void **is = dlsym(RTLD_DEFAULT, "swift_task_isMainExecutor_hook");
    if (get == NULL || is == NULL) return -1;
    *get = (void *)get_main_executor;
    *is = (void *)is_main_executor;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = interrupted;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    return 0;
}

static int in_main_queue;

int swoop_main_queue_descriptor(void) {
    static int (*handle)(void);
    if (handle == NULL)
        handle = (int (*)(void))dlsym(RTLD_DEFAULT, "_dispatch_get_main_queue_handle_4CF");
    return handle == NULL || in_main_queue ? -1 : handle();
}

void swoop_main_queue_run(void) {
    static void (*run)(void *);
    if (run == NULL)
        run = (void (*)(void *))dlsym(RTLD_DEFAULT, "_dispatch_main_queue_callback_4CF");
    if (run == NULL || in_main_queue) return;
    in_main_queue = 1;
    run(NULL);
    in_main_queue = 0;
}

// MARK: Libraries

static int note_code(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    if (strcmp(info->dlpi_name, data) != 0) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X)) continue;
        if (range_count == ranges_max) break;
        ranges[range_count].start = info->dlpi_addr + header->p_vaddr;
        ranges[range_count].end = ranges[range_count].start + header->p_memsz;
        range_count++;
    }
    return 1;
}

void *swoop_cell_load(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (library != NULL) dl_iterate_phdr(note_code, (void *)path);
    return library;
}

uint64_t swoop_cell_symbol(void *library, const char *name) {
    return (uint64_t)(uintptr_t)dlsym(library, name);
}

uint64_t swoop_cell_offset(void *library) {
    struct link_map *map = NULL;
    return dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && map != NULL ? map->l_addr : 0;
}

const char *swoop_cell_error(void) {
    const char *text = dlerror();
    return text == NULL ? "no reason is known" : text;
}

int swoop_cell_start(void *library, const char *entry) {
    int (*main_of_cell)(int, char **) = (int (*)(int, char **))dlsym(library, entry);
    if (main_of_cell == NULL) return -1;
    if (setjmp(started) == 0) main_of_cell(0, NULL);
    return 0;
}

// MARK: Output

void swoop_flush_output(void) {
    fflush(stdout);
    fflush(stderr);
}

void swoop_print_by_lines(void) { setvbuf(stdout, NULL, _IOLBF, 1 << 16); }
