// PJRT_AsyncHostToDeviceTransferManager: buffers whose bytes come in pieces, from any thread.
#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/buffer.h"
#include "pjrt_cpu/capi/copied_bytes.h"
#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/capi/error_object.h"

/// Thread-safe. Pieces of one buffer may come in any order and at the same time; the buffer is ready when the
/// piece that is called the last has come and no other one is still being copied.
struct PJRT_AsyncHostToDeviceTransferManager {
    struct Entry {
        optirs::plugin::SharedType array;
        optirs::plugin::Ref<optirs::plugin::Storage> storage;
        optirs::plugin::Ref<optirs::plugin::BufferValue> value;  ///< until it is ready
        std::unique_ptr<PJRT_Buffer> buffer;                     ///< until it is retrieved
        int copying = 0;                                         ///< pieces
        bool last_seen = false;

        /// Takes away what could still become ready; null when it is.
        std::shared_ptr<optirs::plugin::Completion> close() {
            if (!value) return nullptr;
            std::shared_ptr<optirs::plugin::Completion> ready = value->ready;
            value = {};
            return ready;
        }
    };

    PJRT_AsyncHostToDeviceTransferManager(std::shared_ptr<optirs::plugin::ClientState> client_of_it,
                                          PJRT_Device& device_of_it)
        : client(std::move(client_of_it)), device(device_of_it) {}
    ~PJRT_AsyncHostToDeviceTransferManager();
    PJRT_AsyncHostToDeviceTransferManager(const PJRT_AsyncHostToDeviceTransferManager&) = delete;
    PJRT_AsyncHostToDeviceTransferManager& operator=(const PJRT_AsyncHostToDeviceTransferManager&) = delete;

    Entry& entry(int index);
    /// Notes that a piece is on its way and gives where the bytes belong, held.
    optirs::plugin::Ref<optirs::plugin::Storage> beginPiece(int index, bool is_last);
    void endPiece(int index);

    const std::shared_ptr<optirs::plugin::ClientState> client;
    PJRT_Device& device;
    std::mutex mutex;
    std::vector<Entry> entries;
    std::map<std::string, optirs::plugin::NamedValues::Value> metadata;
};

namespace optirs::plugin {
namespace {

using Manager = PJRT_AsyncHostToDeviceTransferManager;
using Entry = Manager::Entry;

Manager& managerOf(Manager* manager) { return deref(manager, "transfer_manager"); }

PJRT_Error* createBuffers(PJRT_Client_CreateBuffersForAsyncHostToDevice_Args* args) {
    return guarded("PJRT_Client_CreateBuffersForAsyncHostToDevice", args, [](auto& a) {
        a.transfer_manager = nullptr;
        const std::shared_ptr<ClientState> client = deref(a.client, "client").state;
        constexpr size_t kMaxBuffers = size_t{1} << 20;
        if (a.num_shape_specs > 0) deref(a.shape_specs, "shape_specs");
        if (a.num_shape_specs > kMaxBuffers)
            throw invalidArgument(std::to_string(a.num_shape_specs) + " shapes at once");
        if (a.num_device_layouts > 0) deref(a.device_layouts, "device_layouts");
        if (a.num_device_layouts > 0 && a.num_device_layouts != a.num_shape_specs) {
            throw invalidArgument(std::to_string(a.num_device_layouts) + " device layouts for " +
                                  std::to_string(a.num_shape_specs) + " shapes");
        }
        PJRT_Device& device = targetDevice(*client, nullptr, a.memory);
        auto manager = std::make_unique<Manager>(client, device);
        for (size_t i = 0; i < a.num_shape_specs; ++i) {
            const PJRT_ShapeSpec& shape = a.shape_specs[i];
            TensorType type = tensorType(numberOf(shape.element_type), shape.dims, shape.num_dims);
            if (a.num_device_layouts > 0) requireRowMajor(type, a.device_layouts[i]);
            const SharedType array = shared(std::move(type));
            Entry entry{array, allocateFor(device, array),
                        Ref<BufferValue>::make(array, std::make_shared<Completion>()), nullptr};
            entry.buffer = std::make_unique<PJRT_Buffer>(client, device, entry.value);
            manager->entries.push_back(std::move(entry));
        }
        a.transfer_manager = manager.release();
    });
}

PJRT_Error* managerDestroy(PJRT_AsyncHostToDeviceTransferManager_Destroy_Args* args) {
    return guarded("PJRT_AsyncHostToDeviceTransferManager_Destroy", args,
                   [](auto& a) { delete a.transfer_manager; });
}

PJRT_Error* transferData(PJRT_AsyncHostToDeviceTransferManager_TransferData_Args* args) {
    return guarded("PJRT_AsyncHostToDeviceTransferManager_TransferData", args, [](auto& a) {
        a.done_with_h2d_transfer = nullptr;
        Manager& manager = managerOf(a.transfer_manager);
        const int64_t bytes = manager.entry(a.buffer_index).array->bytes;
        if (a.offset < 0 || a.transfer_size < 0 || a.offset > bytes || a.transfer_size > bytes - a.offset) {
            throw invalidArgument(std::to_string(a.transfer_size) + " bytes at offset " +
                                  std::to_string(a.offset) + " of buffer " + std::to_string(a.buffer_index) +
                                  ", which has " + std::to_string(bytes) + " bytes");
        }
        if (a.data == nullptr && a.transfer_size > 0) throw invalidArgument("data is null");
        auto event = std::make_unique<PJRT_Event>(PJRT_Event{Completion::done()});
        const Ref<Storage> storage = manager.beginPiece(a.buffer_index, a.is_last_transfer);
        if (a.transfer_size > 0) {
            copyCounted(storage->data() + a.offset, a.data, a.transfer_size, &manager.client->pool());
        }
        manager.endPiece(a.buffer_index);
        a.done_with_h2d_transfer = event.release();
    });
}

PJRT_Error* transferLiteral(PJRT_AsyncHostToDeviceTransferManager_TransferLiteral_Args* args) {
    return guarded("PJRT_AsyncHostToDeviceTransferManager_TransferLiteral", args, [](auto& a) {
        a.done_with_h2d_transfer = nullptr;
        Manager& manager = managerOf(a.transfer_manager);
        const TensorType type = tensorType(numberOf(a.shape_element_type), a.shape_dims, a.shape_num_dims);
        const auto strides = layoutStrides(type, a.shape_layout);
        if (a.data == nullptr && type.byteCount() > 0) throw invalidArgument("data is null");
        const TensorType& expected = manager.entry(a.buffer_index).array->type;
        if (expected.element() != type.element() || !std::ranges::equal(expected.dims(), type.dims())) {
            throw invalidArgument("buffer " + std::to_string(a.buffer_index) + " is " + shortName(expected) +
                                  ", the literal is " + shortName(type));
        }
        auto event = std::make_unique<PJRT_Event>(PJRT_Event{Completion::done()});
        const Ref<Storage> storage = manager.beginPiece(a.buffer_index, true);
        copyFromHost(type, a.data, strides, storage->data(), manager.client->pool());
        manager.endPiece(a.buffer_index);
        a.done_with_h2d_transfer = event.release();
    });
}

PJRT_Error* retrieveBuffer(PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer_Args* args) {
    return guarded("PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer", args, [](auto& a) {
        a.buffer_out = nullptr;
        Manager& manager = managerOf(a.transfer_manager);
        std::lock_guard lock(manager.mutex);
        Entry& entry = manager.entry(a.buffer_index);
        if (!entry.buffer) {
            throw Error(Code::kFailedPrecondition,
                        "buffer " + std::to_string(a.buffer_index) + " was retrieved before");
        }
        a.buffer_out = entry.buffer.release();
    });
}

PJRT_Error* managerDevice(PJRT_AsyncHostToDeviceTransferManager_Device_Args* args) {
    return guarded("PJRT_AsyncHostToDeviceTransferManager_Device", args,
                   [](auto& a) { a.device_out = &managerOf(a.transfer_manager).device; });
}

PJRT_Error* bufferCount(PJRT_AsyncHostToDeviceTransferManager_BufferCount_Args* args) {
    return guarded("PJRT_AsyncHostToDeviceTransferManager_BufferCount", args,
                   [](auto& a) { a.buffer_count = managerOf(a.transfer_manager).entries.size(); });
}

PJRT_Error* bufferSize(PJRT_AsyncHostToDeviceTransferManager_BufferSize_Args* args) {
    return guarded("PJRT_AsyncHostToDeviceTransferManager_BufferSize", args, [](auto& a) {
        Manager& manager = managerOf(a.transfer_manager);
        a.buffer_size = static_cast<size_t>(manager.entry(a.buffer_index).array->bytes);
    });
}

PJRT_Error* setBufferError(PJRT_AsyncHostToDeviceTransferManager_SetBufferError_Args* args) {
    return guarded("PJRT_AsyncHostToDeviceTransferManager_SetBufferError", args, [](auto& a) {
        Manager& manager = managerOf(a.transfer_manager);
        const Error error = errorFrom(numberOf(a.error_code), a.error_message, a.error_message_size);
        std::shared_ptr<Completion> ready;
        {
            std::lock_guard lock(manager.mutex);
            ready = manager.entry(a.buffer_index).close();
        }
        if (!ready) {
            throw Error(Code::kFailedPrecondition,
                        "buffer " + std::to_string(a.buffer_index) + " is complete already");
        }
        ready->complete(error);
    });
}

PJRT_Error* addMetadata(PJRT_AsyncHostToDeviceTransferManager_AddMetadata_Args* args) {
    // Kept with the manager, for whoever looks at it in a debugger: nothing on this device reads it.
    return guarded("PJRT_AsyncHostToDeviceTransferManager_AddMetadata", args, [](auto& a) {
        Manager& manager = managerOf(a.transfer_manager);
        auto values = readNamedValues(a.transfer_metadata, a.num_metadata);
        std::lock_guard lock(manager.mutex);
        for (auto& [name, value] : values) manager.metadata.insert_or_assign(name, std::move(value));
    });
}

}  // namespace

void fillAsyncTransfer(PJRT_Api& api) {
    api.PJRT_Client_CreateBuffersForAsyncHostToDevice = createBuffers;
    api.PJRT_AsyncHostToDeviceTransferManager_Destroy = managerDestroy;
    api.PJRT_AsyncHostToDeviceTransferManager_TransferData = transferData;
    api.PJRT_AsyncHostToDeviceTransferManager_TransferLiteral = transferLiteral;
    api.PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer = retrieveBuffer;
    api.PJRT_AsyncHostToDeviceTransferManager_Device = managerDevice;
    api.PJRT_AsyncHostToDeviceTransferManager_BufferCount = bufferCount;
    api.PJRT_AsyncHostToDeviceTransferManager_BufferSize = bufferSize;
    api.PJRT_AsyncHostToDeviceTransferManager_SetBufferError = setBufferError;
    api.PJRT_AsyncHostToDeviceTransferManager_AddMetadata = addMetadata;
}

}  // namespace optirs::plugin

using namespace optirs::plugin;  // NOLINT(google-build-using-namespace): the C names live outside

PJRT_AsyncHostToDeviceTransferManager::Entry& PJRT_AsyncHostToDeviceTransferManager::entry(int index) {
    if (index < 0 || static_cast<size_t>(index) >= entries.size()) {
        throw invalidArgument("buffer_index is " + std::to_string(index) + " of " +
                              std::to_string(entries.size()) + " buffers");
    }
    return entries[static_cast<size_t>(index)];
}

Ref<Storage> PJRT_AsyncHostToDeviceTransferManager::beginPiece(int index, bool is_last) {
    std::lock_guard lock(mutex);
    Entry& of = entry(index);
    if (of.last_seen || !of.value) {
        throw Error(Code::kFailedPrecondition,
                    "buffer " + std::to_string(index) + " had its last transfer, or an error, before");
    }
    of.last_seen = is_last;
    ++of.copying;
    return of.storage;
}

void PJRT_AsyncHostToDeviceTransferManager::endPiece(int index) {
    std::shared_ptr<Completion> ready;
    {
        std::lock_guard lock(mutex);
        Entry& of = entry(index);
        --of.copying;
        if (of.last_seen && of.copying == 0 && of.value) {
            of.value->storage = std::exchange(of.storage, {});
            ready = of.close();
        }
    }
    if (ready) ready->complete(std::nullopt);  // outside the lock: callbacks may come back here
}

PJRT_AsyncHostToDeviceTransferManager::~PJRT_AsyncHostToDeviceTransferManager() {
    // Who waits for a buffer that nobody can complete any more is told so.
    for (Entry& of : entries) {
        if (const auto ready = of.close()) {
            ready->complete(Error(Code::kCancelled,
                                  "the transfer manager was destroyed before the buffer's last transfer"));
        }
    }
}
