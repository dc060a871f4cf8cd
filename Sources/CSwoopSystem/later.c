// Libraries that are loaded when they are needed; see include/swoop_later.h.
#include "swoop_later.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#if !defined(__x86_64__)
#error "Swoop runs on x86-64."
#endif

#define SSH2_FUNCTIONS(X) \
    X(libssh2_channel_close) \
    X(libssh2_channel_eof) \
    X(libssh2_channel_forward_accept) \
    X(libssh2_channel_forward_cancel) \
    X(libssh2_channel_forward_listen_ex) \
    X(libssh2_channel_free) \
    X(libssh2_channel_get_exit_signal) \
    X(libssh2_channel_get_exit_status) \
    X(libssh2_channel_open_ex) \
    X(libssh2_channel_process_startup) \
    X(libssh2_channel_read_ex) \
    X(libssh2_channel_send_eof) \
    X(libssh2_channel_write_ex) \
    X(libssh2_free) \
    X(libssh2_init) \
    X(libssh2_knownhost_addc) \
    X(libssh2_knownhost_check) \
    X(libssh2_knownhost_free) \
    X(libssh2_knownhost_init) \
    X(libssh2_session_banner_get) \
    X(libssh2_session_block_directions) \
    X(libssh2_session_callback_set) \
    X(libssh2_session_disconnect_ex) \
    X(libssh2_session_free) \
    X(libssh2_session_handshake) \
    X(libssh2_session_hostkey) \
    X(libssh2_session_init_ex) \
    X(libssh2_session_last_errno) \
    X(libssh2_session_last_error) \
    X(libssh2_session_method_pref) \
    X(libssh2_session_set_blocking) \
    X(libssh2_userauth_authenticated) \
    X(libssh2_userauth_list) \
    X(libssh2_userauth_publickey) \
    X(libssh2_userauth_publickey_frommemory) \
    X(libssh2_version)

#define SQLITE_FUNCTIONS(X) \
    X(sqlite3_bind_int64) \
    X(sqlite3_bind_text64) \
    X(sqlite3_busy_timeout) \
    X(sqlite3_clear_bindings) \
    X(sqlite3_close_v2) \
    X(sqlite3_column_bytes) \
    X(sqlite3_column_int64) \
    X(sqlite3_column_text) \
    X(sqlite3_column_type) \
    X(sqlite3_errmsg) \
    X(sqlite3_exec) \
    X(sqlite3_extended_result_codes) \
    X(sqlite3_finalize) \
    X(sqlite3_open_v2) \
    X(sqlite3_prepare_v3) \
    X(sqlite3_reset) \
    X(sqlite3_sleep) \
    X(sqlite3_step)

#define YAML_FUNCTIONS(X) \
    X(yaml_event_delete) \
    X(yaml_parser_delete) \
    X(yaml_parser_initialize) \
    X(yaml_parser_parse) \
    X(yaml_parser_set_encoding) \
    X(yaml_parser_set_input_string)

// Where each function is, once its library is loaded, and the symbol that the headers of
// CSwoopSSH2, CSwoopSQLite and CSwoopYAML give it: a jump there, whatever the arguments are.
#define DEFINE(name) \
    __attribute__((visibility("hidden"), used)) void *swoop_place_##name; \
    __asm__(".pushsection .text\n" \
            ".globl swoop_later_" #name "\n" \
            ".hidden swoop_later_" #name "\n" \
            ".type swoop_later_" #name ", @function\n" \
            "swoop_later_" #name ":\n" \
            "jmpq *swoop_place_" #name "(%rip)\n" \
            ".size swoop_later_" #name ", . - swoop_later_" #name "\n" \
            ".popsection");
SSH2_FUNCTIONS(DEFINE)
SQLITE_FUNCTIONS(DEFINE)
YAML_FUNCTIONS(DEFINE)

typedef struct {
    const char *name;
    void **place;
} function;

#define ROW(name) {#name, &swoop_place_##name},
static const function ssh2_functions[] = {SSH2_FUNCTIONS(ROW){NULL, NULL}};
static const function sqlite_functions[] = {SQLITE_FUNCTIONS(ROW){NULL, NULL}};
static const function yaml_functions[] = {YAML_FUNCTIONS(ROW){NULL, NULL}};

static const char *const names[] = {"libssh2.so.1", "libsqlite3.so.0", "libyaml-0.so.2", NULL};
static const function *const tables[] = {ssh2_functions, sqlite_functions, yaml_functions};

const char *swoop_later_name(int index) {
    return index >= 0 && index <= SWOOP_LATER_YAML ? names[index] : NULL;
}

int swoop_load_later(int index) {
    static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
    static int loaded[SWOOP_LATER_YAML + 1];
    pthread_mutex_lock(&turn);
    if (!loaded[index]) {
        void *library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
        int isWhole = library != NULL;
        for (const function *entry = tables[index]; library && entry->name; entry++) {
            *entry->place = dlsym(library, entry->name);
            if (*entry->place == NULL) isWhole = 0;
        }
        // It stays loaded: what it has started may outlive whoever asked for it.
        loaded[index] = isWhole;
    }
    int result = loaded[index];
    pthread_mutex_unlock(&turn);
    return result;
}
