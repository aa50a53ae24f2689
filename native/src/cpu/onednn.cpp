#include "src/cpu/onednn.h"

#include <dlfcn.h>

#include "src/cpu/kernel_error.h"

namespace optirs::cpu {
namespace {

using Sgemm = int (*)(char, char, int64_t, int64_t, int64_t, float, const float*, int64_t, const float*,
                      int64_t, float, float*, int64_t);

struct Library {
    Sgemm sgemm = nullptr;
    // oneDNN's own threads, where it is built with OpenMP: it must leave the cores to our pool.
    int (*max_threads)() = nullptr;
    void (*set_threads)(int) = nullptr;
};

template <class Function>
Function symbol(void* library, const char* name) {
    return library != nullptr ? reinterpret_cast<Function>(dlsym(library, name)) : nullptr;
}

Library open() {
    Library found;
    void* dnnl = dlopen("libdnnl.so.3", RTLD_NOW | RTLD_LOCAL);
    if (dnnl == nullptr) {
        dnnl = dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL);
    }
    found.sgemm = symbol<Sgemm>(dnnl, "dnnl_sgemm");
    void* openmp = dlopen("libgomp.so.1", RTLD_NOW | RTLD_LOCAL);
    found.max_threads = symbol<int (*)()>(openmp, "omp_get_max_threads");
    found.set_threads = symbol<void (*)(int)>(openmp, "omp_set_num_threads");
    return found;
}

const Library& library() {
    static const Library found = open();
    return found;
}

/// The calling thread's number of OpenMP threads is 1 inside.
class SingleThread {
 public:
    SingleThread() : former_(library().max_threads != nullptr ? library().max_threads() : 1) { set(1); }
    ~SingleThread() { set(former_); }
    SingleThread(const SingleThread&) = delete;
    SingleThread& operator=(const SingleThread&) = delete;

 private:
    void set(int threads) const {
        if (library().set_threads != nullptr && former_ != 1) {
            library().set_threads(threads);
        }
    }

    int former_;
};

}  // namespace

void requireSgemm() {
    if (library().sgemm == nullptr) {
        throw KernelError(
            OPTIRS_UNAVAILABLE,
            "matrix products need oneDNN: neither libdnnl.so.3 nor libdnnl.so.2 was found; install it "
            "(Debian: libdnnl2)");
    }
}

void sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
           int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc) {
    if (m == 0 || n == 0) {
        return;
    }
    if (k == 0) {  // an empty sum, which the library refuses
        for (int64_t i = 0; i < m; ++i) {
            for (int64_t j = 0; j < n; ++j) {
                c[i * ldc + j] = beta == 0 ? 0.0F : beta * c[i * ldc + j];
            }
        }
        return;
    }
    const SingleThread scope;
    const int status = library().sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, alpha, a,
                                       lda, b, ldb, beta, c, ldc);
    if (status != 0) {
        throw KernelError(OPTIRS_INTERNAL, "oneDNN's dnnl_sgemm returned " + std::to_string(status));
    }
}

}  // namespace optirs::cpu
