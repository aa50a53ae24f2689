// The arithmetic of activations, rotary embedding and dropout on runs of f32.
#pragma once

#include <cstdint>

#include "src/cpu/element.h"

namespace optirs::cpu {

/// out = x Phi(x), by the error function or by its tanh form; all of one type, f32, bf16 or f16. out may be
/// x.
void geluRun(Element type, const void* x, bool uses_tanh, int64_t n, void* out);

/// dx = dout d/dx gelu(x), likewise. dx may be dout.
void geluRunBackward(Element type, const void* x, const void* dout, bool uses_tanh, int64_t n, void* dx);

/// out = gate sigmoid(gate) up.
void swigluRun(const float* gate, const float* up, int64_t n, float* out);

void swigluRunBackward(const float* gate, const float* up, const float* dout, int64_t n, float* dgate,
                       float* dup);

/// Rotates the pairs (first[i], second[i]) by the angles whose cosines and sines are given; `direction` is 1
/// or -1.
void rotateRun(const float* first, const float* second, const float* cosine, const float* sine,
               float direction, int64_t n, float* out_first, float* out_second);

/// out = x / (1 - p) where a random number of 32 bits is at least p 2^32, else 0. Numbers are words of
/// Philox4x32-10 with key `seed` and counter `block`, `block + 1`, ..., four for each block; x[0] takes the
/// first word of `block`.
void dropoutRun(const float* x, double probability, uint64_t seed, uint64_t block, int64_t n, float* out);

}  // namespace optirs::cpu
