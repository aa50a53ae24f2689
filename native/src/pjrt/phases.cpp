#include "src/pjrt/phases.h"

#include <string>
#include <vector>

#include "src/core/text.h"
#include "src/pjrt/extension.h"
#include "src/pjrt/topology.h"

namespace optirs::pjrt {
namespace {

using core::Code;
using core::concat;
using core::Error;
using core::Ref;
using Phases = Extension<PJRT_PhaseCompile_Extension>;

class Compiler {
 public:
    explicit Compiler(const PluginLibrary& library) : phases_(library) {
        auto args = extensionArgs<PJRT_PhaseCompile_Get_Compiler_Args>();
        phases_.call(&PJRT_PhaseCompile_Extension::phase_compile_get_compiler,
                     "PJRT_PhaseCompile_Get_Compiler", args);
        handle_ = args.phase_compiler;
    }
    Compiler(const Compiler&) = delete;
    Compiler& operator=(const Compiler&) = delete;
    ~Compiler() {
        auto args = extensionArgs<PJRT_PhaseCompile_Destroy_Compiler_Args>();
        args.phase_compiler = handle_;
        if (phases_.table().phase_compile_destroy_compiler != nullptr) {
            phases_.table().phase_compile_destroy_compiler(&args);
        }
    }

    const Phases& phases() const noexcept { return phases_; }
    const PJRT_PhaseCompiler* get() const noexcept { return handle_; }

    /// A copy of what the compiler lends, which goes back to it.
    Ref<optirs_pjrt_list> take(const char** texts, const std::size_t* sizes, std::size_t count) const {
        struct Owner {
            const Compiler& compiler;
            PJRT_PhaseCompile_C_Buffers_Destroy_Args args;
            ~Owner() {
                if (compiler.phases_.table().phase_compile_c_buffers_destroy != nullptr) {
                    compiler.phases_.table().phase_compile_c_buffers_destroy(&args);
                }
            }
        };
        auto args = extensionArgs<PJRT_PhaseCompile_C_Buffers_Destroy_Args>();
        args.char_buffers = texts;
        args.char_buffer_sizes = sizes;
        args.num_char_buffers = count;
        const Owner owner{*this, args};
        return copyList(texts, sizes, count);
    }

 private:
    const Phases phases_;
    const PJRT_PhaseCompiler* handle_ = nullptr;
};

// Copies that end with a NUL, as the names of phases must.
struct Texts {
    Texts(std::span<const optirs_pjrt_blob> blobs, std::string_view what) {
        texts.reserve(blobs.size());
        for (const optirs_pjrt_blob& blob : blobs) {
            if (blob.data == nullptr || blob.size == 0) {
                throw Error(Code::kInvalidArgument, concat(what, " ", texts.size(), " is empty"));
            }
            texts.emplace_back(reinterpret_cast<const char*>(blob.data), blob.size);
            data.push_back(texts.back().data());
            sizes.push_back(blob.size);
        }
    }
    std::vector<std::string> texts;
    std::vector<const char*> data;
    std::vector<std::size_t> sizes;
};

}  // namespace

Ref<optirs_pjrt_list> phaseNames(const PluginLibrary& library) {
    const Compiler compiler(library);
    auto args = extensionArgs<PJRT_PhaseCompile_Get_PhaseNames_Args>();
    args.phase_compiler = compiler.get();
    compiler.phases().call(&PJRT_PhaseCompile_Extension::phase_compile_get_phase_names,
                           "PJRT_PhaseCompile_Get_PhaseNames", args);
    return compiler.take(args.phase_names, args.phase_names_sizes, args.num_phase_names);
}

Ref<optirs_pjrt_list> runPhases(const optirs_pjrt_topology& topology,
                                std::span<const optirs_pjrt_blob> programs,
                                std::span<const optirs_pjrt_blob> phases, std::string_view options) {
    const Compiler compiler(topology.library());
    Texts inputs(programs, "program");
    Texts names(phases, "phase");
    auto args = extensionArgs<PJRT_PhaseCompile_Run_Phase_Args>();
    args.phase_compiler = compiler.get();
    args.input_programs = inputs.data.data();
    args.input_programs_sizes = inputs.sizes.data();
    args.num_input_programs = inputs.data.size();
    args.phases_to_run = names.data.data();
    args.phases_to_run_sizes = names.sizes.data();
    args.num_phases_to_run = names.data.size();
    args.compile_options = options.data();
    args.compile_options_size = options.size();
    args.topology = topology.handle();
    compiler.phases().call(&PJRT_PhaseCompile_Extension::phase_compile_run_phases,
                           "PJRT_PhaseCompile_Run_Phase", args);
    return compiler.take(args.output_programs, args.output_programs_sizes, args.num_output_programs);
}

}  // namespace optirs::pjrt
