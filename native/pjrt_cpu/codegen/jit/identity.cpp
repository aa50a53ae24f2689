#include "pjrt_cpu/codegen/jit/identity.h"

#include <elf.h>
#include <link.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/Config/llvm-config.h>
#include <llvm/Support/BLAKE3.h>
#include <llvm/TargetParser/Host.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>

namespace optirs::plugin {
namespace {

struct Search {
    uintptr_t inside;  ///< an address in the library that is looked for
    std::string build_id;
};

bool contains(const dl_phdr_info& library, uintptr_t address) {
    for (int i = 0; i < library.dlpi_phnum; ++i) {
        const ElfW(Phdr)& part = library.dlpi_phdr[i];
        const uintptr_t begin = library.dlpi_addr + part.p_vaddr;
        if (part.p_type == PT_LOAD && address >= begin && address - begin < part.p_memsz) return true;
    }
    return false;
}

/// NT_GNU_BUILD_ID of one PT_NOTE segment; empty when it is not there.
std::string buildIdIn(const char* notes, size_t size) {
    const auto aligned = [](size_t bytes) { return (bytes + 3) / 4 * 4; };
    for (size_t at = 0; size - at >= sizeof(ElfW(Nhdr));) {
        ElfW(Nhdr) note;
        std::memcpy(&note, notes + at, sizeof note);
        const size_t name = at + sizeof note;
        const size_t value = name + aligned(note.n_namesz);
        const size_t end = value + aligned(note.n_descsz);
        if (value < name || end < value || end > size) break;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            std::memcmp(notes + name, "GNU", 4) == 0) {
            return llvm::toHex(llvm::StringRef(notes + value, note.n_descsz), /*LowerCase=*/true);
        }
        at = end;
    }
    return {};
}

int visitLibrary(dl_phdr_info* library, size_t /*size*/, void* data) {
    Search& search = *static_cast<Search*>(data);
    if (!contains(*library, search.inside)) return 0;
    for (int i = 0; i < library->dlpi_phnum && search.build_id.empty(); ++i) {
        const ElfW(Phdr)& part = library->dlpi_phdr[i];
        if (part.p_type != PT_NOTE) continue;
        // NOLINTNEXTLINE(performance-no-int-to-ptr): where the loader says that the notes are
        const auto* notes = reinterpret_cast<const char*>(library->dlpi_addr + part.p_vaddr);
        search.build_id = buildIdIn(notes, part.p_memsz);
    }
    return 1;
}

std::string ownBuildId() {
    Search search{reinterpret_cast<uintptr_t>(&visitLibrary), {}};
    dl_iterate_phdr(visitLibrary, &search);
    if (!search.build_id.empty()) return search.build_id;
    // A library that was linked without an id is like no other one, not even itself in the next process.
    return "unidentified " + std::to_string(getpid()) + " " +
           std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
}

}  // namespace

const std::string& hostFeatures() {
    static const std::string features = [] {
        std::map<std::string, bool> sorted;
        for (const auto& feature : llvm::sys::getHostCPUFeatures())
            sorted[feature.first().str()] = feature.second;
        std::string text;
        for (const auto& [name, present] : sorted) {
            text += (text.empty() ? "" : ",") + std::string(present ? "+" : "-") + name;
        }
        return text;
    }();
    return features;
}

const CodeIdentity& codeIdentity() {
    static const CodeIdentity identity{ownBuildId(), LLVM_VERSION_STRING, llvm::sys::getHostCPUName().str(),
                                       hostFeatures()};
    return identity;
}

std::string contentDigest(std::string_view bytes) {
    const auto hash =
        llvm::BLAKE3::hash<32>(llvm::ArrayRef(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
    return llvm::toHex(hash, /*LowerCase=*/true);
}

}  // namespace optirs::plugin
