#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pjrt_cpu/ir/error.h"
#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {

using Floats = std::vector<float>;

inline std::string repeated(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += (i == 0 ? "" : ", ") + text;
    return out;
}

/// A module whose @main(process 0's argument, process 1's, ...) runs `@process(%x: argument) -> result` on
/// the grid.
inline std::string onGrid(int replicas, int partitions, const std::string& argument,
                          const std::string& result, const std::string& body) {
    const int count = replicas * partitions;
    std::string arguments;
    std::string names;
    for (int i = 0; i < count; ++i) {
        const std::string name = "%p" + std::to_string(i);
        arguments += (i == 0 ? "" : ", ") + name + ": " + argument;
        names += (i == 0 ? "" : ", ") + name;
    }
    return "func.func private @process(%x: " + argument + ") -> " + result + " {\n" + body + "\n}\n" +
           "func.func @main(" + arguments + ") -> (" + repeated(result, count) +
           ") {\n  %r:" + std::to_string(count) + " = \"interpreter.run_parallel\"(" + names +
           ") {programs = [" + repeated("[" + repeated("@process", partitions) + "]", replicas) + "]} : (" +
           repeated(argument, count) + ") -> (" + repeated(result, count) + ")\n  return " +
           [&] {
               std::string out;
               for (int i = 0; i < count; ++i) out += (i == 0 ? "%r#" : ", %r#") + std::to_string(i);
               return out;
           }() +
           " : " + repeated(result, count) + "\n}\n";
}

inline std::vector<Floats> runGrid(const std::string& text, const std::vector<Floats>& inputs,
                                   int threads = 2) {
    std::vector<Bytes> arguments;
    for (const Floats& input : inputs) arguments.push_back(Bytes::of(input));
    std::vector<Floats> results;
    for (const Bytes& output : run(text, arguments, threads)) results.push_back(output.as<float>());
    return results;
}

inline std::string reducer(const std::string& kind, const std::string& type = "f32") {
    return "({\n ^bb0(%a: tensor<" + type + ">, %b: tensor<" + type + ">):\n  %s = stablehlo." + kind +
           " %a, %b : tensor<" + type + ">\n  stablehlo.return %s : tensor<" + type + ">\n})";
}

inline std::string failureOf(const std::string& text, const std::vector<Floats>& inputs, Code code) {
    try {
        runGrid(text, inputs);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), code) << error.message();
        return error.message();
    }
    ADD_FAILURE() << "should fail";
    return "";
}

}  // namespace optirs::plugin::testing
