#pragma once

#include <string>

namespace optirs::plugin::testing {

/// One program with a result for each operation of %x and %y: compiling one is cheaper than many.
template <typename Operations>
std::string program(const Operations& operations, const std::string& type) {
    std::string body;
    std::string names;
    std::string types;
    int count = 0;
    for (const auto& [text, reference] : operations) {
        const std::string name = "%r" + std::to_string(count);
        body += "  " + name + " = stablehlo." + text + " : " + type + "\n";
        names += (count == 0 ? "" : ", ") + name;
        types += (count == 0 ? "" : ", ") + type;
        ++count;
    }
    return "func.func @main(%x: " + type + ", %y: " + type + ") -> (" + types + ") {\n" + body + "  return " +
           names + " : " + types + "\n}";
}

}  // namespace optirs::plugin::testing
