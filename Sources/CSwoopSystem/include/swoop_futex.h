// Atomics on memory that two processes share, and what waits for a change of it: futex, eventfd.
#ifndef SWOOP_FUTEX_H
#define SWOOP_FUTEX_H
#include <stdint.h>

static inline uint64_t swoop_load_acquire_64(const volatile void *_Nonnull address) {
    return __atomic_load_n((const volatile uint64_t *)address, __ATOMIC_ACQUIRE);
}

static inline void swoop_store_release_64(volatile void *_Nonnull address, uint64_t value) {
    __atomic_store_n((volatile uint64_t *)address, value, __ATOMIC_RELEASE);
}

static inline uint32_t swoop_load_acquire_32(const volatile void *_Nonnull address) {
    return __atomic_load_n((const volatile uint32_t *)address, __ATOMIC_ACQUIRE);
}

static inline void swoop_store_release_32(volatile void *_Nonnull address, uint32_t value) {
    __atomic_store_n((volatile uint32_t *)address, value, __ATOMIC_RELEASE);
}

static inline uint32_t swoop_exchange_32(volatile void *_Nonnull address, uint32_t value) {
    return __atomic_exchange_n((volatile uint32_t *)address, value, __ATOMIC_SEQ_CST);
}

static inline uint32_t swoop_load_relaxed_32(const volatile void *_Nonnull address) {
    return __atomic_load_n((const volatile uint32_t *)address, __ATOMIC_RELAXED);
}

/// Orders what came before against what follows, stores against loads included.
static inline void swoop_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

/// Tells the core that this is a spin.
static inline void swoop_spin_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Sleeps while the word holds `expected`; `nanoseconds` < 0 is without end. 0 when woken (or
/// changed before), else a negative errno: -ETIMEDOUT, -EINTR.
int swoop_futex_wait(volatile void *_Nonnull word, uint32_t expected, int64_t nanoseconds);

/// Wakes up to `count` threads, of any process, that wait on the word.
int swoop_futex_wake(volatile void *_Nonnull word, int count);

/// A close-on-exec, non-blocking eventfd, or a negative errno.
int swoop_event_create(void);

/// Takes the count of an eventfd; 1: it was not zero. It never waits, not even where another holder
/// of the descriptor made it one that does.
int swoop_event_clear(int descriptor);

#endif
