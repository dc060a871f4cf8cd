// Writable memory inside the program's own image: mangled names with symbolic references are put
// together here, since such references are 32-bit distances from the name to what it names.
#ifndef SWOOP_NAMES_H
#define SWOOP_NAMES_H
#include <stddef.h>

#define SWOOP_NAME_AREA_BYTES 16384

/// The memory; whoever uses it holds a lock of its own.
char *_Nonnull swoop_name_area(void);

#endif
