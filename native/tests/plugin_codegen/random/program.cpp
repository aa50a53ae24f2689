// A random program as a whole: its arguments, which of them lend their memory to results, and its steps.
#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {

Entry addArgument(Writer& w, WrittenProgram& program, const TensorType& type, std::vector<std::byte> values) {
    Entry argument{"%arg" + std::to_string(program.arguments.size()), type};
    program.arguments.push_back(type);
    program.values.push_back(std::move(values));
    w.add(argument);
    return argument;
}

void finish(Writer& w, WrittenProgram& program, const std::vector<Entry>& results) {
    std::vector<bool> lent(results.size());
    std::string signature;
    for (size_t i = 0; i < program.arguments.size(); ++i) {
        const TensorType& type = program.arguments[i];
        signature += (i == 0 ? "%arg" : ", %arg") + std::to_string(i) + ": " + type.toString();
        if (!w.oneIn(3)) continue;
        for (size_t r = 0; r < results.size(); ++r) {
            if (lent[r] || !(results[r].type == type)) continue;
            lent[r] = true;
            signature += " {tf.aliasing_output = " + std::to_string(r) + " : i32}";
            break;
        }
    }
    std::string names;
    std::string types;
    for (const Entry& result : results) {
        names += (names.empty() ? "" : ", ") + result.name;
        types += (types.empty() ? "" : ", ") + result.type.toString();
    }
    program.text = "func.func @main(" + signature + ") -> (" + types + ") {\n" + w.text() +
                   "  \"func.return\"(" + names + ") : (" + types + ") -> ()\n}\n";
}

WrittenProgram writeProgram(uint64_t seed) {
    Writer w(seed);
    WrittenProgram program;
    for (size_t count = 2 + w.below(4); count > 0; --count) {
        const bool known = !program.arguments.empty() && w.oneIn(3);
        const TensorType type = known ? w.pick(program.arguments) : TensorType(w.element(), w.shape());
        addArgument(w, program, type, w.randomBytes(type));
    }
    const size_t length = w.maxElements() > 2500 ? 4 + w.below(6) : 5 + w.below(w.oneIn(20) ? 120 : 25);
    for (size_t i = 0; i < length; ++i) writeStep(w, 2);
    std::vector<Entry> results = {w.values().back()};
    for (size_t more = w.below(6); more > 0; --more) results.push_back(w.any());
    finish(w, program, results);
    return program;
}

}  // namespace optirs::plugin::testing
