// What Swift sees of SQLite: its one public header. SwoopStorage alone imports this module.
#ifndef SWOOP_SQLITE_SHIM_H
#define SWOOP_SQLITE_SHIM_H
#include <sqlite3.h>
#endif
