// What Swift sees of libsodium: the one hash that names files and keys, and memory for secrets.
// SwoopTransport, SwoopLaunching and SwoopHosts import this module.
#ifndef SWOOP_SODIUM_SHIM_H
#define SWOOP_SODIUM_SHIM_H
#include <sodium/core.h>
#include <sodium/crypto_auth_hmacsha256.h>
#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>
#endif
