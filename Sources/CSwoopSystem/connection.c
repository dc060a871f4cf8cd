// Connections as the system sees them; see include/swoop_connection.h.
#define _GNU_SOURCE
#include "swoop_connection.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

uint64_t swoop_connection_cookie(int descriptor) {
    uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    return getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

uint64_t swoop_connection_place(const char *name, int size) {
    uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (int i = 0; i < size; i++) hash = (hash ^ (unsigned char)name[i]) * 0x100000001b3;
    return hash | (uint64_t)1 << 63;
}

int swoop_connection_look(int descriptor, swoop_connection *found) {
    memset(found, 0, sizeof *found);
    found->user = -1;
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &size) != 0) return -errno;
    found->cookie = swoop_connection_cookie(descriptor);
    if (address.ss_family == AF_UNIX) {
        const struct sockaddr_un *local = (const struct sockaddr_un *)&address;
        int count = (int)size - (int)offsetof(struct sockaddr_un, sun_path);
        if (count < 0) count = 0;
        // The path of a file ends with a zero, which is counted.
        if (count > 0 && local->sun_path[0]) count = (int)strnlen(local->sun_path, (size_t)count);
        found->place = swoop_connection_place(local->sun_path, count);
        struct ucred peer;
        size = sizeof peer;
        if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
            found->user = (int32_t)peer.uid;
        return 0;
    }
    // The port stands at the same place in both.
    if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return -EAFNOSUPPORT;
    found->place = ntohs(((struct sockaddr_in *)&address)->sin_port);
    struct sockaddr_storage peer;
    size = sizeof peer;
    if (getpeername(descriptor, (struct sockaddr *)&peer, &size) == 0) {
        if (peer.ss_family == AF_INET) {
            found->source[10] = found->source[11] = 0xff;
            memcpy(found->source + 12, &((struct sockaddr_in *)&peer)->sin_addr, 4);
        } else {
            memcpy(found->source, &((struct sockaddr_in6 *)&peer)->sin6_addr, 16);
        }
    }
    struct tcp_info info;
    size = sizeof info;
    // Kernels before 4.19 do not count what was sent.
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
        size >= offsetof(struct tcp_info, tcpi_bytes_retrans) + sizeof info.tcpi_bytes_retrans) {
        found->received = info.tcpi_bytes_received;
        found->sent = info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
        found->is_counted = 1;
    }
    return 0;
}
