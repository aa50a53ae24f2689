// Real handles with arguments that make no sense: negative and huge dimensions, numbers that are none of an
// enum's, counts without lists. An error each time, never a crash.
#include <gtest/gtest.h>

#include <cstring>

#include "plugin.h"

namespace optirs::plugin {
namespace {

using testing::api;
using testing::arguments;
using testing::Client;
using testing::take;

constexpr int64_t kNegative[] = {2, -1};
constexpr int64_t kHuge[] = {int64_t{1} << 40, int64_t{1} << 40};
constexpr int64_t kGood[] = {2, 2};

template <class Enum>
void setNumber(Enum& field, int32_t number) {
    std::memcpy(&field, &number, sizeof number);
}

struct BadShape {
    const int64_t* dims;
    size_t rank;
    int32_t type;
};

constexpr BadShape kBadShapes[] = {
    {kNegative, 2, PJRT_Buffer_Type_F32},
    {kHuge, 2, PJRT_Buffer_Type_F32},
    {nullptr, 2, PJRT_Buffer_Type_F32},
    {kGood, SIZE_MAX, PJRT_Buffer_Type_F32},
    {kGood, 2, PJRT_Buffer_Type_INVALID},
    {kGood, 2, 12345},
    {kGood, 2, -1},
    {kGood, 2, PJRT_Buffer_Type_TOKEN},
};

class Extremes : public ::testing::Test {
 protected:
    void refuse(PJRT_Error* error) { EXPECT_NE(take(error).code, PJRT_Error_Code_OK); }
    Client client_;
};

TEST_F(Extremes, Shapes) {
    for (const BadShape& bad : kBadShapes) {
        float data[4] = {};
        auto from = arguments<PJRT_Client_BufferFromHostBuffer_Args>();
        from.client = client_.client;
        from.data = data;
        setNumber(from.type, bad.type);
        from.dims = bad.dims;
        from.num_dims = bad.rank;
        refuse(api().PJRT_Client_BufferFromHostBuffer(&from));
        auto view = arguments<PJRT_Client_CreateViewOfDeviceBuffer_Args>();
        view.client = client_.client;
        view.device_buffer_ptr = data;
        setNumber(view.element_type, bad.type);
        view.dims = bad.dims;
        view.num_dims = bad.rank;
        refuse(api().PJRT_Client_CreateViewOfDeviceBuffer(&view));
        const auto shape = [&](auto args) {
            args.client = client_.client;
            setNumber(args.shape_element_type, bad.type);
            args.shape_dims = bad.dims;
            args.shape_num_dims = bad.rank;
            return args;
        };
        auto empty = shape(arguments<PJRT_Client_CreateUninitializedBuffer_Args>());
        refuse(api().PJRT_Client_CreateUninitializedBuffer(&empty));
        auto error = shape(arguments<PJRT_Client_CreateErrorBuffer_Args>());
        error.error_code = PJRT_Error_Code_ABORTED;
        refuse(api().PJRT_Client_CreateErrorBuffer(&error));
        auto alias = shape(arguments<PJRT_Client_CreateAliasBuffer_Args>());
        refuse(api().PJRT_Client_CreateAliasBuffer(&alias));
        auto spec = arguments<PJRT_ShapeSpec>();
        spec.dims = bad.dims;
        spec.num_dims = bad.rank;
        setNumber(spec.element_type, bad.type);
        auto async = arguments<PJRT_Client_CreateBuffersForAsyncHostToDevice_Args>();
        async.client = client_.client;
        async.shape_specs = &spec;
        async.num_shape_specs = 1;
        refuse(api().PJRT_Client_CreateBuffersForAsyncHostToDevice(&async));
        PJRT_Buffer* buffer = client_.upload({1, 2, 3, 4});
        auto cast = arguments<PJRT_Buffer_Bitcast_Args>();
        cast.buffer = buffer;
        setNumber(cast.element_type, bad.type);
        cast.dims = bad.dims;
        cast.num_dims = bad.rank;
        refuse(api().PJRT_Buffer_Bitcast(&cast));
        testing::destroy(buffer);
    }
}

TEST_F(Extremes, LayoutsAndSemantics) {
    float data[4] = {};
    auto from = arguments<PJRT_Client_BufferFromHostBuffer_Args>();
    from.client = client_.client;
    from.data = data;
    from.type = PJRT_Buffer_Type_F32;
    from.dims = kGood;
    from.num_dims = 2;
    setNumber(from.host_buffer_semantics, 99);
    refuse(api().PJRT_Client_BufferFromHostBuffer(&from));
    setNumber(from.host_buffer_semantics, 0);
    const int64_t strides[] = {8, 4};
    from.byte_strides = strides;
    from.num_byte_strides = SIZE_MAX;
    refuse(api().PJRT_Client_BufferFromHostBuffer(&from));
    from.byte_strides = nullptr;
    from.num_byte_strides = 0;
    PJRT_Buffer_MemoryLayout layout{};
    layout.struct_size = PJRT_Buffer_MemoryLayout_STRUCT_SIZE;
    from.device_layout = &layout;
    setNumber(layout.type, 7);
    refuse(api().PJRT_Client_BufferFromHostBuffer(&from));
    setNumber(layout.type, PJRT_Buffer_MemoryLayout_Type_Tiled);
    const int64_t twice[] = {1, 1};
    const int64_t outside[] = {INT64_MAX, INT64_MIN};
    for (const int64_t* order : {twice, outside, static_cast<const int64_t*>(nullptr)}) {
        layout.tiled.minor_to_major = order;
        layout.tiled.minor_to_major_size = 2;
        refuse(api().PJRT_Client_BufferFromHostBuffer(&from));
    }
    layout.tiled.minor_to_major_size = SIZE_MAX;
    refuse(api().PJRT_Client_BufferFromHostBuffer(&from));
}

TEST_F(Extremes, RangesAndIndices) {
    PJRT_Buffer* buffer = client_.upload({1, 2, 3, 4});
    float out[4];
    for (const auto& [offset, size] : {std::pair<int64_t, int64_t>{-1, 4},
                                       {0, -1},
                                       {INT64_MAX, 1},
                                       {8, INT64_MAX},
                                       {16, 1},
                                       {INT64_MIN, INT64_MIN}}) {
        auto raw = arguments<PJRT_Buffer_CopyRawToHost_Args>();
        raw.buffer = buffer;
        raw.dst = out;
        raw.offset = offset;
        raw.transfer_size = size;
        refuse(api().PJRT_Buffer_CopyRawToHost(&raw));
        auto future = arguments<PJRT_Buffer_CopyRawToHostFuture_Args>();
        future.buffer = buffer;
        future.offset = offset;
        future.transfer_size = size;
        refuse(api().PJRT_Buffer_CopyRawToHostFuture(&future));
    }
    testing::destroy(buffer);

    auto spec = arguments<PJRT_ShapeSpec>();
    spec.dims = kGood;
    spec.num_dims = 2;
    spec.element_type = PJRT_Buffer_Type_F32;
    auto create = arguments<PJRT_Client_CreateBuffersForAsyncHostToDevice_Args>();
    create.client = client_.client;
    create.shape_specs = &spec;
    create.num_shape_specs = SIZE_MAX;
    refuse(api().PJRT_Client_CreateBuffersForAsyncHostToDevice(&create));
    create.num_shape_specs = 1;
    create.num_device_layouts = 5;
    refuse(api().PJRT_Client_CreateBuffersForAsyncHostToDevice(&create));
    create.num_device_layouts = 0;
    OPTIRS_OK(api().PJRT_Client_CreateBuffersForAsyncHostToDevice(&create));
    for (const int index : {-1, 1, INT32_MAX, INT32_MIN}) {
        const auto with = [&](auto args) {
            args.transfer_manager = create.transfer_manager;
            args.buffer_index = index;
            return args;
        };
        auto data = with(arguments<PJRT_AsyncHostToDeviceTransferManager_TransferData_Args>());
        refuse(api().PJRT_AsyncHostToDeviceTransferManager_TransferData(&data));
        auto literal = with(arguments<PJRT_AsyncHostToDeviceTransferManager_TransferLiteral_Args>());
        refuse(api().PJRT_AsyncHostToDeviceTransferManager_TransferLiteral(&literal));
        auto size = with(arguments<PJRT_AsyncHostToDeviceTransferManager_BufferSize_Args>());
        refuse(api().PJRT_AsyncHostToDeviceTransferManager_BufferSize(&size));
        auto retrieve = with(arguments<PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer_Args>());
        refuse(api().PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer(&retrieve));
        auto error = with(arguments<PJRT_AsyncHostToDeviceTransferManager_SetBufferError_Args>());
        error.error_code = PJRT_Error_Code_ABORTED;
        refuse(api().PJRT_AsyncHostToDeviceTransferManager_SetBufferError(&error));
    }
    auto data = arguments<PJRT_AsyncHostToDeviceTransferManager_TransferData_Args>();
    data.transfer_manager = create.transfer_manager;
    data.data = out;
    data.offset = 8;
    data.transfer_size = 9;
    refuse(api().PJRT_AsyncHostToDeviceTransferManager_TransferData(&data));
    auto destroy = arguments<PJRT_AsyncHostToDeviceTransferManager_Destroy_Args>();
    destroy.transfer_manager = create.transfer_manager;
    OPTIRS_OK(api().PJRT_AsyncHostToDeviceTransferManager_Destroy(&destroy));
}

TEST_F(Extremes, ClientsAndTopologies) {
    for (const auto& [replicas, partitions] :
         {std::pair{0, 1}, {1, 0}, {-1, -1}, {INT32_MAX, INT32_MAX}, {2, 1}}) {
        int ids[1] = {};
        auto assignment = arguments<PJRT_Client_DefaultDeviceAssignment_Args>();
        assignment.client = client_.client;
        assignment.num_replicas = replicas;
        assignment.num_partitions = partitions;
        assignment.default_assignment = ids;
        assignment.default_assignment_size = 1;
        refuse(api().PJRT_Client_DefaultDeviceAssignment(&assignment));
    }
    for (const int id : {-1, 1, INT32_MAX, INT32_MIN}) {
        auto lookup = arguments<PJRT_Client_LookupDevice_Args>();
        lookup.client = client_.client;
        lookup.id = id;
        refuse(api().PJRT_Client_LookupDevice(&lookup));
    }
    auto option = arguments<PJRT_NamedValue>();
    auto create = arguments<PJRT_Client_Create_Args>();
    create.create_options = &option;
    create.num_options = SIZE_MAX;
    refuse(api().PJRT_Client_Create(&create));
    create.num_options = 1;  // without a name
    refuse(api().PJRT_Client_Create(&create));
    option.name = "device_count";
    option.name_size = 12;
    setNumber(option.type, 77);
    refuse(api().PJRT_Client_Create(&create));
    auto topology = arguments<PJRT_TopologyDescription_Create_Args>();
    topology.topology_name = "no such slice";
    topology.topology_name_size = 13;
    refuse(api().PJRT_TopologyDescription_Create(&topology));
    auto deserialize = arguments<PJRT_TopologyDescription_Deserialize_Args>();
    for (const char* text :
         {"", "optirs_cpu topology 1: ", "optirs_cpu topology 1: 0 0", "garbage",
          "optirs_cpu topology 1: 99999999999999999999 0", "optirs_cpu topology 1: 1 0 x"}) {
        deserialize.serialized_topology = text;
        deserialize.serialized_topology_size = std::strlen(text);
        refuse(api().PJRT_TopologyDescription_Deserialize(&deserialize));
    }
}

TEST_F(Extremes, ProgramsAndExecutions) {
    auto program = arguments<PJRT_Program>();
    auto compile = arguments<PJRT_Client_Compile_Args>();
    compile.client = client_.client;
    compile.program = &program;
    refuse(api().PJRT_Client_Compile(&compile));
    std::string code = "module {}";
    program.code = code.data();
    program.code_size = code.size();
    for (const char* format : {"hlo", "hlo_with_config", "", "optirs_executable"}) {
        program.format = format;
        program.format_size = std::strlen(format);
        refuse(api().PJRT_Client_Compile(&compile));
    }
    program.format = "mlir";
    program.format_size = 4;
    compile.compile_options = "x";
    compile.compile_options_size = SIZE_MAX;
    refuse(api().PJRT_Client_Compile(&compile));

    PJRT_LoadedExecutable* loaded =
        client_.compile("func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> { return %a : tensor<4xf32> }");
    ASSERT_NE(loaded, nullptr);
    PJRT_Buffer* buffer = client_.upload({1, 2, 3, 4});
    PJRT_Buffer* const list[] = {buffer};
    PJRT_Buffer* const* lists[] = {list};
    PJRT_Buffer* output = nullptr;
    PJRT_Buffer** outputs[] = {&output};
    auto options = arguments<PJRT_ExecuteOptions>();
    auto execute = arguments<PJRT_LoadedExecutable_Execute_Args>();
    execute.executable = loaded;
    execute.options = &options;
    execute.argument_lists = lists;
    execute.output_lists = outputs;
    execute.num_devices = SIZE_MAX;
    execute.num_args = 1;
    refuse(api().PJRT_LoadedExecutable_Execute(&execute));
    execute.num_devices = 1;
    execute.num_args = SIZE_MAX;
    refuse(api().PJRT_LoadedExecutable_Execute(&execute));
    execute.num_args = 1;
    const int64_t kept[] = {INT64_MAX};
    options.non_donatable_input_indices = kept;
    options.num_non_donatable_input_indices = SIZE_MAX;
    refuse(api().PJRT_LoadedExecutable_Execute(&execute));
    options.num_non_donatable_input_indices = 1;
    refuse(api().PJRT_LoadedExecutable_Execute(&execute));
    options.struct_size = 3;
    refuse(api().PJRT_LoadedExecutable_Execute(&execute));
    testing::destroy(buffer);
    testing::destroy(loaded);
}

TEST_F(Extremes, PromisesFromNowhere) {
    int nothing = 0;
    auto fulfil = arguments<PJRT_Client_FulfillAliasBuffer_Args>();
    fulfil.client = client_.client;
    fulfil.status_code = PJRT_Error_Code_ABORTED;
    fulfil.fulfill_alias_buffer_cb = reinterpret_cast<PJRT_FulfillAliasBufferCallback*>(&nothing);
    refuse(api().PJRT_Client_FulfillAliasBuffer(&fulfil));
    auto poison = arguments<PJRT_Device_PoisonExecution_Args>();
    poison.device = client_.devices()[0];
    poison.launch_id = INT32_MIN;
    setNumber(poison.error_code, 4711);
    OPTIRS_OK(api().PJRT_Device_PoisonExecution(&poison));
    EXPECT_FALSE(poison.poisoned);
    poison.error_code = PJRT_Error_Code_OK;
    refuse(api().PJRT_Device_PoisonExecution(&poison));
    poison.error_code = PJRT_Error_Code_ABORTED;
    poison.error_message_size = 9;
    refuse(api().PJRT_Device_PoisonExecution(&poison));
}

}  // namespace
}  // namespace optirs::plugin
