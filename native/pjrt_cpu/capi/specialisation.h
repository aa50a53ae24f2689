#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "pjrt_cpu/ir/type.h"

namespace optirs::plugin {

struct CompiledProgram;

/// The programs that one with arguments of unknown shape has become: one for each list of shapes it was
/// called with and, when shapes depend on them, for each value of its integer arguments. The least recently
/// used goes when there are too many. Thread-safe; compiling holds up other calls of the same program only.
class Specialisations {
 public:
    /// The bytes of argument i, once it is there.
    using ReadArgument = std::function<const std::byte*(size_t)>;

    /// @throws Error INVALID_ARGUMENT: the arguments do not fit; UNIMPLEMENTED: a shape that depends on
    ///     computed values
    std::shared_ptr<const CompiledProgram> find(const CompiledProgram& generic,
                                                std::span<const TensorType> types, const ReadArgument& read);

 private:
    struct Entry {
        std::string key;
        std::shared_ptr<const CompiledProgram> compiled;
    };

    std::mutex mutex_;
    std::list<Entry> entries_;  // the most recently used first
    bool depends_on_values_ = false;
};

}  // namespace optirs::plugin
