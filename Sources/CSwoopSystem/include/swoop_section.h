// The linker section in which a program's remote functions are found. The linker makes the two
// symbols for any section whose name is an identifier; weak, since a program may have no remote
// function.
#ifndef SWOOP_SECTION_H
#define SWOOP_SECTION_H

#include <stdint.h>

extern const char __start_swoop_remote[] __attribute__((weak, visibility("hidden")));
extern const char __stop_swoop_remote[] __attribute__((weak, visibility("hidden")));

// The address of the first record; 0 if there is none.
static inline uintptr_t swoop_section_start(void) { return (uintptr_t)__start_swoop_remote; }

// The address behind the last record; 0 if there is none.
static inline uintptr_t swoop_section_end(void) { return (uintptr_t)__stop_swoop_remote; }

#endif
