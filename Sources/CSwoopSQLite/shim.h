// What Swift sees of SQLite: its one public header. SwoopStorage alone imports this module.
//
// Each function that is called has another symbol, which CSwoopSystem's later.c defines: the library
// is loaded when it is needed, and so is no part of what runs on a host. A function that is missing
// here is an undefined symbol of the link.
#ifndef SWOOP_SQLITE_SHIM_H
#define SWOOP_SQLITE_SHIM_H
#pragma redefine_extname sqlite3_bind_int64 swoop_later_sqlite3_bind_int64
#pragma redefine_extname sqlite3_bind_text64 swoop_later_sqlite3_bind_text64
#pragma redefine_extname sqlite3_busy_timeout swoop_later_sqlite3_busy_timeout
#pragma redefine_extname sqlite3_clear_bindings swoop_later_sqlite3_clear_bindings
#pragma redefine_extname sqlite3_close_v2 swoop_later_sqlite3_close_v2
#pragma redefine_extname sqlite3_column_bytes swoop_later_sqlite3_column_bytes
#pragma redefine_extname sqlite3_column_int64 swoop_later_sqlite3_column_int64
#pragma redefine_extname sqlite3_column_text swoop_later_sqlite3_column_text
#pragma redefine_extname sqlite3_column_type swoop_later_sqlite3_column_type
#pragma redefine_extname sqlite3_errmsg swoop_later_sqlite3_errmsg
#pragma redefine_extname sqlite3_exec swoop_later_sqlite3_exec
#pragma redefine_extname sqlite3_extended_result_codes swoop_later_sqlite3_extended_result_codes
#pragma redefine_extname sqlite3_finalize swoop_later_sqlite3_finalize
#pragma redefine_extname sqlite3_open_v2 swoop_later_sqlite3_open_v2
#pragma redefine_extname sqlite3_prepare_v3 swoop_later_sqlite3_prepare_v3
#pragma redefine_extname sqlite3_reset swoop_later_sqlite3_reset
#pragma redefine_extname sqlite3_sleep swoop_later_sqlite3_sleep
#pragma redefine_extname sqlite3_step swoop_later_sqlite3_step
#include <sqlite3.h>
#endif
