// A second listener beside one that listens, and a program in the kernel that says which of both a
// newcomer gets to. The second one is for those who are refused without a word.
#ifndef SWOOP_TURNSTILE_H
#define SWOOP_TURNSTILE_H

#include <stdint.h>

/// The cookie of a descriptor that is a listening TCP socket; 0 for anything else.
uint64_t swoop_listener_cookie(int descriptor);

/// Opens a second listener at the address of the first; its descriptor, or a negative errno.
int swoop_turnstile_open(int first);

/// Sends newcomers of `count` addresses (16 bytes each, IPv4 as ::ffff:a.b.c.d; none: everybody) to
/// the second listener, but for `share` of 2^32, chosen by chance. 0, or a negative errno.
int swoop_turnstile_divert(int second, const uint8_t *_Nonnull sources, int count, uint32_t share);

/// Waits for somebody, accepts whoever is there and resets the connections. 0, or a negative errno.
int swoop_turnstile_refuse(int second);

/// Sends everybody to the first listener again, when the second one is closed.
void swoop_turnstile_end(int first);

#endif
