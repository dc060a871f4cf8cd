// libFuzzer's loop, where the program is linked with it (`make fuzz`); elsewhere it is absent.
#ifndef SWOOP_FUZZER_H
#define SWOOP_FUZZER_H
#include <stddef.h>
#include <stdint.h>

/// Called with bytes to try; answers 0.
typedef int (*swoop_fuzzer_body)(const uint8_t *_Nullable bytes, size_t count);

/// Runs libFuzzer with the arguments of the program; its exit status, or -1 without libFuzzer.
int swoop_fuzzer_run(
    int count, char *_Nullable *_Nonnull arguments, swoop_fuzzer_body _Nonnull body);

#endif
