// The crash handler and what a thread says about itself; see include/swoop_crash.h.
#define _GNU_SOURCE
#include "swoop_crash.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "swoop_image.h"

enum { signal_stack_size = 64 * 1024 };

static swoop_crash_record *crash_record;
static swoop_image main_image;
static _Thread_local uint32_t thread_slot = SWOOP_NO_SLOT;
static _Thread_local uint64_t thread_run;
static _Thread_local void *thread_stack;
static _Thread_local uint64_t thrown[SWOOP_FRAMES_MAX];
static _Thread_local uint32_t thrown_count;
static _Thread_local void *thrown_error;
static _Thread_local const void *thrown_type;

// Reads two words without the risk of a second fault: the kernel looks first.
static int read_frame(uint64_t frame, uint64_t words[2]) {
    struct iovec here = {words, 16}, there = {(void *)(uintptr_t)frame, 16};
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 16;
}

static size_t walk(uint64_t frame, uint64_t *counters, size_t max) {
    size_t count = 0;
    while (count < max && frame != 0 && frame % 8 == 0) {
        uint64_t words[2];
        if (!read_frame(frame, words)) break;
        if (words[1] == 0) break;
        counters[count++] = words[1];
        // The bit of an async frame's parent is cleared; frames lie one above the other.
        uint64_t next = words[0] & 0x0fffffffffffffffull;
        if (next <= frame || next - frame > (64u << 20)) break;
        frame = next;
    }
    return count;
}

size_t swoop_walk(uint64_t *counters, size_t max) {
    return walk((uint64_t)(uintptr_t)__builtin_frame_address(0), counters, max);
}

static int is_code(uint64_t address) {
    return address >= main_image.code_start && address < main_image.code_end;
}

// Where the frames were lost (libc keeps no frame pointers, so an abort loses them), whatever on
// the stack looks like a return address into the program: it may be stale, and is better than none.
static uint32_t scan(uint64_t stack, uint64_t *counters, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (is_code(counters[i])) return count;
    }
    for (uint64_t end = stack + 8192; stack < end && count < SWOOP_FRAMES_MAX; stack += 16) {
        uint64_t words[2];
        if (!read_frame(stack, words)) break;
        for (int i = 0; i < 2 && count < SWOOP_FRAMES_MAX; i++) {
            if (is_code(words[i])) counters[count++] = words[i];
        }
    }
    return count;
}

static void fill(swoop_crash_record *record, int number, siginfo_t *info, ucontext_t *context) {
    uint64_t counter = 0, frame = 0, stack = 0;
#if defined(__x86_64__)
    counter = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    frame = (uint64_t)context->uc_mcontext.gregs[REG_RBP];
    stack = (uint64_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    counter = context->uc_mcontext.pc;
    frame = context->uc_mcontext.regs[29];
    stack = context->uc_mcontext.sp;
#endif
    record->slot = thread_slot;
    record->signal = number;
    record->code = info->si_code;
    record->address = (uint64_t)(uintptr_t)info->si_addr;
    record->run = thread_run;
    record->image = main_image.load_offset;
    record->thread = (uint32_t)syscall(SYS_gettid);
    record->counters[0] = counter;
    uint32_t count = 1 + (uint32_t)walk(frame, record->counters + 1, SWOOP_FRAMES_MAX - 1);
    record->count = scan(stack, record->counters, count);
}

static void on_crash(int number, siginfo_t *info, void *context) {
    int saved = errno;
    swoop_crash_record *record = crash_record;
    uint32_t nobody = 0;
    if (__atomic_compare_exchange_n(
            &record->state, &nobody, 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        fill(record, number, info, (ucontext_t *)context);
        __atomic_store_n(&record->state, 2, __ATOMIC_RELEASE);
    } else {
        // Another thread is first: its record must be whole before this one ends the process.
        struct timespec moment = {0, 1000000};
        for (int i = 0; i < 100 && __atomic_load_n(&record->state, __ATOMIC_ACQUIRE) != 2; i++) {
            nanosleep(&moment, NULL);
        }
    }
    struct sigaction plain;
    plain.sa_handler = SIG_DFL;
    plain.sa_flags = 0;
    sigemptyset(&plain.sa_mask);
    sigaction(number, &plain, NULL);
    errno = saved;
    // Blocked until the handler returns; then the process dies of the signal that it met.
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
}

int swoop_crash_install(swoop_crash_record *record) {
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
    swoop_image_main(&main_image);
    crash_record = record;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction action;
        action.sa_sigaction = on_crash;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigemptyset(&action.sa_mask);
        if (sigaction(numbers[i], &action, NULL) != 0) return -errno;
    }
    return 0;
}

int swoop_thread_enter(uint32_t slot) {
    thread_slot = slot;
    if (thread_stack) return 0;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void *stack = mmap(NULL, signal_stack_size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (stack == MAP_FAILED) return -errno;
    stack_t alternate = {.ss_sp = stack, .ss_flags = 0, .ss_size = signal_stack_size};
    if (sigaltstack(&alternate, NULL) != 0) {
        int error = errno;
        munmap(stack, signal_stack_size);
        return -error;
    }
    thread_stack = stack;
    return 0;
}

static void forget_error(void);

void swoop_thread_leave(void) {
    thread_slot = SWOOP_NO_SLOT;
    forget_error();
    if (!thread_stack) return;
    stack_t none = {.ss_sp = NULL, .ss_flags = SS_DISABLE, .ss_size = 0};
    sigaltstack(&none, NULL);
    munmap(thread_stack, signal_stack_size);
    thread_stack = NULL;
}

uint32_t swoop_thread_slot(void) { return thread_slot; }
void swoop_thread_set_run(uint64_t run) { thread_run = run; }
uint64_t swoop_thread_run(void) { return thread_run; }

// The Swift runtime's hooks: no public API, so the program must run without them.
extern void _swift_setWillThrowHandler(void (*handler)(void *)) __attribute__((weak));
typedef void (*typed_handler)(void *, const void *, const void *);
extern typed_handler _swift_willThrowTypedImpl __attribute__((weak));

extern void *swift_errorRetain(void *error) __attribute__((weak));
extern void swift_errorRelease(void *error) __attribute__((weak));

typedef struct {
    const void *value, *type, *conformance;
} error_value;
extern void swift_getErrorValue(const void *error, void **scratch, error_value *out)
    __attribute__((weak));

static void forget_error(void) {
    void *error = thrown_error;
    thrown_error = NULL;
    thrown_type = NULL;
    if (error) swift_errorRelease(error);
}

static void remember_throw(void) {
    uint64_t frame = (uint64_t)(uintptr_t)__builtin_frame_address(0);
    thrown_count = (uint32_t)walk(frame, thrown, SWOOP_FRAMES_MAX);
}

// A caller that throws any error passes a typed one on in a box of its own: for the runtime that is
// another throw.
static int is_box_of_thrown(void *error) {
    if (!thrown_count || !thrown_type || !error || !swift_getErrorValue) return 0;
    void *scratch = NULL;
    error_value boxed = {NULL, NULL, NULL};
    swift_getErrorValue(error, &scratch, &boxed);
    return boxed.type == thrown_type;
}

// An error that is caught and thrown again keeps its first place. It is held until the next one, so
// that no other error gets its address.
static void on_throw(void *error) {
    if (thread_slot == SWOOP_NO_SLOT) return;
    if (thrown_count && error && error == thrown_error) return;
    if (!is_box_of_thrown(error)) remember_throw();
    if (!swift_errorRetain || !swift_errorRelease) return;
    forget_error();
    thrown_error = swift_errorRetain(error);
}

static void on_typed_throw(void *value, const void *type, const void *conformance) {
    (void)value, (void)conformance;
    if (thread_slot == SWOOP_NO_SLOT) return;
    remember_throw();
    forget_error();
    thrown_type = type;
}

int swoop_throw_install(void) {
    if (!_swift_setWillThrowHandler) return -ENOSYS;
    _swift_setWillThrowHandler(on_throw);
    if (&_swift_willThrowTypedImpl) {
        __atomic_store_n(&_swift_willThrowTypedImpl, on_typed_throw, __ATOMIC_RELEASE);
    }
    return 0;
}

size_t swoop_throw_take(uint64_t *counters, size_t max) {
    size_t count = thrown_count < max ? thrown_count : max;
    memcpy(counters, thrown, count * sizeof *counters);
    thrown_count = 0;
    forget_error();
    return count;
}
