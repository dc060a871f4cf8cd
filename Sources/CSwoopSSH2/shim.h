// What Swift sees of libssh2: its one public header. SwoopHosts alone imports this module.
#ifndef SWOOP_SSH2_SHIM_H
#define SWOOP_SSH2_SHIM_H
#include <libssh2.h>
#endif
