#include "src/pjrt/transfer.h"

#include "src/core/text.h"
#include "src/pjrt/buffer.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;
using optirs::core::Ref;
namespace pjrt = optirs::pjrt;

namespace {

std::vector<pjrt::ArrayArgument> checkedArrays(optirs_pjrt_client& client,
                                               std::span<const optirs_pjrt_array> arrays) {
    if (arrays.empty()) {
        throw Error(Code::kInvalidArgument, "a transfer needs at least one array");
    }
    std::vector<pjrt::ArrayArgument> checked;
    checked.reserve(arrays.size());
    for (const optirs_pjrt_array& array : arrays) {
        checked.emplace_back(client, array);
        if (&checked.back().place() != &checked.front().place() ||
            checked.back().memory() != checked.front().memory()) {
            throw Error(
                Code::kInvalidArgument,
                concat("array ", checked.size() - 1,
                       " is for another place than the first one: a transfer has one device and memory"));
        }
    }
    return checked;
}

}  // namespace

optirs_pjrt_transfer::optirs_pjrt_transfer(Ref<optirs_pjrt_client> client,
                                           std::span<const optirs_pjrt_array> arrays)
    : Object(OPTIRS_OBJECT_PJRT_TRANSFER), client_(std::move(client)), manager_(client_->api(), nullptr) {
    std::vector<pjrt::ArrayArgument> checked = checkedArrays(*client_, arrays);
    place_ = &checked.front().place();
    types_.reserve(checked.size());
    for (const pjrt::ArrayArgument& array : checked) {
        types_.push_back(array.type());
    }
    manager_ = create(*client_, checked);
}

optirs_pjrt_transfer::~optirs_pjrt_transfer() = default;

optirs_pjrt_transfer::Manager optirs_pjrt_transfer::create(optirs_pjrt_client& client,
                                                           std::vector<pjrt::ArrayArgument>& arrays) {
    client.api().requireFunction<&PJRT_Api::PJRT_Client_CreateBuffersForAsyncHostToDevice>();
    std::vector<PJRT_ShapeSpec> specs;
    std::vector<PJRT_Buffer_MemoryLayout*> layouts;
    specs.reserve(arrays.size());
    layouts.reserve(arrays.size());
    bool has_layouts = false;
    for (pjrt::ArrayArgument& array : arrays) {
        specs.push_back({.struct_size = PJRT_ShapeSpec_STRUCT_SIZE,
                         .extension_start = nullptr,
                         .dims = array.dims().data(),
                         .num_dims = array.dims().size(),
                         .element_type = array.elementType()});
        layouts.push_back(array.layout());
        has_layouts |= array.layout() != nullptr;
    }
    auto args = client.api().make<PJRT_Client_CreateBuffersForAsyncHostToDevice_Args>();
    args.client = client.handle();
    args.shape_specs = specs.data();
    args.num_shape_specs = specs.size();
    args.device_layouts = has_layouts ? layouts.data() : nullptr;
    args.num_device_layouts = has_layouts ? layouts.size() : 0;
    args.memory = arrays.front().requiredMemory();
    uint64_t bytes = 0;
    for (const pjrt::ArrayArgument& array : arrays) {
        bytes += array.type()->bytes;
    }
    client.underPressure(
        bytes, [&] { client.api().call<&PJRT_Api::PJRT_Client_CreateBuffersForAsyncHostToDevice>(args); });
    return {client.api(), args.transfer_manager};
}

Ref<optirs::core::Object> optirs_pjrt_transfer::self() noexcept { return Ref<Object>::share(this); }

int optirs_pjrt_transfer::checked(int64_t index) const {
    pjrt::checkIndex(index, static_cast<int64_t>(types_.size()), "buffer");
    return static_cast<int>(index);
}

int64_t optirs_pjrt_transfer::count() const {
    auto args = client_->api().make<PJRT_AsyncHostToDeviceTransferManager_BufferCount_Args>();
    args.transfer_manager = manager_.get();
    client_->api().call<&PJRT_Api::PJRT_AsyncHostToDeviceTransferManager_BufferCount>(args);
    return static_cast<int64_t>(args.buffer_count);
}

uint64_t optirs_pjrt_transfer::size(int64_t index) const {
    auto args = client_->api().make<PJRT_AsyncHostToDeviceTransferManager_BufferSize_Args>();
    args.transfer_manager = manager_.get();
    args.buffer_index = checked(index);
    client_->api().call<&PJRT_Api::PJRT_AsyncHostToDeviceTransferManager_BufferSize>(args);
    return args.buffer_size;
}

optirs_pjrt_device& optirs_pjrt_transfer::device() const {
    auto args = client_->api().make<PJRT_AsyncHostToDeviceTransferManager_Device_Args>();
    args.transfer_manager = manager_.get();
    client_->api().call<&PJRT_Api::PJRT_AsyncHostToDeviceTransferManager_Device>(args);
    optirs_pjrt_device* device = client_->findDevice(args.device_out);
    return device == nullptr ? *place_ : *device;
}

void optirs_pjrt_transfer::takeBuffer(int64_t index, optirs_pjrt_buffer** inout) {
    auto args = client_->api().make<PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer_Args>();
    args.transfer_manager = manager_.get();
    args.buffer_index = checked(index);
    pjrt::Target target(*client_, inout);
    client_->api().call<&PJRT_Api::PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer>(args);
    target.fill(args.buffer_out, place_, types_[static_cast<std::size_t>(index)]);
}

void optirs_pjrt_transfer::write(int64_t index, const Part& part, const char* operation,
                                 optirs_completion done, void* context) {
    const uint64_t available = size(index);
    if (part.offset > available || part.size > available - part.offset) {
        throw Error(Code::kOutOfRange, concat("bytes ", part.offset, " to ", part.offset + part.size,
                                              " of buffer ", index, ", which has ", available));
    }
    client_->startOperation(operation, done, context, self(), [&] {
        auto args = client_->api().make<PJRT_AsyncHostToDeviceTransferManager_TransferData_Args>();
        args.transfer_manager = manager_.get();
        args.buffer_index = checked(index);
        args.data = part.data;
        args.offset = static_cast<int64_t>(part.offset);
        args.transfer_size = static_cast<int64_t>(part.size);
        args.is_last_transfer = part.is_last;
        client_->api().call<&PJRT_Api::PJRT_AsyncHostToDeviceTransferManager_TransferData>(args);
        return args.done_with_h2d_transfer;
    });
}

void optirs_pjrt_transfer::writeAll(int64_t index, const optirs_pjrt_array& array,
                                    std::span<const std::byte> data, const char* operation,
                                    optirs_completion done, void* context) {
    pjrt::ArrayArgument::requireNoPlace(array, "a literal");
    pjrt::ArrayArgument literal(*client_, array);
    if (data.size() != literal.type()->bytes) {
        throw Error(Code::kInvalidArgument,
                    concat(pjrt::describe(literal.type()->dtype, literal.dims()), " takes ",
                           literal.type()->bytes, " bytes, but ", data.size(), " were given"));
    }
    client_->startOperation(operation, done, context, self(), [&] {
        auto args = client_->api().make<PJRT_AsyncHostToDeviceTransferManager_TransferLiteral_Args>();
        args.transfer_manager = manager_.get();
        args.buffer_index = checked(index);
        args.data = data.data();
        setShape(args, literal);
        client_->api().call<&PJRT_Api::PJRT_AsyncHostToDeviceTransferManager_TransferLiteral>(args);
        return args.done_with_h2d_transfer;
    });
}

void optirs_pjrt_transfer::fail(int64_t index, optirs_status code, std::string_view message) {
    auto args = client_->api().make<PJRT_AsyncHostToDeviceTransferManager_SetBufferError_Args>();
    args.transfer_manager = manager_.get();
    args.buffer_index = checked(index);
    args.error_code = pjrt::requireErrorCode(code);
    args.error_message = message.data();
    args.error_message_size = message.size();
    client_->api().call<&PJRT_Api::PJRT_AsyncHostToDeviceTransferManager_SetBufferError>(args);
}

void optirs_pjrt_transfer::describe(std::span<const optirs_pjrt_named_value> values) {
    const std::vector<PJRT_NamedValue> metadata = pjrt::toPlugin(values);
    auto args = client_->api().make<PJRT_AsyncHostToDeviceTransferManager_AddMetadata_Args>();
    args.transfer_manager = manager_.get();
    args.transfer_metadata = metadata.data();
    args.num_metadata = metadata.size();
    client_->api().call<&PJRT_Api::PJRT_AsyncHostToDeviceTransferManager_AddMetadata>(args);
}
