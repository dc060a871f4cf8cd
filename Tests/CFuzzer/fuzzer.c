// Calls libFuzzer where the program is linked with it; see include/swoop_fuzzer.h.
#include "swoop_fuzzer.h"

// Weak: a build without libFuzzer links too, and replays what was found with it.
extern int LLVMFuzzerRunDriver(int *count, char ***arguments, swoop_fuzzer_body body)
    __attribute__((weak));

int swoop_fuzzer_run(int count, char **arguments, swoop_fuzzer_body body) {
    if (LLVMFuzzerRunDriver == NULL) return -1;
    return LLVMFuzzerRunDriver(&count, &arguments, body);
}
