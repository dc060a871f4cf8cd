// Files that a process must not leave behind when a signal ends it, or exit.

#ifndef SWOOP_LEAVINGS_H
#define SWOOP_LEAVINGS_H

/// Removes the file when this process ends by SIGTERM, SIGINT or SIGHUP, unless the program handles
/// or ignores the signal itself, or by exit. 0 or a negative errno: nothing is promised then.
int swoop_leave_no_file(const char *_Nonnull path);

/// The file is its owner's again: it stays, or somebody else removes it.
void swoop_keep_file(const char *_Nonnull path);

#endif
