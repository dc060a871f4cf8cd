// What Swift sees of SQLite: its one public header. SwoopStorage alone imports this module.
//
// Each function that is called has another symbol, which later.c of CSwoopSystem defines: the
// library is loaded when it is needed, and so is no part of what runs on a host. A function that is
// missing here is an undefined symbol of the link.
#ifndef SWOOP_SQLITE_SHIM_H
#define SWOOP_SQLITE_SHIM_H
#define SWOOP_TEXT(words) #words
#define LATER(name) _Pragma(SWOOP_TEXT(redefine_extname name swoop_later_##name))
LATER(sqlite3_bind_int64)
LATER(sqlite3_bind_text64)
LATER(sqlite3_busy_timeout)
LATER(sqlite3_clear_bindings)
LATER(sqlite3_close_v2)
LATER(sqlite3_column_bytes)
LATER(sqlite3_column_int64)
LATER(sqlite3_column_text)
LATER(sqlite3_column_type)
LATER(sqlite3_errmsg)
LATER(sqlite3_exec)
LATER(sqlite3_extended_result_codes)
LATER(sqlite3_finalize)
LATER(sqlite3_open_v2)
LATER(sqlite3_prepare_v3)
LATER(sqlite3_reset)
LATER(sqlite3_sleep)
LATER(sqlite3_step)
#undef LATER
#undef SWOOP_TEXT
#include <sqlite3.h>
#endif
