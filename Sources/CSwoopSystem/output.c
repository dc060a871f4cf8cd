// The captured standard streams; see include/swoop_output.h.
#define _GNU_SOURCE
#include "swoop_output.h"

#include <errno.h>
#include <stdio.h>
#include <sys/types.h>

static swoop_output_callback receiver;
static void *receiver_context;
static FILE *first_output, *first_error, *our_output, *our_error;

static ssize_t deliver(void *cookie, const char *bytes, size_t count) {
    receiver(receiver_context, cookie == (void *)&our_output ? 1 : 2, bytes, count);
    return (ssize_t)count;
}

static FILE *open_stream(void *cookie) {
    cookie_io_functions_t functions = {.write = deliver};
    FILE *stream = fopencookie(cookie, "w", functions);
    if (stream) setvbuf(stream, NULL, _IONBF, 0);
    return stream;
}

int swoop_output_capture(swoop_output_callback callback, void *context) {
    receiver = callback;
    receiver_context = context;
    if (!first_output) {
        first_output = stdout;
        first_error = stderr;
        our_output = open_stream(&our_output);
        our_error = open_stream(&our_error);
        if (!our_output || !our_error) return -ENOMEM;
    }
    fflush(first_output);
    stdout = our_output;
    stderr = our_error;
    return 0;
}

void swoop_output_release(void) {
    if (!first_output) return;
    stdout = first_output;
    stderr = first_error;
}
