#pragma once

#include <string>

namespace optirs::plugin::testing {

/// Serialized CompileOptionsProto: executable_build_options with these numbers.
inline std::string gridOf(int replicas, int partitions) {
    std::string build;
    const auto put = [&build](int field, int value) {
        build += static_cast<char>(field << 3);
        for (; value >= 0x80; value >>= 7) build += static_cast<char>((value & 0x7F) | 0x80);
        build += static_cast<char>(value);
    };
    put(4, replicas);
    put(5, partitions);
    return std::string("\x1a") + static_cast<char>(build.size()) + build;
}

/// Sums the argument over all replicas.
inline const char* const kSum = R"(
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = "stablehlo.all_reduce"(%x) ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %s = stablehlo.add %a, %b : tensor<f32>
      stablehlo.return %s : tensor<f32>
  }) {replica_groups = dense<> : tensor<0x0xi64>} : (tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
})";

}  // namespace optirs::plugin::testing
