/* Compiling, running, donation, events. */
#include "walk.h"

const char kAddProgram[] =
    "module @add {\n"
    "  func.func public @main(%a: tensor<4xf32> {tf.aliasing_output = 0 : i32}, %b: tensor<4xf32>)\n"
    "      -> tensor<4xf32> {\n"
    "    %0 = stablehlo.add %a, %b : tensor<4xf32>\n"
    "    return %0 : tensor<4xf32>\n"
    "  }\n"
    "}\n";

static const char kDonorProgram[] =
    "module @donor {\n"
    "  func.func public @main(%a: tensor<4xf32> {jax.buffer_donor = true}) -> tensor<4xf32> {\n"
    "    %0 = stablehlo.exponential %a : tensor<4xf32>\n"
    "    return %0 : tensor<4xf32>\n"
    "  }\n"
    "}\n";

/* CompileOptionsProto{executable_build_options{num_replicas 1, num_partitions 1}}. */
static const char kOptions[] = {0x1A, 0x04, 0x20, 0x01, 0x28, 0x01};

static PJRT_LoadedExecutable* compileText(const Walk* walk, const char* text) {
    ARGS(PJRT_Program, program);
    program.code = (char*)(uintptr_t)text; /* read only; the struct serves output as well */
    program.code_size = strlen(text);
    program.format = "mlir";
    program.format_size = 4;
    ARGS(PJRT_Client_Compile_Args, compile);
    compile.client = walk->client;
    compile.program = &program;
    compile.compile_options = kOptions;
    compile.compile_options_size = sizeof kOptions;
    OK(api->PJRT_Client_Compile(&compile));
    return compile.executable;
}

void walkCompile(Walk* walk) {
    walk->loaded = compileText(walk, kAddProgram);
    ARGS(PJRT_LoadedExecutable_GetExecutable_Args, get);
    get.loaded_executable = walk->loaded;
    OK(api->PJRT_LoadedExecutable_GetExecutable(&get));
    walk->executable = get.executable;
    ARGS(PJRT_LoadedExecutable_AddressableDevices_Args, devices);
    devices.executable = walk->loaded;
    OK(api->PJRT_LoadedExecutable_AddressableDevices(&devices));
    REQUIRE(devices.num_addressable_devices == 1 && devices.addressable_devices[0] == walk->device);
    ARGS(PJRT_LoadedExecutable_AddressableDeviceLogicalIds_Args, ids);
    ids.executable = walk->loaded;
    OK(api->PJRT_LoadedExecutable_AddressableDeviceLogicalIds(&ids));
    REQUIRE(ids.num_addressable_device_logical_ids == 1);
    ARGS(PJRT_LoadedExecutable_GetDeviceAssignment_Args, assignment);
    assignment.executable = walk->loaded;
    OK(api->PJRT_LoadedExecutable_GetDeviceAssignment(&assignment));
    REQUIRE(assignment.serialized_bytes_size > 0);
    assignment.serialized_device_assignment_deleter(assignment.serialized_device_assignment);
}

/* Runs with one or two arguments on the first device; the output, when `code` is OK. */
static PJRT_Buffer* run(PJRT_LoadedExecutable* loaded, PJRT_Buffer* const* buffers, size_t count,
                        int launch_id, bool keep_first) {
    const int64_t kept[] = {0};
    ARGS(PJRT_ExecuteContext_Create_Args, context);
    OK(api->PJRT_ExecuteContext_Create(&context));
    ARGS(PJRT_ExecuteOptions, options);
    options.launch_id = launch_id;
    options.context = context.context;
    options.non_donatable_input_indices = kept;
    options.num_non_donatable_input_indices = keep_first ? 1 : 0;
    PJRT_Buffer* output = NULL;
    PJRT_Buffer** outputs = &output;
    PJRT_Event* complete = NULL;
    ARGS(PJRT_LoadedExecutable_Execute_Args, execute);
    execute.executable = loaded;
    execute.options = &options;
    execute.argument_lists = &buffers;
    execute.num_devices = 1;
    execute.num_args = count;
    execute.output_lists = &outputs;
    execute.device_complete_events = &complete;
    OK(api->PJRT_LoadedExecutable_Execute(&execute));
    REQUIRE(awaitEvent(complete) == PJRT_Error_Code_OK);
    ARGS(PJRT_ExecuteContext_Destroy_Args, destroy);
    destroy.context = context.context;
    OK(api->PJRT_ExecuteContext_Destroy(&destroy));
    return output;
}

static void requireSum(PJRT_Buffer* sum) {
    float values[4];
    download(sum, values, 4);
    for (int i = 0; i < 4; ++i) REQUIRE(values[i] == (float)(11 * (i + 1)));
    destroyBuffer(sum);
}

static void walkDonatedArguments(const Walk* walk) {
    const float ones[] = {1, 2, 3, 4};
    const float tens[] = {10, 20, 30, 40};
    PJRT_Buffer* arguments[] = {upload(walk, ones, 4, walk->device), upload(walk, tens, 4, walk->device)};
    requireSum(run(walk->loaded, arguments, 2, 1, true));
    REQUIRE(!isDeleted(arguments[0]));
    requireSum(run(walk->loaded, arguments, 2, 2, false));
    REQUIRE(isDeleted(arguments[0]) && !isDeleted(arguments[1]));
    PJRT_LoadedExecutable* donor = compileText(walk, kDonorProgram);
    destroyBuffer(run(donor, &arguments[1], 1, 0, false));
    REQUIRE(isDeleted(arguments[1]));
    destroyBuffer(arguments[0]);
    destroyBuffer(arguments[1]);
    ARGS(PJRT_LoadedExecutable_Delete_Args, delete_it);
    delete_it.executable = donor;
    OK(api->PJRT_LoadedExecutable_Delete(&delete_it));
    ARGS(PJRT_LoadedExecutable_IsDeleted_Args, deleted);
    deleted.executable = donor;
    OK(api->PJRT_LoadedExecutable_IsDeleted(&deleted));
    REQUIRE(deleted.is_deleted);
    ARGS(PJRT_LoadedExecutable_Destroy_Args, destroy);
    destroy.executable = donor;
    OK(api->PJRT_LoadedExecutable_Destroy(&destroy));
}

/* An execution that waits for an argument that never comes is ended from outside. */
static void walkPoison(const Walk* walk) {
    const int64_t dims[] = {4};
    ARGS(PJRT_Client_CreateAliasBuffer_Args, create);
    create.client = walk->client;
    create.memory = walk->memory;
    create.shape_dims = dims;
    create.shape_num_dims = 1;
    create.shape_element_type = PJRT_Buffer_Type_F32;
    OK(api->PJRT_Client_CreateAliasBuffer(&create));
    const float ones[] = {1, 1, 1, 1};
    PJRT_Buffer* arguments[] = {create.alias_buffer, upload(walk, ones, 4, walk->device)};
    PJRT_Buffer* const* list = arguments;
    PJRT_Buffer* output = NULL;
    PJRT_Buffer** outputs = &output;
    PJRT_Event* complete = NULL;
    ARGS(PJRT_ExecuteOptions, options);
    options.launch_id = 77;
    ARGS(PJRT_LoadedExecutable_Execute_Args, execute);
    execute.executable = walk->loaded;
    execute.options = &options;
    execute.argument_lists = &list;
    execute.num_devices = 1;
    execute.num_args = 2;
    execute.output_lists = &outputs;
    execute.device_complete_events = &complete;
    OK(api->PJRT_LoadedExecutable_Execute(&execute));
    ARGS(PJRT_Device_PoisonExecution_Args, poison);
    poison.device = walk->device;
    poison.launch_id = 78;
    poison.error_code = PJRT_Error_Code_CANCELLED;
    poison.error_message = "stop";
    poison.error_message_size = 4;
    OK(api->PJRT_Device_PoisonExecution(&poison));
    REQUIRE(!poison.poisoned);
    poison.launch_id = 77;
    OK(api->PJRT_Device_PoisonExecution(&poison));
    REQUIRE(poison.poisoned);
    REQUIRE(awaitEvent(complete) == PJRT_Error_Code_CANCELLED);
    ARGS(PJRT_Buffer_ReadyEvent_Args, ready);
    ready.buffer = output;
    OK(api->PJRT_Buffer_ReadyEvent(&ready));
    REQUIRE(awaitEvent(ready.event) == PJRT_Error_Code_CANCELLED);
    ARGS(PJRT_Client_FulfillAliasBuffer_Args, fulfil); /* sets the device's queue free */
    fulfil.client = walk->client;
    fulfil.status_code = PJRT_Error_Code_ABORTED;
    fulfil.fulfill_alias_buffer_cb = create.fulfill_alias_buffer_cb;
    OK(api->PJRT_Client_FulfillAliasBuffer(&fulfil));
    destroyBuffer(output);
    destroyBuffer(arguments[0]);
    destroyBuffer(arguments[1]);
}

static void countCall(PJRT_Error* error, void* calls) {
    REQUIRE(codeOf(error) == PJRT_Error_Code_OK);
    ++*(int*)calls;
}

void walkExecute(const Walk* walk) {
    walkDonatedArguments(walk);
    walkPoison(walk);
    ARGS(PJRT_Event_Create_Args, create);
    OK(api->PJRT_Event_Create(&create));
    int calls = 0;
    ARGS(PJRT_Event_OnReady_Args, on_ready);
    on_ready.event = create.event;
    on_ready.callback = countCall;
    on_ready.user_arg = &calls;
    OK(api->PJRT_Event_OnReady(&on_ready));
    REQUIRE(calls == 0);
    ARGS(PJRT_Event_Set_Args, set);
    set.event = create.event;
    OK(api->PJRT_Event_Set(&set));
    REQUIRE(calls == 1);
    REQUIRE(awaitEvent(create.event) == PJRT_Error_Code_OK);
}
