#include "emulation.h"

#include <ucontext.h>

#include <memory>
#include <vector>

#ifdef __SANITIZE_THREAD__
// ThreadSanitizer is told which fiber runs.
extern "C" {
void* __tsan_get_current_fiber(void);
void* __tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void* fiber);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
}
#else
static void* __tsan_get_current_fiber() { return nullptr; }
static void* __tsan_create_fiber(unsigned) { return nullptr; }
static void __tsan_destroy_fiber(void*) {}
static void __tsan_switch_to_fiber(void*, unsigned) {}
#endif

namespace optirs::emulation {

Dim3 block_index;
Dim3 grid_size;
unsigned thread_index = 0;
unsigned block_size = 0;
void (*block_ended)() = nullptr;

namespace {

constexpr unsigned kWarp = 32;
constexpr size_t kStack = 128 * 1024;

std::vector<Kernel>& kernels() {
    static std::vector<Kernel> all;
    return all;
}

struct Fiber {
    Fiber() = default;
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;
    ~Fiber() { __tsan_destroy_fiber(sanitizer); }

    ucontext_t context{};
    std::unique_ptr<char[]> stack = std::make_unique<char[]>(kStack);
    bool is_done = true;
    void* sanitizer = __tsan_create_fiber(0);
};

struct Barrier {
    unsigned arrived = 0;
    uint64_t generation = 0;
};

// The block that runs. One at a time: the driver's lock is held.
std::vector<Fiber> fibers;
ucontext_t scheduler;
void* scheduler_sanitizer = nullptr;
const Kernel* running = nullptr;
const void* running_argument = nullptr;
Barrier block_barrier;
std::vector<Barrier> warp_barriers;
std::vector<uint64_t> exchanged[2];        // by the parity of the warp's generation
std::vector<uint32_t> exchanged_words[2];  // likewise
std::vector<uint4> shared_memory;          // aligned

unsigned living(unsigned first, unsigned count) {
    unsigned alive = 0;
    for (unsigned i = first; i < first + count && i < block_size; ++i) {
        alive += fibers[i].is_done ? 0 : 1;
    }
    return alive;
}

void switchToScheduler(ucontext_t& from) {
    __tsan_switch_to_fiber(scheduler_sanitizer, 0);
    swapcontext(&from, &scheduler);
}

}  // namespace

void yield() {
    const unsigned self = thread_index;
    switchToScheduler(fibers[self].context);
    thread_index = self;
}

namespace {

/// Waits until all living threads of the range have arrived. One that ends meanwhile lets the others pass.
void arrive(Barrier& barrier, unsigned first, unsigned count) {
    const uint64_t generation = barrier.generation;
    ++barrier.arrived;
    while (barrier.generation == generation) {
        if (barrier.arrived >= living(first, count)) {
            barrier.arrived = 0;
            ++barrier.generation;
            return;
        }
        yield();
    }
}

void enter() {
    running->body(running_argument);
    fibers[thread_index].is_done = true;
    switchToScheduler(fibers[thread_index].context);
}

void runBlock() {
    block_barrier = {};
    warp_barriers.assign((block_size + kWarp - 1) / kWarp, {});
    for (unsigned i = 0; i < block_size; ++i) {
        Fiber& fiber = fibers[i];
        fiber.is_done = false;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get();
        fiber.context.uc_stack.ss_size = kStack;
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, enter, 0);
    }
    for (bool is_alive = true; is_alive;) {
        is_alive = false;
        for (unsigned i = 0; i < block_size; ++i) {
            if (!fibers[i].is_done) {
                thread_index = i;
                __tsan_switch_to_fiber(fibers[i].sanitizer, 0);
                swapcontext(&scheduler, &fibers[i].context);
                is_alive |= !fibers[i].is_done;
            }
        }
    }
    if (block_ended != nullptr) {
        block_ended();
    }
}

}  // namespace

void syncBlock() { arrive(block_barrier, 0, block_size); }

uint64_t exchange(uint64_t value, unsigned lane) {
    const unsigned warp = thread_index / kWarp;
    Barrier& barrier = warp_barriers[warp];
    std::vector<uint64_t>& slots = exchanged[barrier.generation % 2];
    slots[thread_index] = value;
    arrive(barrier, warp * kWarp, kWarp);
    return slots[warp * kWarp + lane % kWarp];
}

const uint32_t* exchangeWords(const uint32_t* words, unsigned count) {
    const unsigned warp = thread_index / kWarp;
    Barrier& barrier = warp_barriers[warp];
    uint32_t* slots = exchanged_words[barrier.generation % 2].data() + warp * kWarp * kWarpWords;
    std::memcpy(slots + thread_index % kWarp * count, words, count * sizeof(uint32_t));
    arrive(barrier, warp * kWarp, kWarp);
    return slots;
}

unsigned char* sharedMemory() { return reinterpret_cast<unsigned char*>(shared_memory.data()); }

Registration::Registration(const Kernel& kernel) { kernels().push_back(kernel); }

std::optional<Kernel> findKernel(const std::string& file, const std::string& name) {
    for (const Kernel& kernel : kernels()) {
        if (name == kernel.name && file == kernel.file) {
            return kernel;
        }
    }
    return std::nullopt;
}

void run(const Kernel& kernel, const void* argument, Dim3 grid, unsigned threads, unsigned shared_bytes) {
    if (fibers.size() < threads) {
        fibers = std::vector<Fiber>(threads);
    }
    for (auto& slots : exchanged) {
        slots.assign(threads + kWarp, 0);
    }
    for (auto& slots : exchanged_words) {
        slots.assign((threads + kWarp) * kWarpWords, 0);
    }
    // Anew, so that it ends where it should: a sanitizer sees what lies behind.
    shared_memory = std::vector<uint4>((shared_bytes + sizeof(uint4) - 1) / sizeof(uint4),
                                       uint4{0x7fc07fc0U, 0x7fc07fc0U, 0x7fc07fc0U, 0x7fc07fc0U});
    scheduler_sanitizer = __tsan_get_current_fiber();
    running = &kernel;
    running_argument = argument;
    grid_size = grid;
    block_size = threads;
    for (unsigned z = 0; z < grid.z; ++z) {
        for (unsigned y = 0; y < grid.y; ++y) {
            for (unsigned x = 0; x < grid.x; ++x) {
                block_index = {x, y, z};
                runBlock();
            }
        }
    }
}

}  // namespace optirs::emulation
