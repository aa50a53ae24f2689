// Descriptors of the mock cuDNN: what is in them, and the rules that their attributes follow.
#pragma once

#include <cstring>
#include <memory>

#include "cudnn_graph.h"
#include "src/cuda/api/cudnn.h"

namespace optirs::cuda {

struct cudnnBackendOpaque {
    struct Attribute {
        int64_t count = 0;
        std::vector<char> bytes{};
    };
    int32_t type;
    bool is_finalized = false;
    std::map<int32_t, Attribute> attributes{};
    std::shared_ptr<std::vector<mock::GraphOperation>> operations{};  // of a graph and all that comes of it
    int engine = 0;
    int64_t workspace_bytes = 0;  // of a plan

    template <class T>
    std::vector<T> all(int32_t name) const {
        const auto found = attributes.find(name);
        if (found == attributes.end()) {
            return {};
        }
        std::vector<T> values(static_cast<size_t>(found->second.count));
        std::memcpy(static_cast<void*>(values.data()), found->second.bytes.data(),
                    found->second.bytes.size());
        return values;
    }
    template <class T>
    T one(int32_t name, T otherwise = {}) const {
        const std::vector<T> values = all<T>(name);
        return values.empty() ? otherwise : values.front();
    }
};

}  // namespace optirs::cuda

namespace optirs::mock {

inline constexpr int32_t kOperation = -1;  // a descriptor of any operation

/// One attribute.
struct Rule {
    int32_t owner;
    int32_t type;
    int64_t least;
    int64_t most;
    bool is_needed;
    int32_t refers_to = 0;  // of BACKEND_DESCRIPTOR
};

const std::map<int32_t, Rule>& attributeRules();

/// What a descriptor of an operation says.
GraphOperation operationOf(const cuda::cudnnBackendOpaque& given);

}  // namespace optirs::mock
