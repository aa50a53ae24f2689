// A libcuda.so.1 with one function only.
extern "C" __attribute__((visibility("default"))) int cuInit(unsigned) { return 0; }
