// Copying of text for libzmq; see include/swoop_copy.h.
#define _GNU_SOURCE
#include "swoop_copy.h"

#include <dlfcn.h>
#include <string.h>

// As POSIX has it. Weak: a program may have its own. The manifest has linkers export it.
__attribute__((weak, used)) size_t strlcpy(
    char *restrict to, const char *restrict from, size_t room) {
    size_t length = strlen(from);
    if (room > 0) {
        size_t count = length < room ? length : room - 1;
        memcpy(to, from, count);
        to[count] = 0;
    }
    return length;
}

int swoop_copy_is_found(void) {
    Dl_info found, own;
    void *function = dlsym(RTLD_DEFAULT, "strlcpy");
    return function && dladdr(function, &found) && dladdr((void *)swoop_copy_is_found, &own) &&
           found.dli_fbase == own.dli_fbase;
}
