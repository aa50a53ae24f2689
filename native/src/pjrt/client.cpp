#include "src/pjrt/client.h"

#include <algorithm>

#include "src/core/text.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;
namespace pjrt = optirs::pjrt;

optirs_pjrt_client::optirs_pjrt_client(const pjrt::PluginLibrary& library, Options options,
                                       pjrt::KeyValueStore store)
    : Object(OPTIRS_OBJECT_PJRT_CLIENT),
      library_(library),
      api_(library.api),
      in_place_(library),
      destroy_task_(std::make_unique<DestroyTask>()) {
    destroy_task_->store = store;
    create(options);
    try {
        readPlatform();
        readDevices();
        readMemories();
    } catch (...) {
        destroyHandle();
        throw;
    }
    api_ = library.api.named(&platform_name_);
    destroy_task_->is_open = true;
}

optirs_pjrt_client::~optirs_pjrt_client() { destroyHandle(); }

void optirs_pjrt_client::create(Options options) {
    const std::vector<PJRT_NamedValue> values = pjrt::toPlugin(options);
    auto args = api_.make<PJRT_Client_Create_Args>();
    args.create_options = values.data();
    args.num_options = values.size();
    destroy_task_->store.offerTo(args);
    api_.call<&PJRT_Api::PJRT_Client_Create>(args);
    if (args.client == nullptr) {
        throw Error(Code::kInternal, "PJRT_Client_Create reported success and gave no client", library_.path);
    }
    handle_ = args.client;
}

void optirs_pjrt_client::destroyHandle() noexcept {
    if (handle_ == nullptr) {
        return;
    }
    DestroyTask* task = destroy_task_.release();
    task->api = &library_.api;
    task->client = handle_;
    task->run = [](pjrt::Worker::Task* self) {
        const std::unique_ptr<DestroyTask> owner(static_cast<DestroyTask*>(self));
        auto args = owner->api->make<PJRT_Client_Destroy_Args>();
        args.client = owner->client;
        owner->api->callQuietly<&PJRT_Api::PJRT_Client_Destroy>(args);
        if (owner->is_open) {
            owner->store.release();
        }
    };
    // A plugin that joins its threads when it is destroyed must not be destroyed on one of them.
    if (!pjrt::isInsideCallback()) {
        task->run(task);
    } else if (!pjrt::Worker::destroyer().post(task)) {
        destroy_task_.reset(task);  // no thread to be had: the plugin's client stays, which beats a deadlock
    }
}

void optirs_pjrt_client::readPlatform() {
    auto name = api_.make<PJRT_Client_PlatformName_Args>();
    name.client = handle_;
    api_.call<&PJRT_Api::PJRT_Client_PlatformName>(name);
    platform_name_.assign(name.platform_name, name.platform_name_size);

    auto version = api_.make<PJRT_Client_PlatformVersion_Args>();
    version.client = handle_;
    api_.call<&PJRT_Api::PJRT_Client_PlatformVersion>(version);
    platform_version_.assign(version.platform_version, version.platform_version_size);

    auto process = api_.make<PJRT_Client_ProcessIndex_Args>();
    process.client = handle_;
    api_.call<&PJRT_Api::PJRT_Client_ProcessIndex>(process);
    process_index_ = process.process_index;
}

void optirs_pjrt_client::readDevices() {
    auto all = api_.make<PJRT_Client_Devices_Args>();
    all.client = handle_;
    api_.call<&PJRT_Api::PJRT_Client_Devices>(all);
    for (PJRT_Device* device : std::span(all.devices, all.num_devices)) {
        owned_devices_.push_back(std::make_unique<optirs_pjrt_device>());
        owned_devices_.back()->read(*this, device);
        devices_.push_back(owned_devices_.back().get());
    }
    auto addressable = api_.make<PJRT_Client_AddressableDevices_Args>();
    addressable.client = handle_;
    api_.call<&PJRT_Api::PJRT_Client_AddressableDevices>(addressable);
    for (const PJRT_Device* device :
         std::span(addressable.addressable_devices, addressable.num_addressable_devices)) {
        if (optirs_pjrt_device* ours = findDevice(device); ours != nullptr) {
            addressable_.push_back(ours);
        }
    }
}

void optirs_pjrt_client::readMemories() {
    auto all = api_.make<PJRT_Client_AddressableMemories_Args>();
    all.client = handle_;
    if (pjrt::askIfOffered([&] { api_.call<&PJRT_Api::PJRT_Client_AddressableMemories>(all); })) {
        for (PJRT_Memory* memory : std::span(all.addressable_memories, all.num_addressable_memories)) {
            owned_memories_.push_back(std::make_unique<optirs_pjrt_memory>());
            owned_memories_.back()->read(*this, memory);
            memories_.push_back(owned_memories_.back().get());
        }
    }
    for (optirs_pjrt_device* device : addressable_) {
        device->readMemories();
    }
}

optirs_pjrt_memory* optirs_pjrt_client::findMemory(const PJRT_Memory* handle) const noexcept {
    const auto found = std::ranges::find(memories_, handle, &optirs_pjrt_memory::handle);
    return found == memories_.end() ? nullptr : *found;
}

optirs_pjrt_memory& optirs_pjrt_client::requireMemory(optirs_pjrt_memory& memory) const {
    if (memory.client != this) {
        throw Error(Code::kInvalidArgument, concat("memory ", memory.id, " belongs to another client"));
    }
    return memory;
}

optirs_pjrt_device* optirs_pjrt_client::findDevice(const PJRT_Device* handle) const noexcept {
    const auto found = std::ranges::find(devices_, handle, &optirs_pjrt_device::handle);
    return found == devices_.end() ? nullptr : *found;
}

optirs_pjrt_device& optirs_pjrt_client::requireDevice(optirs_pjrt_device* device) const {
    if (device != nullptr && device->client != this) {
        throw Error(Code::kInvalidArgument, concat("device ", device->id, " belongs to another client"));
    }
    if (device == nullptr && addressable_.empty()) {
        throw Error(Code::kFailedPrecondition, "this process can use no device of the client",
                    platform_name_);
    }
    return device == nullptr ? *addressable_.front() : *device;
}

const pjrt::TensorType* optirs_pjrt_client::askType(PJRT_Buffer* buffer) {
    auto type = api_.make<PJRT_Buffer_ElementType_Args>();
    type.buffer = buffer;
    api_.call<&PJRT_Api::PJRT_Buffer_ElementType>(type);
    auto dims = api_.make<PJRT_Buffer_Dimensions_Args>();
    dims.buffer = buffer;
    api_.call<&PJRT_Api::PJRT_Buffer_Dimensions>(dims);
    std::span<const int64_t> extents(dims.dims, dims.num_dims);
    // Of a dynamic dimension only what is there counts.
    auto dynamic = api_.make<PJRT_Buffer_DynamicDimensionIndices_Args>();
    dynamic.buffer = buffer;
    const bool is_offered =
        pjrt::askIfOffered([&] { api_.call<&PJRT_Api::PJRT_Buffer_DynamicDimensionIndices>(dynamic); });
    if (is_offered && dynamic.num_dynamic_dims > 0) {
        auto unpadded = api_.make<PJRT_Buffer_UnpaddedDimensions_Args>();
        unpadded.buffer = buffer;
        try {
            api_.call<&PJRT_Api::PJRT_Buffer_UnpaddedDimensions>(unpadded);
            extents = {unpadded.unpadded_dims, unpadded.num_dims};
        } catch (const Error&) {
            // The program that should say it has failed: reading the buffer says why.
        }
    }
    return types_.intern(type.type, extents);
}

optirs_pjrt_device* optirs_pjrt_client::askDevice(PJRT_Buffer* buffer) const {
    auto args = api_.make<PJRT_Buffer_Device_Args>();
    args.buffer = buffer;
    api_.call<&PJRT_Api::PJRT_Buffer_Device>(args);
    return findDevice(args.device);
}

const std::string* optirs_pjrt_client::keepText(std::string text) {
    const std::scoped_lock lock(mutex_);
    return &*texts_.insert(std::move(text)).first;
}

void optirs_pjrt_client::recycle(pjrt::DeviceBuffer* buffer) noexcept {
    if (buffer->get() != nullptr) {
        auto args = api_.make<PJRT_Buffer_Destroy_Args>();
        args.buffer = buffer->get();
        api_.callQuietly<&PJRT_Api::PJRT_Buffer_Destroy>(args);
    }
    buffers_.giveBack(buffer);
}

pjrt::ReservedCompletion optirs_pjrt_client::reserveCompletion(std::size_t events) {
    pjrt::ReservedCompletion completion(nullptr, {this});
    {
        const std::scoped_lock lock(free_lock_);
        completion.reset(free_completion_);
        if (completion != nullptr) {
            free_completion_ = completion->next_free;
        }
    }
    if (completion == nullptr) {
        const std::scoped_lock lock(mutex_);
        completion.reset(completions_.emplace_back(std::make_unique<pjrt::Completion>()).get());
    }
    completion->reserve(events);
    return completion;
}

void optirs_pjrt_client::recycle(pjrt::Completion* completion) noexcept {
    const std::scoped_lock lock(free_lock_);
    completion->next_free = free_completion_;
    free_completion_ = completion;
}

Error optirs_pjrt_client::withLiveBuffers(const Error& error) const {
    // A plugin that lists them itself knows more of them, for instance what programs hold.
    if (error.message().find("live buffers") != std::string::npos) {
        return error;
    }
    return Error(error.code(), concat(error.message(), "; ", buffers_.describeLargest()), error.backend(),
                 error.payloads());
}
