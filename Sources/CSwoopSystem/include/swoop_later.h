// Libraries that only a client and a coordinator use, and that are loaded when they do: a host that
// runs tasks gets neither them nor what they need. The headers of CSwoopSSH2, CSwoopSQLite and
// CSwoopYAML send their calls to later.c.
#ifndef SWOOP_LATER_H
#define SWOOP_LATER_H

enum {
    SWOOP_LATER_SSH2,
    SWOOP_LATER_SQLITE,
    SWOOP_LATER_YAML,
};

/// Loads a library before the first call of one of its functions: 1, or 0 where the machine does
/// not have it, or has one that lacks a function.
int swoop_load_later(int library);

/// The name by which it is loaded; NULL behind the last one.
const char *_Nullable swoop_later_name(int library);

#endif
