// Newcomers divided between two listeners; see include/swoop_turnstile.h.
#define _GNU_SOURCE
#include "swoop_turnstile.h"

#include "swoop_connection.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_ATTACH_REUSEPORT_CBPF
#define SO_ATTACH_REUSEPORT_CBPF 51
#endif
#ifndef SKF_AD_RANDOM
#define SKF_AD_RANDOM 56
#endif

enum { sources_max = 16, queue = 1024 };

uint64_t swoop_listener_cookie(int descriptor) {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || !listens)
        return 0;
    struct sockaddr_storage address;
    size = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &size) != 0) return 0;
    if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return 0;
    return swoop_connection_cookie(descriptor);
}

static int set(int descriptor, int level, int option, int value) {
    return setsockopt(descriptor, level, option, &value, sizeof value) == 0 ? 0 : -errno;
}

static int prepare(int second, int first, int family) {
    int code = set(second, SOL_SOCKET, SO_REUSEADDR, 1);
    if (code == 0) code = set(second, SOL_SOCKET, SO_REUSEPORT, 1);
    // Connections have it from their listener: closed by a reset, they leave nothing behind.
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    if (code == 0 && setsockopt(second, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) != 0)
        code = -errno;
    if (code == 0 && family == AF_INET6) {
        int only = 0;
        socklen_t size = sizeof only;
        if (getsockopt(first, IPPROTO_IPV6, IPV6_V6ONLY, &only, &size) != 0) return -errno;
        code = set(second, IPPROTO_IPV6, IPV6_V6ONLY, only);
    }
    return code;
}

int swoop_turnstile_open(int first) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(first, (struct sockaddr *)&address, &size) != 0) return -errno;
    int second = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (second < 0) return -errno;
    int code = prepare(second, first, address.ss_family);
    // Both belong to one group from when the second one listens.
    if (code == 0) code = set(first, SOL_SOCKET, SO_REUSEPORT, 1);
    if (code == 0 && bind(second, (struct sockaddr *)&address, size) != 0) code = -errno;
    if (code == 0 && listen(second, queue) != 0) code = -errno;
    if (code == 0) return second;
    close(second);
    swoop_turnstile_end(first);
    return code;
}

static uint32_t word(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

static int is_ipv4(const uint8_t *source) {
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(source, mapped, sizeof mapped) == 0;
}

int swoop_turnstile_divert(int second, const uint8_t *sources, int count, uint32_t share) {
    if (count < 0 || count > sources_max) return -EINVAL;
    int four = 0;
    for (int i = 0; i < count; i++) four += is_ipv4(sources + 16 * i);
    int six = count - four;
    struct sock_filter program[10 + 8 * sources_max];
    int n = 0;
    if (count > 0) {
        // Where chance decides; jumps only go forward, past the program counter behind them.
        int chance = 4 + four + 1 + 8 * six + 1;
        program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_NET_OFF);
        program[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0);
        program[n++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, 0x40, 0, (uint8_t)(1 + four + 1));
        program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_NET_OFF + 12);
        for (int i = 0; i < count; i++) {
            if (!is_ipv4(sources + 16 * i)) continue;
            uint8_t jump = (uint8_t)(chance - n - 1);
            program[n++] = (struct sock_filter)BPF_JUMP(
                BPF_JMP | BPF_JEQ | BPF_K, word(sources + 16 * i + 12), jump, 0);
        }
        program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
        for (int i = 0; i < count; i++) {
            if (is_ipv4(sources + 16 * i)) continue;
            for (int part = 0; part < 4; part++) {
                program[n++] = (struct sock_filter)BPF_STMT(
                    BPF_LD | BPF_W | BPF_ABS, SKF_NET_OFF + 8 + 4 * part);
                uint8_t same = part == 3 ? (uint8_t)(chance - n - 1) : 0;
                uint8_t other = (uint8_t)(2 * (3 - part));
                program[n++] = (struct sock_filter)BPF_JUMP(
                    BPF_JMP | BPF_JEQ | BPF_K, word(sources + 16 * i + 4 * part), same, other);
            }
        }
        program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
    }
    program[n++] = (struct sock_filter)BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_RANDOM);
    program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, share, 1, 0);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 1);
    struct sock_fprog whole = {.len = (unsigned short)n, .filter = program};
    return setsockopt(second, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &whole, sizeof whole) == 0
               ? 0
               : -errno;
}

int swoop_turnstile_refuse(int second) {
    struct pollfd one = {.fd = second, .events = POLLIN};
    if (poll(&one, 1, -1) < 0) return -errno;
    for (int count = 0; count < queue; count++) {
        int newcomer = accept4(second, NULL, NULL, SOCK_CLOEXEC);
        if (newcomer < 0) return errno == EAGAIN ? 0 : -errno;
        close(newcomer);
    }
    return 0;
}

void swoop_turnstile_end(int first) { (void)set(first, SOL_SOCKET, SO_REUSEPORT, 0); }
