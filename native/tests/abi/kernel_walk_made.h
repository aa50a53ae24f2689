// One call of a kernel with arguments that a test changes: every tensor has exactly the memory that it
// claims.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <sstream>

#include "kernel_walk.h"
#include "support.h"

namespace optirs::test {

/// No shape that claims more than this is given as much memory.
inline constexpr int64_t kMaxBytes = 1 << 20;

using Extents = std::map<char, int64_t>;

inline const Extents kSmall = {{'b', 2}, {'c', 32}, {'d', 5}, {'e', 7}, {'g', 2},
                               {'h', 2}, {'k', 32}, {'m', 3}, {'n', 6}, {'p', 4},
                               {'r', 3}, {'s', 4},  {'t', 6}, {'v', 5}, {'w', 6}};

/// NULL where an extent does not fit.
inline std::optional<std::vector<int64_t>> shapeOf(const char* text, const Extents& extents) {
    std::vector<int64_t> shape;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        const size_t at = word.find_first_of("abcdefghijklmnopqrstuvwxyz");
        if (at == std::string::npos) {
            shape.push_back(std::stoll(word));
            continue;
        }
        int64_t extent = extents.at(word[at]);
        if (at > 0 && __builtin_mul_overflow(extent, std::stoll(word.substr(0, at)), &extent)) {
            return std::nullopt;
        }
        if (at + 1 < word.size()) {
            const int64_t block = std::stoll(word.substr(at + 2));
            extent = extent / block + (extent % block != 0 ? 1 : 0);
        }
        shape.push_back(extent);
    }
    return shape;
}

/// What is given for one tensor.
struct Given {
    std::vector<int64_t> shape;
    std::vector<int64_t> strides = {};  // NULL if empty
    optirs_dl_data_type type = {};
    int32_t rank = 0;
    bool is_null = false;
    bool has_data = true;
    bool has_shape = true;
    uint64_t byte_offset = 0;
    /// Memory of another tensor, from a byte on.
    std::optional<size_t> shared = {};
    size_t shared_from = 0;

    /// Nothing if there can be no such memory.
    std::optional<int64_t> bytes() const {
        int64_t product = std::max(type.bits / 8, 1);
        bool is_empty = false;
        for (const int64_t extent : shape) {
            if (extent < 0) {
                return std::nullopt;
            }
            is_empty |= extent == 0;
            if (extent != 0 &&
                (__builtin_mul_overflow(product, extent, &product) || product > int64_t{1} << 57)) {
                return std::nullopt;
            }
        }
        return is_empty ? 0 : product;
    }
};

inline void fill(std::byte* bytes, int64_t count, const WalkTensor& tensor, const optirs_dl_data_type& type) {
    const int64_t size = std::max(type.bits / 8, 1);
    for (int64_t i = 0; i < count; ++i) {
        int64_t bits = tensor.value + tensor.step * i;
        if (type.code == OPTIRS_DL_FLOAT && type.bits == 32) {
            const auto value = static_cast<float>(bits) + static_cast<float>(i % 5) / 8;
            bits = 0;
            std::memcpy(&bits, &value, sizeof(value));
        } else if (type.code == OPTIRS_DL_BFLOAT) {
            bits = 0x3f80;
        } else if (type.code != OPTIRS_DL_INT) {
            bits = 0x38 + i % 5;  // codes of 8 bits, none of them special
        }
        std::memcpy(bytes + i * size, &bits, static_cast<size_t>(std::min<int64_t>(size, sizeof(bits))));
    }
}

/// One call, to be changed and made.
class Call {
 public:
    explicit Call(const WalkCall& call, const Extents& extents = kSmall) : what(call) {
        for (const WalkTensor& tensor : call.tensors) {
            const auto shape = shapeOf(tensor.shape, extents);
            has_shapes &= shape.has_value();
            given.push_back({.shape = shape.value_or(std::vector<int64_t>{}), .type = tensor.type});
            given.back().rank = static_cast<int32_t>(given.back().shape.size());
        }
        for (const WalkNumber& number : call.numbers) {
            reals.push_back(number.value);
            integers.push_back(static_cast<int64_t>(number.value));
        }
        struct_size = call.size;
    }

    /// Whether some tensor cannot exist.
    bool isImpossible() const {
        return std::ranges::any_of(given, [](const Given& tensor) { return !tensor.bytes().has_value(); });
    }
    /// Whether all tensors that can exist are given the memory that they claim.
    bool isBacked() const {
        return std::ranges::all_of(given, [](const Given& tensor) {
            return !tensor.bytes().has_value() || *tensor.bytes() <= kMaxBytes;
        });
    }

    Failure run() {
        makeMemory();
        std::vector<optirs_dl_tensor> tensors(given.size());
        std::vector<std::byte> args(what.size + 64), lists(sizeof(optirs_optimizer_tensors));
        for (size_t i = 0; i < given.size(); ++i) {
            const Given& tensor = given[i];
            tensors[i] = {
                .data = tensor.has_data ? data_[i] : nullptr,
                .device = {OPTIRS_DL_CPU, 0},
                .ndim = tensor.rank,
                .dtype = tensor.type,
                .shape = tensor.has_shape ? const_cast<int64_t*>(tensor.shape.data()) : nullptr,
                .strides = tensor.strides.empty() ? nullptr : const_cast<int64_t*>(tensor.strides.data()),
                .byte_offset = tensor.byte_offset};
            if (!tensor.is_null) {
                put(what.lists != 0 ? lists : args, what.tensors[i].offset, &tensors[i]);
            }
        }
        for (size_t i = 0; i < what.numbers.size(); ++i) {
            const WalkNumber& number = what.numbers[i];
            switch (number.kind) {
                case WalkNumber::Kind::kReal:
                    put(args, number.offset, reals[i]);
                    break;
                case WalkNumber::Kind::kInt32:
                    put(args, number.offset, static_cast<int32_t>(integers[i]));
                    break;
                case WalkNumber::Kind::kInt64:
                    put(args, number.offset, integers[i]);
                    break;
            }
        }
        if (what.number == OPTIRS_KERNEL_GRAD_NORM) {
            put(args, offsetof(optirs_grad_norm_args, count), count);
        }
        if (what.lists != 0) {
            put(lists, 0, sizeof(optirs_optimizer_tensors));
            put(lists, offsetof(optirs_optimizer_tensors, count), count);
            put(args, what.lists, lists.data());
        }
        put(args, 0, struct_size);
        uint64_t bytes = 0;
        Failure failure = take(optirs_kernel_workspace(what.number, args.data(), &bytes));
        if (failure.code != OPTIRS_OK) {
            return failure;
        }
        // What asks for more than there can be is not tried.
        EXPECT_LE(bytes, uint64_t{64} << 20) << "workspace of " << what.kernel;
        const auto workspace = std::make_unique<std::byte[]>(static_cast<size_t>(bytes));
        put(args, offsetof(optirs_amax_args, workspace), workspace.get());
        put(args, offsetof(optirs_amax_args, workspace_size), bytes);
        return take(what.run(nullptr, args.data()));
    }

    /// The bytes of everything written.
    std::vector<std::vector<std::byte>> results() const {
        std::vector<std::vector<std::byte>> all;
        for (size_t i = 0; i < given.size(); ++i) {
            if (what.tensors[i].use != WalkUse::kRead) {
                all.emplace_back(data_[i], data_[i] + *given[i].bytes());
            }
        }
        return all;
    }

    const WalkCall& what;
    std::vector<Given> given;
    std::vector<double> reals;
    std::vector<int64_t> integers;
    int64_t count = 1;  // of lists
    size_t struct_size;
    bool has_shapes = true;

 private:
    template <class T>
    static void put(std::vector<std::byte>& bytes, size_t offset, T value) {
        std::memcpy(bytes.data() + offset, &value, sizeof(value));
    }

    /// Exactly as much as each claims, so that a byte more is seen.
    void makeMemory() {
        data_.assign(given.size(), nullptr);
        memory_.clear();
        for (size_t i = 0; i < given.size(); ++i) {
            const int64_t bytes = std::min(given[i].bytes().value_or(64), kMaxBytes);
            size_t size = static_cast<size_t>(bytes);
            for (const Given& other : given) {
                if (other.shared == i) {
                    size = std::max(size, other.shared_from + static_cast<size_t>(*other.bytes()));
                }
            }
            memory_.push_back(std::make_unique<std::byte[]>(size));
            data_[i] = memory_.back().get();
            fill(data_[i], bytes / std::max(given[i].type.bits / 8, 1), what.tensors[i], given[i].type);
        }
        for (size_t i = 0; i < given.size(); ++i) {
            if (given[i].shared.has_value()) {
                data_[i] = data_[*given[i].shared] + given[i].shared_from;
            }
        }
    }

    std::vector<std::unique_ptr<std::byte[]>> memory_;
    std::vector<std::byte*> data_;
};

}  // namespace optirs::test
