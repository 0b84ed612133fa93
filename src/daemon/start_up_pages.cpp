#include "daemon/start_up_pages.h"

#include "util/log.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace berth::daemon {

namespace {

/// Relocations in place make a segment differ from its file although it isn't writable: such a page must stay.
bool has_text_relocations(const dl_phdr_info& object)
{
    for (int i = 0; i < object.dlpi_phnum; ++i) {
        if (object.dlpi_phdr[i].p_type != PT_DYNAMIC)
            continue;
        // The dynamic section lies where the loader put it.
        const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + object.dlpi_phdr[i].p_vaddr);
        for (; entry->d_tag != DT_NULL; ++entry)
            if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL)))
                return true;
    }
    return false;
}

/// Only segments that nobody can write, now or while relocating: they are what their file says.
int release_segments(dl_phdr_info* object, size_t, void*)
{
    // The kernel's own page of code (vdso) has no file behind it, and the program itself has no name.
    const bool is_kernels = std::strstr(object->dlpi_name, "vdso") != nullptr;
    if (is_kernels || has_text_relocations(*object))
        return 0;
    const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const ElfW(Phdr)& segment = object->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W))
            continue;
        const uintptr_t first = (object->dlpi_addr + segment.p_vaddr) / page * page;
        const uintptr_t last = (object->dlpi_addr + segment.p_vaddr + segment.p_memsz) / page * page;
        if (last > first && ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED) != 0)
            log::debug("{}: pages stay resident: {}", object->dlpi_name, std::strerror(errno));
    }
    return 0;
}

} // namespace

void release_start_up_pages()
{
    ::malloc_trim(0);
    ::dl_iterate_phdr(release_segments, nullptr);
}

} // namespace berth::daemon
