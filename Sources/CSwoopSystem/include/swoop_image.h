// Which file of the process an address belongs to, and where in that file.
#ifndef SWOOP_IMAGE_H
#define SWOOP_IMAGE_H
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t load_offset;       // address in memory = address in the file + load_offset
    uint64_t start;             // lowest and highest mapped address
    uint64_t end;
    uint64_t code_start;        // the part of it that is executable
    uint64_t code_end;
    const char *_Nullable path; // "" for the main program; owned by the loader
} swoop_image;

/// The image that holds an address; 1 when found, else 0.
int swoop_image_of(uint64_t address, swoop_image *_Nonnull image);

/// The main program's image.
int swoop_image_main(swoop_image *_Nonnull image);

/// Called for each file that the loader has mapped into this process: its path ("" for the main
/// program) and its lowest address. The path is good for the call.
typedef void (*swoop_image_callback)(
    const char *_Nonnull path, uint64_t start, void *_Nullable context);

/// Names every image of this process, the main program first, in the order of loading.
void swoop_image_each(swoop_image_callback _Nonnull callback, void *_Nullable context);

/// Called for each library that an image needs (DT_NEEDED), with the image's path ("" for the main
/// program). The texts are good for the call.
typedef void (*swoop_need_callback)(
    const char *_Nonnull path, const char *_Nonnull need, void *_Nullable context);

/// Names what each image of this process needs, the main program's first.
void swoop_image_each_need(swoop_need_callback _Nonnull callback, void *_Nullable context);

/// Whether an image ("": the main program) uses a symbol that a library of this name defines; 1
/// also where that cannot be told.
int swoop_image_uses(const char *_Nonnull path, const char *_Nonnull library);

/// The loader that the main program asks for (PT_INTERP), or NULL where it needs none.
const char *_Nullable swoop_image_interpreter(void);

/// The mangled name of the nearest exported symbol at or below an address, or NULL; owned by the
/// loader.
const char *_Nullable swoop_symbol_of(uint64_t address, uint64_t *_Nonnull symbol_start);

#endif
