// Between the caller's memory and buffers: layouts, strides, zero copy.
#include <algorithm>
#include <cstring>
#include <utility>

#include "pjrt_cpu/capi/buffer.h"
#include "pjrt_cpu/capi/copied_bytes.h"
#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/strided_copy.h"

namespace optirs::plugin {
namespace {

constexpr uintptr_t kAlignment = 64;

std::vector<int64_t> rowMajorStrides(const TensorType& type) {
    std::vector<int64_t> strides(static_cast<size_t>(type.rank()));
    int64_t stride = byteWidth(type.element());
    for (size_t d = strides.size(); d-- > 0;) {
        strides[d] = stride;
        stride *= type.dims()[d];
    }
    return strides;
}

bool isRowMajor(const TensorType& type, const std::vector<int64_t>& strides) {
    const std::vector<int64_t> dense = rowMajorStrides(type);
    for (size_t d = 0; d < dense.size(); ++d) {
        if (type.dims()[d] != 1 && strides[d] != dense[d]) return false;
    }
    return true;
}

/// Whether the layout says in so many words that the last dimension is the innermost, and so on: what most
/// callers say.
bool isNamedRowMajor(const PJRT_Buffer_MemoryLayout& layout, size_t rank) {
    if (numberOf(layout.type) != PJRT_Buffer_MemoryLayout_Type_Tiled || layout.tiled.num_tiles != 0 ||
        layout.tiled.minor_to_major_size != rank || layout.tiled.minor_to_major == nullptr) {
        return false;
    }
    for (size_t i = 0; i < rank; ++i) {
        if (layout.tiled.minor_to_major[i] != static_cast<int64_t>(rank - 1 - i)) return false;
    }
    return true;
}

/// A copy with byte strides; `type` has elements.
void copyStrided(const TensorType& type, const std::byte* from, const std::vector<int64_t>& from_strides,
                 std::byte* to, const std::vector<int64_t>& to_strides, ThreadPool& pool) {
    const int64_t width = byteWidth(type.element());
    StridedCopy copy;
    copy.from = copy.to = type.element();
    bool whole = true;
    for (size_t d = 0; d < from_strides.size(); ++d) {
        whole = whole && from_strides[d] % width == 0 && to_strides[d] % width == 0;
        copy.dims.push_back({type.dims()[d], from_strides[d], to_strides[d]});
    }
    if (whole && reinterpret_cast<uintptr_t>(from) % static_cast<uintptr_t>(width) == 0 &&
        reinterpret_cast<uintptr_t>(to) % static_cast<uintptr_t>(width) == 0) {
        for (auto& dim : copy.dims) {
            dim.from_stride /= width;
            dim.to_stride /= width;
        }
    } else {
        // Elements at odd addresses: their bytes are one more dimension.
        copy.dims.push_back({width, 1, 1});
        copy.from = copy.to = ElementType::kUi8;
    }
    run(normalized(std::move(copy)), from, to, pool);
}

}  // namespace

std::optional<std::vector<int64_t>> layoutStrides(const TensorType& type,
                                                  const PJRT_Buffer_MemoryLayout* layout) {
    if (layout == nullptr) return std::nullopt;
    const auto rank = static_cast<size_t>(type.rank());
    if (isNamedRowMajor(*layout, rank)) return std::nullopt;
    const int32_t kind = numberOf(layout->type);
    if (kind == PJRT_Buffer_MemoryLayout_Type_Strides) {
        if (layout->strides.num_byte_strides != rank ||
            (rank > 0 && layout->strides.byte_strides == nullptr)) {
            throw invalidArgument("a layout of " + std::to_string(layout->strides.num_byte_strides) +
                                  " strides for " + shortName(type));
        }
        std::vector<int64_t> strides(layout->strides.byte_strides, layout->strides.byte_strides + rank);
        if (isRowMajor(type, strides)) return std::nullopt;
        return strides;
    }
    if (kind != PJRT_Buffer_MemoryLayout_Type_Tiled) {
        throw invalidArgument(std::to_string(kind) + " is no PJRT_Buffer_MemoryLayout_Type");
    }
    if (layout->tiled.num_tiles != 0) throw unimplemented("tiled layouts; this device stores arrays dense");
    if (layout->tiled.minor_to_major_size != rank || (rank > 0 && layout->tiled.minor_to_major == nullptr)) {
        throw invalidArgument("a layout of rank " + std::to_string(layout->tiled.minor_to_major_size) +
                              " for " + shortName(type));
    }
    std::vector<int64_t> strides(rank, 0);
    int64_t stride = byteWidth(type.element());
    for (size_t i = 0; i < rank; ++i) {
        const int64_t dimension = layout->tiled.minor_to_major[i];
        if (dimension < 0 || dimension >= type.rank() || strides[static_cast<size_t>(dimension)] != 0) {
            throw invalidArgument("minor_to_major is no permutation: entry " + std::to_string(i) + " is " +
                                  std::to_string(dimension));
        }
        strides[static_cast<size_t>(dimension)] = stride;
        stride *= std::max<int64_t>(1, type.dim(dimension));
    }
    if (isRowMajor(type, strides)) return std::nullopt;
    return strides;
}

void requireRowMajor(const TensorType& type, const PJRT_Buffer_MemoryLayout* layout) {
    if (layoutStrides(type, layout)) {
        throw unimplemented("a device layout other than row-major for " + shortName(type));
    }
}

void copyFromHost(const TensorType& type, const void* data,
                  const std::optional<std::vector<int64_t>>& byte_strides, std::byte* destination,
                  ThreadPool& pool) {
    const int64_t bytes = type.byteCount();
    if (bytes == 0) return;
    if (byte_strides) {
        countCopied(bytes);
        copyStrided(type, static_cast<const std::byte*>(data), *byte_strides, destination,
                    rowMajorStrides(type), pool);
    } else {
        copyCounted(destination, data, bytes, &pool);
    }
}

std::unique_ptr<PJRT_Buffer> bufferFromHost(const std::shared_ptr<ClientState>& client, PJRT_Device& device,
                                            TensorType type, const void* data, const int64_t* byte_strides,
                                            size_t num_byte_strides, int32_t semantics,
                                            std::shared_ptr<Completion>& host_done) {
    const int64_t bytes = type.byteCount();
    if (data == nullptr && bytes > 0) throw invalidArgument("data is null for " + shortName(type));
    std::optional<std::vector<int64_t>> strides;
    if (byte_strides != nullptr) {
        if (num_byte_strides != static_cast<size_t>(type.rank())) {
            throw invalidArgument(std::to_string(num_byte_strides) + " byte strides for " + shortName(type));
        }
        strides.emplace(byte_strides, byte_strides + num_byte_strides);
        if (isRowMajor(type, *strides)) strides.reset();
    }
    const bool may_share = semantics == PJRT_HostBufferSemantics_kImmutableZeroCopy ||
                           semantics == PJRT_HostBufferSemantics_kMutableZeroCopy;
    if (!may_share && semantics != PJRT_HostBufferSemantics_kImmutableOnlyDuringCall &&
        semantics != PJRT_HostBufferSemantics_kImmutableUntilTransferCompletes) {
        throw invalidArgument(std::to_string(semantics) + " is no PJRT_HostBufferSemantics");
    }
    if (may_share && !strides && bytes > 0 && reinterpret_cast<uintptr_t>(data) % kAlignment == 0) {
        auto released = std::make_shared<Completion>();
        host_done = released;
        const bool writable = semantics == PJRT_HostBufferSemantics_kMutableZeroCopy;
        auto* bytes_of_host =
            static_cast<std::byte*>(const_cast<void*>(data));  // NOLINT: written only when writable
        auto storage =
            Ref<Storage>::make(bytes_of_host, bytes, writable,
                               std::function<void()>([released] { released->complete(std::nullopt); }));
        return makeBuffer(device, client, shared(std::move(type)), std::move(storage));
    }
    auto value = Ref<BufferValue>::make(shared(std::move(type)), Completion::done());
    value->storage = allocateFor(device, value->array);
    copyFromHost(value->array->type, data, strides, value->storage->data(), client->pool());
    host_done = Completion::done();
    return std::make_unique<PJRT_Buffer>(client, device, std::move(value));
}

std::shared_ptr<Completion> copyToHost(const PJRT_Buffer& buffer,
                                       std::optional<std::vector<int64_t>> byte_strides, void* destination) {
    const TensorType& type = buffer.unpadded();
    if (!byte_strides) return copyRawToHost(buffer, destination, 0, type.byteCount());
    if (destination == nullptr && type.byteCount() > 0) throw invalidArgument("dst is null");
    Ref<BufferValue> value = buffer.value();
    auto done = std::make_shared<Completion>();
    const std::shared_ptr<Completion> ready =
        value->ready;  // the callback may drop the value's own reference
    ready->onReady([value = std::move(value), type, strides = std::move(*byte_strides), done, destination,
                    client = buffer.client](const std::optional<Error>& error) mutable {
        if (!error && type.elementCount() > 0) {
            countCopied(type.byteCount());
            copyStrided(type, value->storage->data(), rowMajorStrides(type),
                        static_cast<std::byte*>(destination), strides, client->pool());
        }
        value = {};  // before anyone learns that it is done: a donation then finds the memory free
        done->complete(error);
    });
    return done;
}

}  // namespace optirs::plugin
