// Takes what a process prints away from its descriptors and hands it over, on the thread that
// prints.
#ifndef SWOOP_OUTPUT_H
#define SWOOP_OUTPUT_H
#include <stddef.h>

/// Called on the printing thread with what one write gave; `descriptor` is 1 or 2. It must not
/// print.
typedef void (*swoop_output_callback)(
    void *_Nullable context, int descriptor, const char *_Nonnull bytes, size_t count);

/// Replaces the streams `stdout` and `stderr` by unbuffered ones that call `callback`: buffered, a
/// line that two threads print would belong to the one who ended it. What writes to descriptors 1
/// and 2 directly is not seen. 0 or a negative errno.
int swoop_output_capture(swoop_output_callback _Nonnull callback, void *_Nullable context);

/// The first streams again.
void swoop_output_release(void);

#endif
