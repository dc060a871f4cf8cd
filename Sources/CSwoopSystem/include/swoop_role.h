// How a process begins that was started in a role; see role.c.
#ifndef SWOOP_ROLE_H
#define SWOOP_ROLE_H

#include <stdbool.h>

// Whether this program was linked with the roles that it must play for a cluster.
bool swoop_can_play_roles(void);

/// The arguments of the program as it was started with them, without /proc, where Swift looks for
/// them.
char *_Nonnull const *_Nullable swoop_arguments(int *_Nonnull count);

/// A retained object of the type InlineRuns, which the module Swoop declares and the roles make;
/// NULL without them.
void *_Nullable swoop_inline_runs(void);

#endif
