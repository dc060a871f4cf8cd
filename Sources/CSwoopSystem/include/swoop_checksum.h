// The checksum of pages: XXH3, 64 bits, seed 0. It finds accidents of disks and networks, not
// attacks.
#ifndef SWOOP_CHECKSUM_H
#define SWOOP_CHECKSUM_H
#include <stddef.h>
#include <stdint.h>

/// The checksum of `count` bytes; of none where `bytes` is NULL.
uint64_t swoop_checksum(const void *_Nullable bytes, size_t count);

/// Begins the checksum of bytes that come in pieces; NULL: there is no memory.
void *_Nullable swoop_checksum_begin(void);

/// The next piece.
void swoop_checksum_add(void *_Nonnull state, const void *_Nonnull bytes, size_t count);

/// The same checksum as that of all pieces so far at once.
uint64_t swoop_checksum_value(const void *_Nonnull state);

/// Forgets what was begun.
void swoop_checksum_end(void *_Nonnull state);

#endif
