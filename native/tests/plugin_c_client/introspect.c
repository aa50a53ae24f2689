/* What an executable tells of itself, and executables as bytes. */
#include "walk.h"

static bool contains(const char* text, size_t size, const char* part) {
    const size_t length = strlen(part);
    for (size_t i = 0; i + length <= size; ++i) {
        if (memcmp(text + i, part, length) == 0) return true;
    }
    return false;
}

static float costOf(const PJRT_NamedValue* values, size_t count, const char* name) {
    for (size_t i = 0; i < count; ++i) {
        if (sameText(values[i].name, values[i].name_size, name)) return values[i].float_value;
    }
    fprintf(stderr, "no property %s\n", name);
    exit(1);
}

static void walkNumbers(PJRT_Executable* executable) {
    ARGS(PJRT_Executable_Name_Args, name);
    name.executable = executable;
    OK(api->PJRT_Executable_Name(&name));
    REQUIRE(sameText(name.executable_name, name.executable_name_size, "add"));
    ARGS(PJRT_Executable_NumReplicas_Args, replicas);
    replicas.executable = executable;
    OK(api->PJRT_Executable_NumReplicas(&replicas));
    ARGS(PJRT_Executable_NumPartitions_Args, partitions);
    partitions.executable = executable;
    OK(api->PJRT_Executable_NumPartitions(&partitions));
    REQUIRE(replicas.num_replicas == 1 && partitions.num_partitions == 1);
    ARGS(PJRT_Executable_NumOutputs_Args, outputs);
    outputs.executable = executable;
    OK(api->PJRT_Executable_NumOutputs(&outputs));
    REQUIRE(outputs.num_outputs == 1);
    ARGS(PJRT_Executable_SizeOfGeneratedCodeInBytes_Args, code);
    code.executable = executable;
    OK(api->PJRT_Executable_SizeOfGeneratedCodeInBytes(&code));
    REQUIRE(code.size_in_bytes > 0);
    ARGS(PJRT_Executable_GetCostAnalysis_Args, cost);
    cost.executable = executable;
    OK(api->PJRT_Executable_GetCostAnalysis(&cost));
    /* Four additions; two arrays of four floats in, one out. */
    REQUIRE(costOf(cost.properties, cost.num_properties, "flops") == 4);
    REQUIRE(costOf(cost.properties, cost.num_properties, "bytes accessed") == 48);
    REQUIRE(costOf(cost.properties, cost.num_properties, "transcendentals") == 0);
    REQUIRE(costOf(cost.properties, cost.num_properties, "optimal_seconds") > 0);
    ARGS(PJRT_Executable_GetCompiledMemoryStats_Args, memory);
    memory.executable = executable;
    OK(api->PJRT_Executable_GetCompiledMemoryStats(&memory));
    REQUIRE(memory.argument_size_in_bytes == 32 && memory.output_size_in_bytes == 16);
    REQUIRE(memory.alias_size_in_bytes == 16 && memory.generated_code_size_in_bytes > 0);
    ARGS(PJRT_Executable_OutputElementTypes_Args, types);
    types.executable = executable;
    OK(api->PJRT_Executable_OutputElementTypes(&types));
    REQUIRE(types.num_output_types == 1 && types.output_types[0] == PJRT_Buffer_Type_F32);
    ARGS(PJRT_Executable_OutputDimensions_Args, dims);
    dims.executable = executable;
    OK(api->PJRT_Executable_OutputDimensions(&dims));
    REQUIRE(dims.num_outputs == 1 && dims.dim_sizes[0] == 1 && dims.dims[0] == 4);
}

static void walkPlacement(PJRT_Executable* executable) {
    ARGS(PJRT_Executable_OutputMemoryKinds_Args, out);
    out.executable = executable;
    OK(api->PJRT_Executable_OutputMemoryKinds(&out));
    REQUIRE(out.num_outputs == 1 && sameText(out.memory_kinds[0], out.memory_kind_sizes[0], "device"));
    ARGS(PJRT_Executable_ParameterMemoryKinds_Args, in);
    in.executable = executable;
    OK(api->PJRT_Executable_ParameterMemoryKinds(&in));
    REQUIRE(in.num_parameters == 2 && sameText(in.memory_kinds[1], in.memory_kind_sizes[1], "device"));
    const PJRT_Layouts_Extension* layouts =
        (const PJRT_Layouts_Extension*)findExtension(PJRT_Extension_Type_Layouts);
    ARGS(PJRT_Layouts_PJRT_Executable_GetOutputLayouts_Args, out_layouts);
    out_layouts.executable = executable;
    OK(layouts->PJRT_Layouts_PJRT_Executable_GetOutputLayouts(&out_layouts));
    REQUIRE(out_layouts.num_outputs == 1);
    ARGS(PJRT_Layouts_PJRT_Executable_GetParameterLayouts_Args, in_layouts);
    in_layouts.executable = executable;
    OK(layouts->PJRT_Layouts_PJRT_Executable_GetParameterLayouts(&in_layouts));
    REQUIRE(in_layouts.num_parameters == 2);
    ARGS(PJRT_Layouts_MemoryLayout_Serialize_Args, text);
    text.layout = in_layouts.layouts[1];
    OK(layouts->PJRT_Layouts_MemoryLayout_Serialize(&text));
    REQUIRE(sameText(text.serialized_bytes, text.serialized_bytes_size, "{0}"));
    text.serialized_layout_deleter(text.serialized_layout);
    const PJRT_Shardings_Extension* shardings =
        (const PJRT_Shardings_Extension*)findExtension(PJRT_Extension_Type_Shardings);
    ARGS(PJRT_Shardings_PJRT_Executable_ParameterShardings_Args, in_shardings);
    in_shardings.executable = executable;
    OK(shardings->PJRT_Shardings_PJRT_Executable_ParameterShardings(&in_shardings));
    ARGS(PJRT_Shardings_PJRT_Executable_OutputShardings_Args, out_shardings);
    out_shardings.executable = executable;
    OK(shardings->PJRT_Shardings_PJRT_Executable_OutputShardings(&out_shardings));
    REQUIRE(in_shardings.shardings == NULL && out_shardings.shardings == NULL); /* the program names none */
}

static void walkTexts(const Walk* walk) {
    ARGS(PJRT_Program, program);
    ARGS(PJRT_Executable_OptimizedProgram_Args, optimized);
    optimized.executable = walk->executable;
    optimized.program = &program;
    OK(api->PJRT_Executable_OptimizedProgram(&optimized));
    REQUIRE(program.code_size > 0 && sameText(program.format, program.format_size, "mlir"));
    program.code = malloc(program.code_size);
    REQUIRE(program.code != NULL);
    OK(api->PJRT_Executable_OptimizedProgram(&optimized));
    REQUIRE(contains(program.code, program.code_size, "stablehlo.add"));
    free(program.code);
    ARGS(PJRT_Executable_Fingerprint_Args, of_executable);
    of_executable.executable = walk->executable;
    OK(api->PJRT_Executable_Fingerprint(&of_executable));
    ARGS(PJRT_LoadedExecutable_Fingerprint_Args, of_loaded);
    of_loaded.executable = walk->loaded;
    OK(api->PJRT_LoadedExecutable_Fingerprint(&of_loaded));
    REQUIRE(of_executable.executable_fingerprint_size > 0);
    REQUIRE(of_executable.executable_fingerprint_size == of_loaded.executable_fingerprint_size);
    ARGS(PJRT_Executable_GetCompileOptions_Args, options);
    options.executable = walk->executable;
    OK(api->PJRT_Executable_GetCompileOptions(&options));
    REQUIRE(options.serialized_bytes_size == 6);
    options.serialized_compile_options_deleter(options.serialized_compile_options);
}

void walkIntrospection(const Walk* walk) {
    walkNumbers(walk->executable);
    walkPlacement(walk->executable);
    walkTexts(walk);
}

static void destroyLoaded(PJRT_LoadedExecutable* loaded) {
    ARGS(PJRT_LoadedExecutable_Destroy_Args, destroy);
    destroy.executable = loaded;
    OK(api->PJRT_LoadedExecutable_Destroy(&destroy));
}

void walkSerialization(const Walk* walk) {
    ARGS(PJRT_Executable_Serialize_Args, serialize);
    serialize.executable = walk->executable;
    OK(api->PJRT_Executable_Serialize(&serialize));
    char* bytes = malloc(serialize.serialized_bytes_size);
    REQUIRE(bytes != NULL);
    memcpy(bytes, serialize.serialized_bytes, serialize.serialized_bytes_size);
    const size_t size = serialize.serialized_bytes_size;
    serialize.serialized_executable_deleter(serialize.serialized_executable);
    ARGS(PJRT_Executable_DeserializeAndLoad_Args, load);
    load.client = walk->client;
    load.serialized_executable = bytes;
    load.serialized_executable_size = size;
    OK(api->PJRT_Executable_DeserializeAndLoad(&load));
    destroyLoaded(load.loaded_executable);
    bytes[size - 1] = (char)(bytes[size - 1] ^ 1);
    REQUIRE(codeOf(api->PJRT_Executable_DeserializeAndLoad(&load)) == PJRT_Error_Code_DATA_LOSS);
    bytes[size - 1] = (char)(bytes[size - 1] ^ 1);
    load.serialized_executable_size = size / 2;
    REQUIRE(codeOf(api->PJRT_Executable_DeserializeAndLoad(&load)) == PJRT_Error_Code_DATA_LOSS);
    /* Who cannot use the object code compiles the program in it anew. */
    ARGS(PJRT_Program, program);
    program.code = bytes;
    program.code_size = size;
    program.format = "optirs_executable";
    program.format_size = strlen(program.format);
    ARGS(PJRT_Client_Compile_Args, compile);
    compile.client = walk->client;
    compile.program = &program;
    OK(api->PJRT_Client_Compile(&compile));
    destroyLoaded(compile.executable);
    free(bytes);
    ARGS(PJRT_Client_Load_Args, again);
    again.client = walk->client;
    again.executable = walk->executable;
    OK(api->PJRT_Client_Load(&again));
    destroyLoaded(again.loaded_executable);
}
