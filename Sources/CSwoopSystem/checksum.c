// The checksum of swoop_checksum.h: the one place that sees xxHash, whole in its header, so that
// no library has to travel with a program.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "swoop_checksum.h"

uint64_t swoop_checksum(const void *bytes, size_t count) { return XXH3_64bits(bytes, count); }

void *swoop_checksum_begin(void) {
    XXH3_state_t *state = XXH3_createState();
    if (state != NULL) XXH3_64bits_reset(state);
    return state;
}

void swoop_checksum_add(void *state, const void *bytes, size_t count) {
    XXH3_64bits_update(state, bytes, count);
}

uint64_t swoop_checksum_value(const void *state) { return XXH3_64bits_digest(state); }

void swoop_checksum_end(void *state) { XXH3_freeState(state); }
