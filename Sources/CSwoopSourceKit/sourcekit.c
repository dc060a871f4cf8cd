// SourceKit; see include/swoop_sourcekit.h. Its header is no part of every toolchain, and the
// library no part of any program: the few functions are declared here as they are called.
#include "swoop_sourcekit.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { uint64_t data[3]; } variant;

static void (*initialize)(void);
static void *(*read_request)(const char *yaml, char **error);
static void (*release_request)(void *request);
static void *(*send)(void *request);
static bool (*is_error)(void *response);
static variant (*value_of)(void *response);
static char *(*json_of)(variant value);
static void (*dispose)(void *response);

static void *library;

static const char *load(const char *path) {
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return dlerror();
    const struct { const char *name; void **place; } functions[] = {
        {"sourcekitd_initialize", (void **)&initialize},
        {"sourcekitd_request_create_from_yaml", (void **)&read_request},
        {"sourcekitd_request_release", (void **)&release_request},
        {"sourcekitd_send_request_sync", (void **)&send},
        {"sourcekitd_response_is_error", (void **)&is_error},
        {"sourcekitd_response_get_value", (void **)&value_of},
        {"sourcekitd_variant_json_description_copy", (void **)&json_of},
        {"sourcekitd_response_dispose", (void **)&dispose},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        *functions[i].place = dlsym(library, functions[i].name);
        if (*functions[i].place == NULL) return dlerror();
    }
    initialize();
    return NULL;
}

const char *swoop_sourcekit_load(const char *path) {
    static const char *problem;
    if (library == NULL) problem = load(path);
    return problem;
}

char *swoop_sourcekit_ask(const char *text) {
    if (json_of == NULL || dispose == NULL) return NULL;
    void *request = read_request(text, NULL);
    if (request == NULL) return NULL;
    void *response = send(request);
    release_request(request);
    if (response == NULL) return NULL;
    char *answer = is_error(response) ? NULL : json_of(value_of(response));
    dispose(response);
    return answer;
}
