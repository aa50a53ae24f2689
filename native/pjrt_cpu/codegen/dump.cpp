#include "pjrt_cpu/codegen/dump.h"

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace optirs::plugin {
namespace {

/// A name that any file system takes.
std::string fileName(std::string_view name) {
    constexpr size_t kLongest = 64;
    std::string safe(name.substr(0, kLongest));
    for (char& c : safe) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-') c = '_';
    }
    return safe.empty() ? "program" : safe;
}

std::string padded(int number, size_t width) {
    std::string text = std::to_string(number);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

}  // namespace

Dump::Dump(std::string folder, std::string_view program_name) {
    constexpr int kMostPrograms = 100000;
    if (folder.empty()) {
        if (const char* wanted = std::getenv("OPTIRS_DUMP")) folder = wanted;
    }
    if (folder.empty()) return;
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    // The first number that nobody has, this process or another one.
    for (int number = 1; number < kMostPrograms; ++number) {
        const std::filesystem::path own =
            std::filesystem::path(folder) / (padded(number, 3) + "." + fileName(program_name));
        if (std::filesystem::create_directory(own, code)) {
            folder_ = own.string();
            return;
        }
        if (code) return;
    }
}

void Dump::write(const std::string& file_name, std::string_view text) const {
    if (wanted()) std::ofstream(folder_ + "/" + file_name) << text;
}

void Dump::writePass(std::string_view pass, std::string_view text) {
    write(padded(passes_++, 2) + "." + fileName(pass) + ".mlir", text);
}

}  // namespace optirs::plugin
