#include "pjrt_cpu/stablehlo/bytecode/byte_reader.h"

#include <bit>
#include <cstring>

namespace optirs::plugin::bytecode {

void ByteReader::failAt(size_t position, const std::string& what) {
    throw invalidArgument("bytecode, byte " + std::to_string(position) + ": " + what);
}

uint8_t ByteReader::byte(const char* what) {
    if (empty()) fail(std::string("expected ") + what + ", got the end");
    return bytes_[at_++];
}

uint64_t ByteReader::varint(const char* what) {
    const size_t start = position();
    const uint8_t first = byte(what);
    const int more = first == 0 ? 8 : std::countr_zero(first);
    if (static_cast<size_t>(more) > remaining()) {
        failAt(start, std::string("the number for ") + what + " goes beyond the end");
    }
    uint64_t rest = 0;
    for (int i = 0; i < more; ++i) rest |= uint64_t{bytes_[at_++]} << (8 * i);
    // Eight more bytes are the whole number; fewer stand above what is left of the first.
    return more == 8 ? rest : (uint64_t{first} | rest << 8) >> (more + 1);
}

int64_t ByteReader::signedVarint(const char* what) {
    const uint64_t zigzag = varint(what);
    return static_cast<int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
}

std::pair<uint64_t, bool> ByteReader::varintWithFlag(const char* what) {
    const uint64_t value = varint(what);
    return {value >> 1, (value & 1) != 0};
}

size_t ByteReader::count(const char* what, size_t least) {
    const size_t start = position();
    const uint64_t value = varint(what);
    if (value > remaining() / least) {
        failAt(start, std::to_string(value) + " is too large a number of " + what + ": " +
                          std::to_string(remaining()) + " bytes remain");
    }
    return static_cast<size_t>(value);
}

std::vector<int64_t> ByteReader::signedVarints(const char* what) {
    std::vector<int64_t> out(count(what));
    for (int64_t& value : out) value = signedVarint(what);
    return out;
}

uint64_t ByteReader::bits(int width, const char* what) {
    if (width <= 8) return byte(what);
    return static_cast<uint64_t>(signedVarint(what));
}

double ByteReader::float64(const char* what) { return std::bit_cast<double>(bits(64, what)); }

std::span<const uint8_t> ByteReader::bytes(uint64_t size, const char* what) {
    if (size > remaining()) {
        fail("expected " + std::to_string(size) + " bytes of " + what + ", " + std::to_string(remaining()) +
             " remain");
    }
    const auto out = bytes_.subspan(at_, static_cast<size_t>(size));
    at_ += out.size();
    return out;
}

std::span<const uint8_t> ByteReader::blob(const char* what) {
    const uint64_t size = varint(what);
    return bytes(size, what);
}

std::string_view ByteReader::cString(const char* what) {
    const void* end = empty() ? nullptr : std::memchr(bytes_.data() + at_, 0, remaining());
    if (end == nullptr) fail(std::string("expected ") + what + " that ends with a NUL byte");
    const auto* begin = reinterpret_cast<const char*>(bytes_.data() + at_);
    const auto size = static_cast<size_t>(static_cast<const char*>(end) - begin);
    at_ += size + 1;
    return {begin, size};
}

void ByteReader::align(uint64_t alignment) {
    constexpr uint8_t kPadding = 0xCB;
    if (!std::has_single_bit(alignment) || alignment > (uint64_t{1} << 31)) {
        fail("alignment " + std::to_string(alignment) + " is not a power of two below 2^32");
    }
    while (position() % alignment != 0) {
        const size_t at = position();
        if (byte("padding") != kPadding) failAt(at, "expected the padding byte 0xCB");
    }
}

uint8_t ByteReader::section(ByteReader& content, const char* what) {
    constexpr uint8_t kHasAlignment = 0x80;
    const uint8_t id = byte(what);
    const uint64_t length = varint("the length of a section");
    if ((id & kHasAlignment) != 0) align(varint("the alignment of a section"));
    const size_t start = position();
    content = ByteReader(bytes(length, what), start);
    return id & static_cast<uint8_t>(~kHasAlignment);
}

void ByteReader::expectEnd(const char* what) const {
    if (!empty()) fail(std::to_string(remaining()) + " bytes behind the end of " + what);
}

}  // namespace optirs::plugin::bytecode
