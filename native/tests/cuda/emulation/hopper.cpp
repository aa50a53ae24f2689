#include "hopper.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "emulation.h"

namespace optirs::emulation {
namespace {

/// Tells what the hardware would not forgive, and ends.
void require(bool is_good, const char* otherwise) {
    if (!is_good) {
        std::fprintf(stderr, "emulated kernel, thread %u: %s\n", thread_index, otherwise);
        std::abort();
    }
}

/// Lets the others run, as often as it can take until what is waited for happens.
class Wait {
 public:
    void operator()() {
        require(++rounds_ < 20000, "threads wait for ever");
        yield();
    }

 private:
    int rounds_ = 0;
};

/// Addresses count from a multiple of the swizzle's 1 KiB.
uintptr_t origin() { return reinterpret_cast<uintptr_t>(sharedMemory()) & ~uintptr_t{1023}; }
unsigned char* at(uint32_t address) { return reinterpret_cast<unsigned char*>(origin() + address); }

/// Bits 4 to 6 of an address change with bits 7 to 9.
uint32_t swizzled(uint32_t address) { return address ^ (address >> 7 & 7U) << 4; }

// ---- mbarrier ----

constexpr uint8_t kMade = 0x5b;

struct Mbarrier {
    int32_t bytes;
    uint8_t arrivals;
    uint8_t left;
    uint8_t phase;
    uint8_t made;
};
static_assert(sizeof(Mbarrier) == 8);

Mbarrier& barrierAt(uint32_t address) {
    require(address % 8 == 0, "an mbarrier is not aligned");
    auto& barrier = *reinterpret_cast<Mbarrier*>(at(address));
    require(barrier.made == kMade, "an mbarrier was not initialised");
    return barrier;
}

void endPhase(Mbarrier& barrier) {
    if (barrier.left == 0 && barrier.bytes == 0) {
        barrier.left = barrier.arrivals;
        barrier.phase ^= 1;
    }
}

void arrive(Mbarrier& barrier) {
    require(barrier.left > 0, "more threads arrive at an mbarrier than it was made for");
    --barrier.left;
    endPhase(barrier);
}

// ---- Copies on their way ----

struct Copy {
    uint32_t to;
    TensorMapContent map;
    int64_t first[4];
    uint32_t barrier;
};
std::vector<Copy> copies;

void land(const Copy& copy) {
    const TensorMapContent& map = copy.map;
    uint32_t to = copy.to;
    int64_t index[4];
    for (uint32_t l = 0; l < map.box[3]; ++l) {
        for (uint32_t k = 0; k < map.box[2]; ++k) {
            for (uint32_t j = 0; j < map.box[1]; ++j) {
                for (uint32_t i = 0; i < map.box[0]; ++i, to += map.bytes) {
                    const uint32_t offsets[] = {i, j, k, l};
                    bool is_inside = true;
                    uint64_t from = map.address;
                    for (int d = 0; d < 4; ++d) {
                        index[d] = copy.first[d] + offsets[d];
                        is_inside &= index[d] >= 0 && index[d] < static_cast<int64_t>(map.extents[d]);
                        from += static_cast<uint64_t>(index[d]) * (d == 0 ? map.bytes : map.strides[d - 1]);
                    }
                    uint16_t element = 0;
                    if (is_inside) {
                        std::memcpy(&element, reinterpret_cast<const void*>(from), map.bytes);
                    }
                    std::memcpy(at(swizzled(to)), &element, map.bytes);
                }
            }
        }
    }
    Mbarrier& barrier = barrierAt(copy.barrier);
    barrier.bytes -= static_cast<int32_t>(to - copy.to);
    endPhase(barrier);
}

void landAt(uint32_t barrier) {
    std::vector<Copy> others;
    for (const Copy& copy : std::exchange(copies, {})) {
        if (copy.barrier == barrier) {
            land(copy);
        } else {
            others.push_back(copy);
        }
    }
    copies = std::move(others);
}

// ---- Named barriers ----

struct Named {
    int arrived = 0;
    uint64_t generation = 0;
};
Named named[16];

[[maybe_unused]] const bool is_watched = [] {
    block_ended = [] {
        require(copies.empty(), "the block ends before a copy to its memory");
        for (const Named& barrier : named) {
            require(barrier.arrived == 0, "the block ends with threads at a named barrier");
        }
    };
    return true;
}();

}  // namespace

uint32_t sharedAddress(const void* memory) {
    return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(memory) - origin());
}

void makeBarrier(uint32_t barrier, uint32_t arrivals) {
    const auto count = static_cast<uint8_t>(arrivals);
    const Mbarrier made{0, count, count, 0, kMade};
    std::memcpy(at(barrier), &made, sizeof(made));
}
void arriveAt(uint32_t barrier) { arrive(barrierAt(barrier)); }
void expectBytes(uint32_t barrier, uint32_t bytes) {
    barrierAt(barrier).bytes += static_cast<int32_t>(bytes);
    arriveAt(barrier);
}
void waitFor(uint32_t barrier, uint32_t phase) {
    landAt(barrier);
    for (Wait wait; barrierAt(barrier).phase == phase;) {
        wait();
        landAt(barrier);
    }
}

void arriveAtNamed(int barrier, int threads) {
    require(barrier > 0 && barrier < 16 && threads % 32 == 0, "there is no such named barrier");
    Named& at_barrier = named[barrier];
    if (++at_barrier.arrived == threads) {
        at_barrier.arrived = 0;
        ++at_barrier.generation;
    }
}
void syncNamed(int barrier, int threads) {
    const uint64_t generation = named[barrier].generation;
    arriveAtNamed(barrier, threads);
    for (Wait wait; named[barrier].generation == generation;) {
        wait();
    }
}

void copyBox(uint32_t to, const cuda::CUtensorMap& map, int i, int j, int k, int l, uint32_t barrier) {
    require(to % 1024 == 0, "a copy's memory is not aligned to the 1 KiB that its swizzle repeats after");
    require(reinterpret_cast<uintptr_t>(&map) % 64 == 0, "a tensor map is not aligned to 64 bytes");
    Copy copy{to, {}, {i, j, k, l}, barrier};
    std::memcpy(&copy.map, &map, sizeof(copy.map));
    copies.push_back(copy);
}

void clearShared(uint32_t address) {
    require(address % 16 == 0, "a vector in shared memory is not aligned");
    std::memset(at(address), 0, 16);
}

namespace {

/// Where an element of `bytes` bytes of an operand is.
const unsigned char* operandAt(uint64_t descriptor, uint32_t bytes, uint32_t major, uint32_t other) {
    require(descriptor >> 62 == 1 && (descriptor >> 49 & 7U) == 0,
            "a matrix descriptor without the swizzle of 128 bytes, or with an offset");
    const auto field = [&](int bit) { return static_cast<uint32_t>(descriptor >> bit & 0x3fffU) << 4; };
    // Eight rows of 128 bytes, then the stride; 128 bytes of a row, then the leading offset.
    const uint32_t in_row = major * bytes;
    return at(swizzled(field(0) + in_row / 128 * field(16) + in_row % 128 + other / 8 * field(32) +
                       other % 8 * 128));
}

}  // namespace

uint16_t operandElement(uint64_t descriptor, bool is_across, int row, int k) {
    uint16_t element = 0;
    std::memcpy(&element,
                operandAt(descriptor, sizeof(element), static_cast<uint32_t>(is_across ? row : k),
                          static_cast<uint32_t>(is_across ? k : row)),
                sizeof(element));
    return element;
}

uint8_t operandByte(uint64_t descriptor, int row, int k) {
    return *operandAt(descriptor, 1, static_cast<uint32_t>(k), static_cast<uint32_t>(row));
}

}  // namespace optirs::emulation
