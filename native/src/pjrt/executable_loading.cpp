// Programs that were compiled elsewhere or earlier.
#include "src/core/text.h"
#include "src/pjrt/executable.h"
#include "src/pjrt/topology.h"

namespace optirs::pjrt {

using core::Code;
using core::Error;
using core::Ref;

namespace {

Ref<optirs_pjrt_executable> loaded(optirs_pjrt_client& client, PJRT_LoadedExecutable* handle) {
    return core::makeObject<optirs_pjrt_executable>(Ref<optirs_pjrt_client>::share(&client),
                                                    OwnedLoadedExecutable(client.api(), handle));
}

}  // namespace

Ref<optirs_pjrt_executable> compileFor(const optirs_pjrt_topology& topology, optirs_pjrt_client* client,
                                       std::string_view program, std::string_view format,
                                       const CompileOptions& options) {
    const Api& api = topology.library().api;
    if (client != nullptr && &client->library() != &topology.library()) {
        throw Error(Code::kInvalidArgument, "client and topology are of different plugins");
    }
    const std::string serialized = serialize(options);
    const ProgramArgument code(api, program, format);
    auto args = api.make<PJRT_Compile_Args>();
    args.topology = topology.handle();
    args.program = code.get();
    args.compile_options = serialized.data();
    args.compile_options_size = serialized.size();
    args.client = client == nullptr ? nullptr : client->handle();
    api.call<&PJRT_Api::PJRT_Compile>(args);
    return core::makeObject<optirs_pjrt_executable>(topology.library(),
                                                    OwnedExecutable(api, args.executable));
}

Ref<optirs_pjrt_executable> deserialize(optirs_pjrt_client& client, std::string_view bytes,
                                        std::string_view options) {
    if (bytes.empty()) {
        throw Error(Code::kInvalidArgument, "the serialized program is empty");
    }
    const Api& api = client.api();
    auto args = api.make<PJRT_Executable_DeserializeAndLoad_Args>();
    args.client = client.handle();
    args.serialized_executable = bytes.data();
    args.serialized_executable_size = bytes.size();
    if (!options.empty()) {
        api.requireField(&PJRT_Executable_DeserializeAndLoad_Args::overridden_serialized_compile_options_size,
                         "options of Executable.DeserializeAndLoad");
        args.overridden_serialized_compile_options = options.data();
        args.overridden_serialized_compile_options_size = options.size();
    }
    client.underPressure(0, [&] { api.call<&PJRT_Api::PJRT_Executable_DeserializeAndLoad>(args); });
    return loaded(client, args.loaded_executable);
}

Ref<optirs_pjrt_executable> load(optirs_pjrt_client& client, const optirs_pjrt_executable& executable,
                                 const CompileOptions& options) {
    if (executable.isLoaded()) {
        throw Error(Code::kFailedPrecondition,
                    core::concat("program '", executable.name(), "' is loaded already"));
    }
    if (&executable.library() != &client.library()) {
        throw Error(Code::kInvalidArgument,
                    core::concat("program '", executable.name(), "' was compiled by the plugin ",
                                 executable.library().path, ", not by that of the client"));
    }
    const std::string serialized = serialize(options);
    auto args = client.api().make<PJRT_Client_Load_Args>();
    args.client = client.handle();
    args.executable = executable.compiled();
    args.compile_options = serialized.data();
    args.compile_options_size = serialized.size();
    client.underPressure(0, [&] { client.api().call<&PJRT_Api::PJRT_Client_Load>(args); });
    return loaded(client, args.loaded_executable);
}

}  // namespace optirs::pjrt
