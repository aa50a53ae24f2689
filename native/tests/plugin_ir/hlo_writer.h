/// @file
/// Writes HLO modules for tests: serialized xla.HloModuleProto, by field numbers.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pjrt_cpu/stablehlo/hlo/hlo.h"

namespace optirs::plugin::testing {

/// A protobuf message being written.
class Proto {
 public:
    Proto& number(uint32_t field, int64_t value) {
        varint(uint64_t{field} << 3);
        varint(static_cast<uint64_t>(value));
        return *this;
    }
    Proto& real(uint32_t field, float value) {
        varint(uint64_t{field} << 3 | 5);
        text_.append(reinterpret_cast<const char*>(&value), sizeof(value));
        return *this;
    }
    Proto& bytes(uint32_t field, std::string_view value) {
        varint(uint64_t{field} << 3 | 2);
        varint(value.size());
        text_ += value;
        return *this;
    }
    Proto& message(uint32_t field, const Proto& value) { return bytes(field, value.text_); }
    Proto& packed(uint32_t field, const std::vector<int64_t>& values) {
        Proto inner;
        for (const int64_t value : values) inner.varint(static_cast<uint64_t>(value));
        return message(field, inner);
    }
    template <class T>
    Proto& fixed(uint32_t field, const std::vector<T>& values) {
        std::string raw(values.size() * sizeof(T), '\0');
        if (!values.empty()) std::memcpy(raw.data(), values.data(), raw.size());
        return bytes(field, raw);
    }
    const std::string& text() const { return text_; }

 private:
    void varint(uint64_t value) {
        for (; value >= 0x80; value >>= 7) text_ += static_cast<char>(value | 0x80);
        text_ += static_cast<char>(value);
    }
    std::string text_;
};

namespace hlo_type {  // xla.PrimitiveType
inline constexpr int kPred = 1, kS8 = 2, kS32 = 4, kU32 = 8, kU64 = 9, kF32 = 11, kTuple = 13, kC64 = 15,
                     kToken = 17, kS4 = 21;
}

inline Proto shapeOf(int type, std::vector<int64_t> dims, std::vector<int64_t> minor_to_major = {}) {
    Proto shape;
    shape.number(2, type).packed(3, dims);
    if (!minor_to_major.empty()) shape.message(5, Proto().packed(1, minor_to_major));
    return shape;
}
inline Proto tupleOf(const std::vector<Proto>& parts) {
    Proto shape;
    shape.number(2, hlo_type::kTuple);
    for (const Proto& part : parts) shape.message(4, part);
    return shape;
}
inline Proto f32(std::vector<int64_t> dims) { return shapeOf(hlo_type::kF32, std::move(dims)); }
inline Proto s32(std::vector<int64_t> dims) { return shapeOf(hlo_type::kS32, std::move(dims)); }
inline Proto pred(std::vector<int64_t> dims) { return shapeOf(hlo_type::kPred, std::move(dims)); }

/// A computation: instructions are numbered as they are added, in one sequence for the whole module.
class HloComputation {
 public:
    HloComputation(int64_t id, int64_t& next_id, const std::string& name) : id_(id), next_id_(next_id) {
        proto_.bytes(1, name + std::to_string(id));
    }
    int64_t add(const std::string& opcode, const Proto& shape, std::vector<int64_t> operands = {},
                Proto more = {}) {
        const int64_t id = next_id_++;
        more.bytes(1, opcode + "." + std::to_string(id)).bytes(2, opcode).message(3, shape).number(35, id);
        if (!operands.empty()) more.packed(36, operands);
        proto_.message(2, more);
        root_ = id;
        return id;
    }
    int64_t parameter(int64_t number, const Proto& shape) {
        return add("parameter", shape, {}, Proto().number(9, number));
    }
    int64_t constantF32(std::vector<int64_t> dims, const std::vector<float>& values) {
        return add("constant", f32(dims), {},
                   Proto().message(8, Proto().message(1, f32(dims)).fixed(8, values)));
    }
    int64_t constantS32(std::vector<int64_t> dims, const std::vector<int64_t>& values) {
        return add("constant", s32(dims), {},
                   Proto().message(8, Proto().message(1, s32(dims)).packed(4, values)));
    }
    int64_t id() const { return id_; }
    /// The last one that was added, unless another one is named.
    void setRoot(int64_t root) { root_ = root; }
    Proto finish() const {
        Proto out = proto_;
        return out.number(5, id_).number(6, root_);
    }

 private:
    int64_t id_;
    int64_t& next_id_;
    int64_t root_ = 0;
    Proto proto_;
};

class HloModule {
 public:
    /// Add the inner ones first, the entry last; a computation is written when the next one begins.
    HloComputation& computation(const std::string& name = "computation") {
        flush();
        current_ = std::make_unique<HloComputation>(next_computation_++, next_id_, name);
        return *current_;
    }
    /// Scalars a and b of f32, `opcode` of them.
    int64_t combiner(const std::string& opcode, const Proto& scalar = f32({}), const Proto& result = f32({}),
                     Proto more = {}) {
        HloComputation& inner = computation();
        const int64_t a = inner.parameter(0, scalar);
        const int64_t b = inner.parameter(1, scalar);
        inner.add(opcode, result, {a, b}, std::move(more));
        return inner.id();
    }
    Proto& proto() { return proto_; }
    /// What the plugin takes: the magic number and the message. Once, when all is added.
    std::string program() {
        const int64_t entry = current_->id();
        flush();
        Proto out = proto_;
        out.bytes(1, "written").number(6, entry);
        return std::string(kHloMagic) + out.text();
    }

 private:
    void flush() {
        if (current_) proto_.message(3, current_->finish());
        current_.reset();
    }
    int64_t next_id_ = 1;
    int64_t next_computation_ = 100;
    std::unique_ptr<HloComputation> current_;
    Proto proto_;
};

}  // namespace optirs::plugin::testing
