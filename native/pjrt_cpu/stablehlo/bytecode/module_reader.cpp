// The top level of bytecode: the module, its functions, and the way in.
#include "pjrt_cpu/stablehlo/bytecode/bytecode.h"
#include "pjrt_cpu/stablehlo/bytecode/ir_reader.h"
#include "pjrt_cpu/stablehlo/bytecode/upgrade.h"
#include "pjrt_cpu/stablehlo/symbol_attributes.h"

namespace optirs::plugin::bytecode {

std::unique_ptr<Module> IrReader::read() {
    module_ = std::make_unique<Module>();
    module_->others().addBlock();
    ByteReader in = container_.ir();
    // An implicit module around everything, without values of its own.
    scopes_.emplace_back();
    scopes_.back().next.push_back(0);
    Block outer(nullptr);
    const size_t count = readBlockHeader(in, outer);
    if (outer.argumentCount() != 0) in.fail("the outermost block has arguments");
    for (size_t i = 0; i < count; ++i) readModuleOperation(in);
    in.expectEnd("the IR");
    return std::move(module_);
}

void IrReader::readModuleOperation(ByteReader& in) {
    const Depth depth(*this, in);
    ByteReader start = in;
    const std::string& name = container_.opName(start).name;
    if (name == "builtin.module") {
        Header header = readHeader(in);
        readModuleRegion(in, header);
    } else if (name == "func.func" || name == "vhlo.func_v1") {
        Header header = readHeader(in);
        readFunction(in, header);
    } else {
        readOperation(in, module_->others().front());
    }
}

void IrReader::readModuleRegion(ByteReader& in, Header& header) {
    if (header.region_count != 1) in.fail("a module has one region");
    readRegions(in, header, [&](ByteReader& content, size_t) {
        const size_t blocks = content.count("blocks");
        if (blocks == 0) return;
        if (blocks != 1) content.fail("a module has one block");
        const size_t values = content.count("values");
        Scope& scope = scopes_.back();
        scope.next.push_back(scope.values.size());
        scope.values.resize(scope.values.size() + values);
        Block block(nullptr);
        const size_t operations = readBlockHeader(content, block);
        if (block.argumentCount() != 0) content.fail("the block of a module has no arguments");
        for (size_t i = 0; i < operations; ++i) readModuleOperation(content);
    });
    finishModule(*module_, header.attributes);
}

void IrReader::readFunction(ByteReader& in, Header& header) {
    if (header.region_count != 1 || !header.operands.empty() || !header.results.empty()) {
        in.fail("a function has one region, no operands and no results");
    }
    const bool vhlo = header.name.name == "vhlo.func_v1";
    if (vhlo) upgradeFunction(header.attributes);
    std::unique_ptr<Function> function;
    try {
        function = functionFromAttributes(std::move(header.attributes));
    } catch (const Error& error) {
        ByteReader::failAt(header.position, error.message());
    }
    function->setLocation(header.location);
    if (module_->function(function->name()) != nullptr) {
        ByteReader::failAt(header.position,
                           "function " + symbolToString(function->name()) + " is already defined");
    }
    // Owned by the module before it has a body: values of the body must not outlive it.
    Function& added = module_->addFunction(std::move(function));
    readRegions(in, header, [&](ByteReader& content, size_t) { readRegion(content, added.region()); });
    if (added.isDeclaration()) return;
    const auto arguments = added.body().arguments();
    bool same = arguments.size() == added.type().inputs.size();
    for (size_t i = 0; same && i < arguments.size(); ++i)
        same = arguments[i]->type() == added.type().inputs[i];
    if (!same) {
        ByteReader::failAt(header.position, "the arguments of function " + symbolToString(added.name()) +
                                                " are not those of its type");
    }
}

}  // namespace optirs::plugin::bytecode

namespace optirs::plugin {

bool isBytecode(std::string_view program) { return program.starts_with("ML\xEFR"); }

std::unique_ptr<Module> parseBytecode(std::string_view program, const ParseLimits& limits) {
    if (program.size() > limits.max_text_bytes) {
        throw invalidArgument("the program is " + std::to_string(program.size()) + " bytes, more than the " +
                              std::to_string(limits.max_text_bytes) + " accepted");
    }
    const bytecode::Container container({reinterpret_cast<const uint8_t*>(program.data()), program.size()});
    try {
        return bytecode::IrReader(container, limits).read();
    } catch (const Error& error) {
        const auto version = container.vhloVersion();
        if (!version || *version <= bytecode::kNewestVhlo) throw;
        throw Error(error.code(), error.message() + "; the program was written for VHLO " +
                                      version->toString() + ", this reader knows versions up to " +
                                      std::to_string(bytecode::kNewestVhlo.major) + "." +
                                      std::to_string(bytecode::kNewestVhlo.minor));
    }
}

}  // namespace optirs::plugin
