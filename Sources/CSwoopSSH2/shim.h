// What Swift sees of libssh2: its one public header. SwoopHosts alone imports this module.
//
// Each function that is called has another symbol, which later.c of CSwoopSystem defines: the
// library is loaded when it is needed, and so is no part of what runs on a host. A function that is
// missing here is an undefined symbol of the link.
#ifndef SWOOP_SSH2_SHIM_H
#define SWOOP_SSH2_SHIM_H
#define SWOOP_TEXT(words) #words
#define LATER(name) _Pragma(SWOOP_TEXT(redefine_extname name swoop_later_##name))
LATER(libssh2_channel_close)
LATER(libssh2_channel_eof)
LATER(libssh2_channel_forward_accept)
LATER(libssh2_channel_forward_cancel)
LATER(libssh2_channel_forward_listen_ex)
LATER(libssh2_channel_free)
LATER(libssh2_channel_get_exit_signal)
LATER(libssh2_channel_get_exit_status)
LATER(libssh2_channel_open_ex)
LATER(libssh2_channel_process_startup)
LATER(libssh2_channel_read_ex)
LATER(libssh2_channel_send_eof)
LATER(libssh2_channel_write_ex)
LATER(libssh2_free)
LATER(libssh2_init)
LATER(libssh2_knownhost_addc)
LATER(libssh2_knownhost_check)
LATER(libssh2_knownhost_free)
LATER(libssh2_knownhost_init)
LATER(libssh2_session_banner_get)
LATER(libssh2_session_block_directions)
LATER(libssh2_session_callback_set)
LATER(libssh2_session_disconnect_ex)
LATER(libssh2_session_free)
LATER(libssh2_session_handshake)
LATER(libssh2_session_hostkey)
LATER(libssh2_session_init_ex)
LATER(libssh2_session_last_errno)
LATER(libssh2_session_last_error)
LATER(libssh2_session_method_pref)
LATER(libssh2_session_set_blocking)
LATER(libssh2_userauth_authenticated)
LATER(libssh2_userauth_list)
LATER(libssh2_userauth_publickey)
LATER(libssh2_userauth_publickey_frommemory)
LATER(libssh2_version)
#undef LATER
#undef SWOOP_TEXT
#include <libssh2.h>
#endif
