/* Topologies, and compiling for one without a client. */
#include "walk.h"

void walkAheadOfTime(const Walk* walk) {
    ARGS(PJRT_TopologyDescription_Create_Args, create);
    OK(api->PJRT_TopologyDescription_Create(&create));
    PJRT_TopologyDescription* topology = create.topology;
    ARGS(PJRT_TopologyDescription_PlatformName_Args, name);
    name.topology = topology;
    OK(api->PJRT_TopologyDescription_PlatformName(&name));
    ARGS(PJRT_TopologyDescription_PlatformVersion_Args, version);
    version.topology = topology;
    OK(api->PJRT_TopologyDescription_PlatformVersion(&version));
    REQUIRE(name.platform_name_size > 0 && version.platform_version_size > 0);
    ARGS(PJRT_TopologyDescription_GetDeviceDescriptions_Args, devices);
    devices.topology = topology;
    OK(api->PJRT_TopologyDescription_GetDeviceDescriptions(&devices));
    REQUIRE(devices.num_descriptions == 1);
    ARGS(PJRT_TopologyDescription_Attributes_Args, attributes);
    attributes.topology = topology;
    OK(api->PJRT_TopologyDescription_Attributes(&attributes));
    ARGS(PJRT_TopologyDescription_Fingerprint_Args, fingerprint);
    fingerprint.topology = topology;
    OK(api->PJRT_TopologyDescription_Fingerprint(&fingerprint));
    ARGS(PJRT_TopologyDescription_GetMemorySpaceKindIds_Args, kinds);
    kinds.topology = topology;
    OK(api->PJRT_TopologyDescription_GetMemorySpaceKindIds(&kinds));
    REQUIRE(kinds.num_memory_space_kind_ids == 1);
    const int64_t dims[] = {2, 3};
    ARGS(PJRT_TopologyDescription_MakeCanonicalShapeForMemorySpace_Args, shape);
    shape.topology = topology;
    shape.memory_space_kind_id = kinds.memory_space_kind_ids[0];
    shape.dims = dims;
    shape.num_dims = 2;
    shape.element_type = PJRT_Buffer_Type_F32;
    OK(api->PJRT_TopologyDescription_MakeCanonicalShapeForMemorySpace(&shape));
    /* ShapeProto{element_type F32, dimensions [2, 3], layout{minor_to_major [1, 0]}, is_dynamic [no, no]}. */
    const char expected[] = {0x10, 11, 0x1A, 2, 2, 3, 0x2A, 4, 0x0A, 2, 1, 0, 0x32, 2, 0, 0};
    REQUIRE(shape.serialized_shape_size == sizeof expected);
    REQUIRE(memcmp(shape.serialized_shape, expected, sizeof expected) == 0);
    shape.serialized_shape_deleter(shape.serialized_shape);

    ARGS(PJRT_TopologyDescription_Serialize_Args, serialize);
    serialize.topology = topology;
    OK(api->PJRT_TopologyDescription_Serialize(&serialize));
    ARGS(PJRT_TopologyDescription_Deserialize_Args, deserialize);
    deserialize.serialized_topology = serialize.serialized_bytes;
    deserialize.serialized_topology_size = serialize.serialized_bytes_size;
    OK(api->PJRT_TopologyDescription_Deserialize(&deserialize));
    serialize.serialized_topology_deleter(serialize.serialized_topology);
    const uint64_t first = fingerprint.fingerprint;
    fingerprint.topology = deserialize.topology;
    OK(api->PJRT_TopologyDescription_Fingerprint(&fingerprint));
    REQUIRE(fingerprint.fingerprint == first);

    const PJRT_Layouts_Extension* layouts =
        (const PJRT_Layouts_Extension*)findExtension(PJRT_Extension_Type_Layouts);
    ARGS(PJRT_Layouts_PJRT_Topology_GetDefaultLayout_Args, layout);
    layout.topology_description = topology;
    layout.type = PJRT_Buffer_Type_F32;
    layout.dims = dims;
    layout.num_dims = 2;
    OK(layouts->PJRT_Layouts_PJRT_Topology_GetDefaultLayout(&layout));
    ARGS(PJRT_Layouts_MemoryLayout_Destroy_Args, destroy_layout);
    destroy_layout.layout = layout.layout;
    OK(layouts->PJRT_Layouts_MemoryLayout_Destroy(&destroy_layout));
    ARGS(PJRT_Layouts_PJRT_Client_GetDefaultLayout_Args, of_client);
    of_client.client = walk->client;
    of_client.type = PJRT_Buffer_Type_F32;
    of_client.dims = dims;
    of_client.num_dims = 2;
    OK(layouts->PJRT_Layouts_PJRT_Client_GetDefaultLayout(&of_client));
    destroy_layout.layout = of_client.layout;
    OK(layouts->PJRT_Layouts_MemoryLayout_Destroy(&destroy_layout));

    ARGS(PJRT_Program, program);
    program.code = (char*)(uintptr_t)kAddProgram; /* read only; the struct serves output as well */
    program.code_size = strlen(kAddProgram);
    program.format = "mlir";
    program.format_size = 4;
    ARGS(PJRT_Compile_Args, compile);
    compile.topology = deserialize.topology;
    compile.program = &program;
    OK(api->PJRT_Compile(&compile));
    ARGS(PJRT_TopologyDescription_Destroy_Args, destroy);
    destroy.topology = deserialize.topology;
    OK(api->PJRT_TopologyDescription_Destroy(&destroy));
    destroy.topology = topology;
    OK(api->PJRT_TopologyDescription_Destroy(&destroy));
    ARGS(PJRT_Client_Load_Args, load);
    load.client = walk->client;
    load.executable = compile.executable;
    OK(api->PJRT_Client_Load(&load));
    ARGS(PJRT_LoadedExecutable_Destroy_Args, unload);
    unload.executable = load.loaded_executable;
    OK(api->PJRT_LoadedExecutable_Destroy(&unload));
    ARGS(PJRT_Executable_Destroy_Args, forget);
    forget.executable = compile.executable;
    OK(api->PJRT_Executable_Destroy(&forget));
}
