// What Swift sees of libsodium: the one hash that names files and keys. SwoopLaunching and
// SwoopHosts import this module.
#ifndef SWOOP_SODIUM_SHIM_H
#define SWOOP_SODIUM_SHIM_H
#include <sodium/crypto_hash_sha256.h>
#endif
