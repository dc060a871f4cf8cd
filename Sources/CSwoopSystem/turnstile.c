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

enum { lines_max = 2048, queue = 1024 };

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

// The mark: the upper 12 bits of what follows 127 say by a key which the lower 12 are. `add_mark`
// is the same as a program.
enum { first_shift = 15, second_shift = 13, last_factor = 0x2c1b3c6d, result_shift = 20 };

uint32_t swoop_mark_address(const uint32_t *mark, uint32_t chosen) {
    chosen &= 0xfff;
    uint32_t mixed = (chosen + mark[0]) * (mark[1] | 1);
    mixed ^= mixed >> first_shift;
    mixed = (mixed + mark[2]) * (mark[3] | 1);
    mixed ^= mixed >> second_shift;
    mixed *= last_factor;
    return (uint32_t)127 << 24 | chosen << 12 | mixed >> result_shift;
}

// A program of the kernel's that is being written.
struct program {
    struct sock_filter lines[lines_max];
    int count;
};

// Where a jump goes that is to go where chance decides.
static const uint32_t to_chance = UINT32_MAX;

static void add(struct program *program, struct sock_filter line) {
    if (program->count < lines_max) program->lines[program->count] = line;
    program->count++;
}

static void add_statement(struct program *program, int code, uint32_t value) {
    add(program, (struct sock_filter)BPF_STMT((uint16_t)code, value));
}

// Goes past `other` lines unless the accumulator is `value`.
static void add_comparison(struct program *program, uint32_t value, int other) {
    add(program,
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, (uint8_t)other));
}

// What is done with newcomers of some addresses: `code` and `value` are a line that ends there.
static void add_sources(
    struct program *program, const uint8_t *sources, int count, int four, int code, uint32_t value
) {
    for (int i = 0; i < count; i++) {
        const uint8_t *source = sources + 16 * i;
        if (is_ipv4(source) != four) continue;
        if (four) {
            add_comparison(program, word(source + 12), 1);
        } else {
            for (int part = 0; part < 4; part++) {
                add_statement(program, BPF_LD | BPF_W | BPF_ABS, SKF_NET_OFF + 8 + 4 * part);
                add_comparison(program, word(source + 4 * part), 2 * (3 - part) + 1);
            }
        }
        add_statement(program, code, value);
    }
}

// Lets in whose address, which the accumulator has, bears the mark.
static void add_mark(struct program *program, const uint32_t *mark) {
    enum { address = 0 };
    add_statement(program, BPF_ST, address);
    add_statement(program, BPF_ALU | BPF_RSH | BPF_K, 24);
    int start = program->count;
    add_comparison(program, 127, 0);
    add_statement(program, BPF_LD | BPF_MEM, address);
    add_statement(program, BPF_ALU | BPF_RSH | BPF_K, 12);
    add_statement(program, BPF_ALU | BPF_AND | BPF_K, 0xfff);
    for (int round = 0; round < 2; round++) {
        add_statement(program, BPF_ALU | BPF_ADD | BPF_K, mark[2 * round]);
        add_statement(program, BPF_ALU | BPF_MUL | BPF_K, mark[2 * round + 1] | 1);
        add_statement(program, BPF_MISC | BPF_TAX, 0);
        add_statement(
            program, BPF_ALU | BPF_RSH | BPF_K, round == 0 ? first_shift : second_shift);
        add_statement(program, BPF_ALU | BPF_XOR | BPF_X, 0);
    }
    add_statement(program, BPF_ALU | BPF_MUL | BPF_K, last_factor);
    add_statement(program, BPF_ALU | BPF_RSH | BPF_K, result_shift);
    add_statement(program, BPF_MISC | BPF_TAX, 0);
    add_statement(program, BPF_LD | BPF_MEM, address);
    add_statement(program, BPF_ALU | BPF_AND | BPF_K, 0xfff);
    add_statement(program, BPF_ALU | BPF_XOR | BPF_X, 0);
    add_comparison(program, 0, 1);
    add_statement(program, BPF_RET | BPF_K, 0);
    if (start < lines_max) program->lines[start].jf = (uint8_t)(program->count - start - 1);
}

// What becomes of newcomers of one version of IP.
static void add_version(struct program *program, const swoop_diversion *diversion, int four) {
    if (four) add_statement(program, BPF_LD | BPF_W | BPF_ABS, SKF_NET_OFF + 12);
    add_sources(
        program, diversion->named, diversion->named_count, four, BPF_JMP | BPF_JA, to_chance);
    add_sources(
        program, diversion->spared, diversion->spared_count, four, BPF_RET | BPF_K, 0);
    if (four && diversion->mark) add_mark(program, diversion->mark);
    if (diversion->others)
        add_statement(program, BPF_JMP | BPF_JA, to_chance);
    else
        add_statement(program, BPF_RET | BPF_K, 0);
}

int swoop_turnstile_divert(int second, const swoop_diversion *diversion) {
    struct program program = {.count = 0};
    add_statement(&program, BPF_LD | BPF_B | BPF_ABS, SKF_NET_OFF);
    add_statement(&program, BPF_ALU | BPF_AND | BPF_K, 0xf0);
    add_comparison(&program, 0x60, 1);
    int to_six = program.count;
    add_statement(&program, BPF_JMP | BPF_JA, 0);
    add_version(&program, diversion, 1);
    program.lines[to_six].k = (uint32_t)(program.count - to_six - 1);
    add_version(&program, diversion, 0);
    int chance = program.count;
    add_statement(&program, BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_RANDOM);
    add(&program,
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, diversion->share, 1, 0));
    add_statement(&program, BPF_RET | BPF_K, 0);
    add_statement(&program, BPF_RET | BPF_K, 1);
    if (program.count > lines_max) return -EINVAL;
    for (int i = 0; i < chance; i++) {
        struct sock_filter *line = &program.lines[i];
        if (line->code == (BPF_JMP | BPF_JA) && line->k == to_chance)
            line->k = (uint32_t)(chance - i - 1);
    }
    struct sock_fprog whole = {.len = (unsigned short)program.count, .filter = program.lines};
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
