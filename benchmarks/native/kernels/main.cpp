// The CPU kernels through the C ABI, beside what memory gives in the same run. Names are those of the peers'
// scripts; `bytes_per_second` counts what an operation must read and write, once.
#include <benchmark/benchmark.h>

BENCHMARK_MAIN();
