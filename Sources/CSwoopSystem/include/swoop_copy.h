// A function that libzmq takes from libbsd where the C library does not have it. Programs have it
// themselves, so that libbsd need not travel to hosts for it.
#ifndef SWOOP_COPY_H
#define SWOOP_COPY_H

/// Whether the loader finds the program's own `strlcpy`, before any library's: not where a linker
/// kept it from the libraries.
int swoop_copy_is_found(void);

#endif
