// Images of the process; see include/swoop_image.h.
#define _GNU_SOURCE
#include "swoop_image.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

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

typedef struct {
    swoop_need_callback callback;
    void *context;
} need_visit;

static int tell_needs(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    need_visit *wanted = data;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_DYNAMIC) continue;
        const ElfW(Dyn) *entries = (const void *)(uintptr_t)(info->dlpi_addr + header->p_vaddr);
        const char *texts = NULL;
        for (const ElfW(Dyn) *entry = entries; entry->d_tag != DT_NULL; entry++) {
            if (entry->d_tag != DT_STRTAB) continue;
            // The loader has added where the image is; not to the kernel's own, which needs none.
            uint64_t place = entry->d_un.d_ptr;
            if (place >= info->dlpi_addr) texts = (const char *)(uintptr_t)place;
        }
        for (const ElfW(Dyn) *entry = entries; texts && entry->d_tag != DT_NULL; entry++) {
            if (entry->d_tag != DT_NEEDED) continue;
            wanted->callback(
                info->dlpi_name ? info->dlpi_name : "", texts + entry->d_un.d_val, wanted->context);
        }
    }
    return 0;
}

void swoop_image_each_need(swoop_need_callback callback, void *context) {
    need_visit wanted = {callback, context};
    dl_iterate_phdr(tell_needs, &wanted);
}

// The loader's tables of one image; `symbols` is NULL where it has none of the usual form.
typedef struct {
    const char *texts;
    const ElfW(Sym) *symbols;
    const uint32_t *hashes;  // DT_GNU_HASH
} symbol_table;

typedef struct {
    const char *user, *library;
    symbol_table used, defined;
} use_search;

static symbol_table table_of(const struct dl_phdr_info *info) {
    symbol_table table = {NULL, NULL, NULL};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_DYNAMIC) continue;
        const ElfW(Dyn) *entry = (const void *)(uintptr_t)(info->dlpi_addr + header->p_vaddr);
        for (; entry->d_tag != DT_NULL; entry++) {
            const void *place = (const void *)(uintptr_t)entry->d_un.d_ptr;
            if (entry->d_un.d_ptr < info->dlpi_addr) continue;
            if (entry->d_tag == DT_STRTAB) table.texts = place;
            if (entry->d_tag == DT_SYMTAB) table.symbols = place;
            if (entry->d_tag == DT_GNU_HASH) table.hashes = place;
        }
    }
    if (!table.texts || !table.hashes) table.symbols = NULL;
    return table;
}

static int find_tables(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    use_search *wanted = data;
    const char *path = info->dlpi_name ? info->dlpi_name : "";
    const char *slash = strrchr(path, '/');
    if (strcmp(path, wanted->user) == 0) wanted->used = table_of(info);
    if (strcmp(slash ? slash + 1 : path, wanted->library) == 0) wanted->defined = table_of(info);
    return 0;
}

// As the loader looks a name up: number of buckets, first symbol in them, words of the filter, its
// shift; then filter, buckets, hashes.
static int defines(const symbol_table *table, const char *name) {
    uint32_t hash = 5381;
    for (const unsigned char *byte = (const void *)name; *byte; byte++) hash = hash * 33 + *byte;
    uint32_t buckets = table->hashes[0], first = table->hashes[1], words = table->hashes[2];
    const uint32_t *bucket = table->hashes + 4 + 2 * words;
    const uint32_t *chain = bucket + buckets;
    if (buckets == 0) return 0;
    for (uint32_t index = bucket[hash % buckets]; index >= first; index++) {
        uint32_t found = chain[index - first];
        if ((found | 1) == (hash | 1)
            && strcmp(table->texts + table->symbols[index].st_name, name) == 0) {
            return table->symbols[index].st_shndx != SHN_UNDEF;
        }
        if (found & 1) break;
    }
    return 0;
}

int swoop_image_uses(const char *path, const char *library) {
    use_search wanted = {path, library, {NULL, NULL, NULL}, {NULL, NULL, NULL}};
    dl_iterate_phdr(find_tables, &wanted);
    if (!wanted.used.symbols || !wanted.defined.symbols) return 1;
    // What an image does not define itself stands before what can be looked up in it.
    for (uint32_t index = 1; index < wanted.used.hashes[1]; index++) {
        const ElfW(Sym) *symbol = &wanted.used.symbols[index];
        if (symbol->st_shndx != SHN_UNDEF) continue;
        if (defines(&wanted.defined, wanted.used.texts + symbol->st_name)) return 1;
    }
    return 0;
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
