// Images of the process; see include/swoop_image.h.
#define _GNU_SOURCE
#include "swoop_image.h"

#include <dlfcn.h>
#include <link.h>

typedef struct {
    uint64_t address;  // 0: the first image, which is the main program
    swoop_image *image;
} search;

static int look(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    search *wanted = data;
    uint64_t start = UINT64_MAX, end = 0, code_start = UINT64_MAX, code_end = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD) continue;
        uint64_t low = info->dlpi_addr + header->p_vaddr;
        if (low < start) start = low;
        if (low + header->p_memsz > end) end = low + header->p_memsz;
        if (!(header->p_flags & PF_X)) continue;
        if (low < code_start) code_start = low;
        if (low + header->p_memsz > code_end) code_end = low + header->p_memsz;
    }
    if (wanted->address != 0 && (wanted->address < start || wanted->address >= end)) return 0;
    wanted->image->load_offset = info->dlpi_addr;
    wanted->image->start = start;
    wanted->image->end = end;
    wanted->image->code_start = code_start;
    wanted->image->code_end = code_end;
    wanted->image->path = info->dlpi_name;
    return 1;
}

int swoop_image_of(uint64_t address, swoop_image *image) {
    search wanted = {address, image};
    return address != 0 && dl_iterate_phdr(look, &wanted) == 1;
}

int swoop_image_main(swoop_image *image) {
    search wanted = {0, image};
    return dl_iterate_phdr(look, &wanted) == 1;
}

typedef struct {
    swoop_image_callback callback;
    void *context;
} visit;

static int tell(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    visit *wanted = data;
    uint64_t start = UINT64_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uint64_t low = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && low < start) start = low;
    }
    wanted->callback(info->dlpi_name ? info->dlpi_name : "", start, wanted->context);
    return 0;
}

void swoop_image_each(swoop_image_callback callback, void *context) {
    visit wanted = {callback, context};
    dl_iterate_phdr(tell, &wanted);
}

static int find_interpreter(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_INTERP) continue;
        *(const char **)data = (const char *)(uintptr_t)(info->dlpi_addr + header->p_vaddr);
    }
    return 1;  // the first image is the main program
}

const char *swoop_image_interpreter(void) {
    const char *path = NULL;
    dl_iterate_phdr(find_interpreter, &path);
    return path;
}

const char *swoop_symbol_of(uint64_t address, uint64_t *symbol_start) {
    Dl_info info;
    if (dladdr((void *)(uintptr_t)address, &info) == 0 || !info.dli_sname) return 0;
    *symbol_start = (uint64_t)(uintptr_t)info.dli_saddr;
    return info.dli_sname;
}
