// The checksum of swoop_checksum.h: the one place that sees xxHash, whole in its header, so that
// no library has to travel with a program.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "swoop_checksum.h"

uint64_t swoop_checksum(const void *bytes, size_t count) { return XXH3_64bits(bytes, count); }
