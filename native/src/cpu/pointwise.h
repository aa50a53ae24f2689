// Activations, rotary embedding, dropout and embedding.
#pragma once

#include <optirs/kernel_pointwise.h>

namespace optirs {
class ThreadPool;
}

namespace optirs::cpu {

void run(const optirs_gelu_args& args, ThreadPool& pool);
void run(const optirs_gelu_backward_args& args, ThreadPool& pool);
void run(const optirs_swiglu_args& args, ThreadPool& pool);
void run(const optirs_swiglu_backward_args& args, ThreadPool& pool);
void run(const optirs_rope_args& args, ThreadPool& pool);
void run(const optirs_dropout_args& args, ThreadPool& pool);
void run(const optirs_embedding_args& args, ThreadPool& pool);
void run(const optirs_embedding_backward_args& args, ThreadPool& pool);

}  // namespace optirs::cpu
