// What Swift sees of zlib: its one public header. SwoopLaunching alone imports this module.
#ifndef SWOOP_ZLIB_SHIM_H
#define SWOOP_ZLIB_SHIM_H
#include <zlib.h>
#endif
