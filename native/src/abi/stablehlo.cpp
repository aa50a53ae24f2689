// optirs/stablehlo.h: validation and translation only. The reader is a library of its own, without knowledge
// of plugin or client.
#include <optirs/stablehlo.h>

#include <string>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"
#include "src/core/guard.h"

using namespace optirs::core;
namespace plugin = optirs::plugin;

struct optirs_stablehlo_text final : Object {
    explicit optirs_stablehlo_text(std::string text)
        : Object(OPTIRS_OBJECT_STABLEHLO_TEXT), text_(std::move(text)) {}

    const std::string& get() const noexcept { return text_; }

 private:
    const std::string text_;
};

namespace {

/// Runs `body`; the reader's errors have absl's codes, as ours.
template <class Body>
auto translated(const Body& body) {
    try {
        return body();
    } catch (const plugin::Error& error) {
        throw Error(static_cast<Code>(error.code()), error.message());
    }
}

}  // namespace

void optirs_stablehlo_text_retain(optirs_stablehlo_text* text) { retainHandle(text); }
void optirs_stablehlo_text_release(optirs_stablehlo_text* text) { releaseHandle(text); }
const char* optirs_stablehlo_text_data(const optirs_stablehlo_text* text, uint64_t* out_size) {
    return returnText(text->get(), out_size);
}

optirs_error* optirs_stablehlo_print(const char* program, uint64_t program_size,
                                     optirs_stablehlo_text** out_text) {
    return guard("optirs_stablehlo_print", [&] {
        Out out(out_text, "out_text");
        const std::string_view text = requiredText(program, program_size, "program");
        out = makeObject<optirs_stablehlo_text>(
            translated([&] { return plugin::print(*plugin::parseModule(text)); }));
    });
}

optirs_error* optirs_stablehlo_verify(const char* program, uint64_t program_size) {
    return guard("optirs_stablehlo_verify", [&] {
        const std::string_view text = requiredText(program, program_size, "program");
        translated([&] {
            const auto module = plugin::parseModule(text);
            plugin::verify(*module);
            return 0;
        });
    });
}
