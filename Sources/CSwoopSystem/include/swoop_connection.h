// What the system knows of a connection: which one it is, and what has gone over it.
#ifndef SWOOP_CONNECTION_H
#define SWOOP_CONNECTION_H
#include <stdint.h>

/// A connection that was accepted, as the system sees it.
typedef struct {
    uint64_t cookie;    // the system's number of this very socket, never given again
    uint64_t place;     // the local port, or what `swoop_connection_place` says of a local name
    int32_t user;       // who is at the other end of a local socket; -1: not known
    uint64_t received;  // bytes that the other side has sent
    uint64_t sent;      // bytes that this side has sent
    int32_t is_counted; // whether the two numbers are known
    uint8_t source[16]; // the address of the other side, IPv4 as ::ffff:a.b.c.d; all 0: not known
} swoop_connection;

/// Looks at a descriptor: 0, or a negative errno when it is no connection of TCP or of this
/// machine.
int swoop_connection_look(int descriptor, swoop_connection *_Nonnull found);

/// The system's number of the socket; 0: it is none, or the system numbers none.
uint64_t swoop_connection_cookie(int descriptor);

/// The place of a local socket's name, without the zero at the end of a file's path (a name without
/// a file begins with one); no port has that.
uint64_t swoop_connection_place(const char *_Nonnull name, int size);

#endif
