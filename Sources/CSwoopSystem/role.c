// A process that was started in a role (agent, worker, coordinator) plays it after every
// initialiser of the program and before its main: nothing that the user wrote around the cluster
// happens twice, and everything that the program is linked from is whole.
#include "swoop_role.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// Defined by the SwoopRoles module; absent from programs that link this room alone.
extern void swoop_play_role(void) __attribute__((weak));

bool swoop_can_play_roles(void) { return swoop_play_role != NULL; }

static int argument_count;
static char **arguments;

char *const *swoop_arguments(int *count) {
    *count = argument_count;
    return arguments;
}

// The same for what runs tasks in the program's own process.
extern void *swoop_make_inline_runs(void) __attribute__((weak));

void *swoop_inline_runs(void) {
    return swoop_make_inline_runs == NULL ? NULL : swoop_make_inline_runs();
}

// The initialisers of this image, in the order of the link; the linker makes both symbols.
typedef void (*initialiser)(int argc, char **argv, char **environment);
extern const initialiser __init_array_start[] __attribute__((weak, visibility("hidden")));
extern const initialiser __init_array_end[] __attribute__((weak, visibility("hidden")));

// This is one of those initialisers, and others may stand behind it: no priority is below that of a
// constructor without one, and the libraries of a static link (CoreFoundation among them) come last
// on the linker's command line. So they are called from here. Where no role is to be played the
// caller goes on as ever; where one is, the caller is never returned to: each is called once.
__attribute__((constructor)) static void swoop_role_begin(
    int argc, char **argv, char **environment) {
    argument_count = argc;
    arguments = argv;
    if (swoop_play_role == NULL || getenv("SWOOP_ROLE") == NULL) return;
    const initialiser *next = __init_array_start;
    while (next < __init_array_end && *next != (initialiser)swoop_role_begin) next++;
    // One that is not in the table (a linker without it) has none behind it to call.
    for (next++; next < __init_array_end; next++) {
        // Zero and -1 are what old linkers filled gaps with.
        if ((uintptr_t)*next + 1 > 1) (*next)(argc, argv, environment);
    }
    swoop_play_role();
    exit(70);
}
