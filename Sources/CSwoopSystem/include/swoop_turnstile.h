// A second listener beside one that listens, and a program in the kernel that says which of both a
// newcomer gets to. The second one is for those who are refused without a word.
#ifndef SWOOP_TURNSTILE_H
#define SWOOP_TURNSTILE_H

#include <stdint.h>

/// The cookie of a descriptor that is a listening TCP socket; 0 for anything else.
uint64_t swoop_listener_cookie(int descriptor);

/// Opens a second listener at the address of the first; its descriptor, or a negative errno.
int swoop_turnstile_open(int first);

/// The address of loopback that bears a mark (four words) and has these 12 bits behind 127.
uint32_t swoop_mark_address(const uint32_t *_Nonnull mark, uint32_t chosen);

/// Who gets to the second listener, but for `share` of 2^32, chosen by chance. Addresses have 16
/// bytes each, IPv4 as ::ffff:a.b.c.d.
typedef struct {
    const uint8_t *_Nullable named;   // these do
    int32_t named_count;
    int32_t others;                   // whether whoever is not named does too, but for
    const uint8_t *_Nullable spared;  // these
    int32_t spared_count;
    const uint32_t *_Nullable mark;   // and addresses of loopback that bear this mark
    uint32_t share;
} swoop_diversion;

/// Divides newcomers from now on. 0, or a negative errno.
int swoop_turnstile_divert(int second, const swoop_diversion *_Nonnull diversion);

/// Waits for somebody, accepts whoever is there and resets the connections. 0, or a negative errno.
int swoop_turnstile_refuse(int second);

/// Sends everybody to the first listener again, when the second one is closed.
void swoop_turnstile_end(int first);

#endif
