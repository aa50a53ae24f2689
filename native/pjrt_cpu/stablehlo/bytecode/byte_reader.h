/// @file
/// Numbers, strings and blobs of MLIR bytecode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin::bytecode {

/// Reads a part of the program front to back. Everything fails with INVALID_ARGUMENT:
/// `bytecode, byte 123: expected ...`, counted from the start of the program.
class ByteReader {
 public:
    ByteReader() = default;
    /// `base` is the position of `bytes` in the whole program.
    explicit ByteReader(std::span<const uint8_t> bytes, size_t base = 0) : bytes_(bytes), base_(base) {}

    bool empty() const { return at_ == bytes_.size(); }
    size_t remaining() const { return bytes_.size() - at_; }
    size_t position() const { return base_ + at_; }

    uint8_t byte(const char* what);
    /// Prefix varint: as many more bytes as the first has trailing zero bits; a first byte of 0 means
    /// eight.
    uint64_t varint(const char* what);
    /// Zigzag.
    int64_t signedVarint(const char* what);
    /// A varint whose lowest bit is a flag.
    std::pair<uint64_t, bool> varintWithFlag(const char* what);
    /// A count of things that take at least `least` bytes each of what remains.
    size_t count(const char* what, size_t least = 1);
    std::vector<int64_t> signedVarints(const char* what);
    /// The bits of a number `width` bits wide (of 64 at most): one byte to 8 bits, zigzag to 64.
    uint64_t bits(int width, const char* what);
    double float64(const char* what);
    std::span<const uint8_t> bytes(uint64_t size, const char* what);
    /// A varint size, then so many bytes.
    std::span<const uint8_t> blob(const char* what);
    /// Up to a NUL, which is taken too.
    std::string_view cString(const char* what);
    /// Skips padding up to a multiple of `alignment` in the whole program.
    void align(uint64_t alignment);

    /// The part of a section: id, length, alignment. @returns its id
    uint8_t section(ByteReader& content, const char* what);

    void expectEnd(const char* what) const;
    [[noreturn]] void fail(const std::string& what) const { failAt(position(), what); }
    [[noreturn]] static void failAt(size_t position, const std::string& what);

 private:
    std::span<const uint8_t> bytes_;
    size_t at_ = 0;
    size_t base_ = 0;
};

}  // namespace optirs::plugin::bytecode
