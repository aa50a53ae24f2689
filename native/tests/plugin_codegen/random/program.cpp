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

void finish(Writer& w, WrittenProgram& program, const std::vector<Entry>& results, size_t lent_of) {
    std::vector<bool> lent(results.size());
    const auto lend = [&](const TensorType& type) -> std::string {
        if (!w.oneIn(lent_of)) return "";
        for (size_t r = 0; r < results.size(); ++r) {
            if (lent[r] || !(results[r].type == type)) continue;
            lent[r] = true;
            return "tf.aliasing_output = " + std::to_string(r) + " : i32";
        }
        return "";
    };
    const auto separated = [](const std::string& before, const std::string& text) {
        return before.empty() || text.empty() ? before + text : before + ", " + text;
    };
    const auto braced = [](const std::string& text) { return text.empty() ? "" : " {" + text + "}"; };
    const auto place = [](const std::vector<Placement>& places, size_t i) {
        return i < places.size() ? places[i].text : "";
    };
    std::string signature;
    for (size_t i = 0; i < program.arguments.size(); ++i) {
        const TensorType& type = program.arguments[i];
        const std::string attributes = separated(lend(type), place(program.argument_places, i));
        signature =
            separated(signature, "%arg" + std::to_string(i) + ": " + type.toString() + braced(attributes));
    }
    std::string names;
    std::string types;
    std::string given;
    for (size_t r = 0; r < results.size(); ++r) {
        const std::string type = results[r].type.toString();
        names = separated(names, results[r].name);
        types = separated(types, type);
        given = separated(given, type + braced(place(program.result_places, r)));
    }
    program.text = "func.func @main(" + signature + ") -> (" + given + ") {\n" + w.text() +
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
