// The checksum of pages: XXH3, 64 bits, seed 0. It finds accidents of disks and networks, not
// attacks.
#ifndef SWOOP_CHECKSUM_H
#define SWOOP_CHECKSUM_H
#include <stddef.h>
#include <stdint.h>

/// The checksum of `count` bytes; of none where `bytes` is NULL.
uint64_t swoop_checksum(const void *_Nullable bytes, size_t count);

#endif
