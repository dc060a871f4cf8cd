// A process that was started in a role (agent, worker, coordinator) plays it before the program's
// own main begins: nothing that the user wrote around the cluster happens twice.
#include "swoop_role.h"
#include <stdlib.h>

// Defined by the Swoop module; absent from programs that link this room alone.
extern void swoop_play_role(void) __attribute__((weak));

// Without a priority: the Swift runtime's own constructor, earlier in link order, has run.
__attribute__((constructor)) static void swoop_role_begin(void) {
    if (swoop_play_role != NULL && getenv("SWOOP_ROLE") != NULL) {
        swoop_play_role();
        exit(70);
    }
}
