// A libcudnn.so.9 that checks how descriptors are made and used, and computes graphs on the host.
//
// Its heuristics name three engines: the first is not deterministic, the second refuses every graph.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>

#include "cudnn_descriptor.h"
#include "recorder.h"
#include "src/cuda/api/cudnn.h"

namespace optirs::cuda {

struct cudnnContext {
    bool has_stream = false;
};

}  // namespace optirs::cuda

using namespace optirs::cuda;
using optirs::mock::kOperation;
using optirs::mock::Named;
using optirs::mock::Recorder;

namespace {

using Descriptor = cudnnBackendOpaque;

constexpr int kNondeterministicEngine = 1;
constexpr int kRefusingEngine = 2;
constexpr int64_t kEngines = 3;
constexpr int64_t kWorkspaceBytes = 4096;

#define CALL(...) OPTIRS_MOCK_CALL(__VA_ARGS__)
#define REQUIRE(condition) OPTIRS_MOCK_REQUIRE(condition, CUDNN_STATUS_BAD_PARAM)

std::set<const void*>& alive() {
    static std::set<const void*>& objects = *new std::set<const void*>;
    return objects;
}

int64_t bytesOf(int32_t type) {
    switch (type) {
        case CUDNN_TYPE_BOOLEAN:
            return 1;
        case CUDNN_TYPE_DATA_TYPE:
        case CUDNN_TYPE_HEUR_MODE:
        case CUDNN_TYPE_NUMERICAL_NOTE:
        case CUDNN_TYPE_POINTWISE_MODE:
        case CUDNN_TYPE_REDUCTION_OPERATOR_TYPE:
            return 4;
        default:
            return 8;
    }
}

bool isOperation(int32_t type) {
    return type == CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR ||
           type == CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR ||
           type == CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR ||
           type == CUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR;
}

bool isFinalized(const Descriptor* descriptor, int32_t type) {
    return alive().contains(descriptor) && descriptor->is_finalized &&
           (type == kOperation ? isOperation(descriptor->type) : descriptor->type == type);
}

/// More where matrices are transposed on the way.
int64_t workspaceOf(const std::vector<optirs::mock::GraphOperation>& operations) {
    int64_t bytes = kWorkspaceBytes;
    for (const auto& operation : operations) {
        if (operation.kind == CUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR) {
            const auto& dims = operation.y->dims;
            bytes += 2 * dims[0] * dims[1] * dims[2] * dims[3];
        }
    }
    return bytes;
}

/// The tensors that a graph reads or writes in memory, or takes from the host.
std::set<int64_t> boundTensors(const std::vector<optirs::mock::GraphOperation>& operations) {
    std::set<int64_t> ids;
    for (const auto& o : operations) {
        for (const auto& tensor : {o.x, o.b, o.t, o.y, o.m, o.n, o.k}) {
            if (tensor && !tensor->is_virtual) {
                ids.insert(tensor->id);
            }
        }
    }
    return ids;
}

}  // namespace

OPTIRS_MOCK_EXPORT size_t cudnnGetVersion() {
    const char* wanted = std::getenv("OPTIRS_MOCK_CUDNN_VERSION");
    return wanted == nullptr ? 92501 : static_cast<size_t>(std::atoi(wanted));
}
OPTIRS_MOCK_EXPORT const char* cudnnGetErrorString(cudnnStatus_t) { return "CUDNN_STATUS_MOCK"; }
OPTIRS_MOCK_EXPORT void cudnnGetLastErrorString(char* text, size_t size) {
    std::strncpy(text, "as the test wanted", size);
}

OPTIRS_MOCK_EXPORT cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
    CALL("cudnnCreate")
    *handle = new cudnnContext;
    return CUDNN_STATUS_SUCCESS;
}
OPTIRS_MOCK_EXPORT cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, CUstream stream) {
    CALL("cudnnSetStream")
    REQUIRE(handle != nullptr && stream != nullptr)
    handle->has_stream = true;
    return CUDNN_STATUS_SUCCESS;
}

OPTIRS_MOCK_EXPORT cudnnStatus_t cudnnBackendCreateDescriptor(int32_t type,
                                                              cudnnBackendDescriptor_t* descriptor) {
    CALL("cudnnBackendCreateDescriptor", Named{"type", type})
    *descriptor = new Descriptor{type};
    alive().insert(*descriptor);
    return CUDNN_STATUS_SUCCESS;
}
OPTIRS_MOCK_EXPORT cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
    CALL("cudnnBackendDestroyDescriptor")
    REQUIRE(alive().erase(descriptor) == 1)
    delete descriptor;
    return CUDNN_STATUS_SUCCESS;
}

OPTIRS_MOCK_EXPORT cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, int32_t name,
                                                          int32_t type, int64_t count, const void* elements) {
    CALL("cudnnBackendSetAttribute", Named{"name", name}, Named{"type", type}, Named{"count", count})
    REQUIRE(alive().contains(descriptor) && !descriptor->is_finalized && elements != nullptr)
    const auto rule = optirs::mock::attributeRules().find(name);
    REQUIRE(rule != optirs::mock::attributeRules().end() && rule->second.owner == descriptor->type)
    REQUIRE(rule->second.type == type && count >= rule->second.least && count <= rule->second.most)
    const auto bytes = static_cast<size_t>(count * bytesOf(type));
    auto& attribute = descriptor->attributes[name];
    attribute.count = count;
    attribute.bytes.assign(static_cast<const char*>(elements), static_cast<const char*>(elements) + bytes);
    if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
        for (const auto* used : descriptor->all<const Descriptor*>(name)) {
            REQUIRE(isFinalized(used, rule->second.refers_to))
        }
    }
    return CUDNN_STATUS_SUCCESS;
}

OPTIRS_MOCK_EXPORT cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
    CALL("cudnnBackendFinalize", Named{"type", alive().contains(descriptor) ? descriptor->type : -1})
    REQUIRE(alive().contains(descriptor) && !descriptor->is_finalized)
    for (const auto& [name, rule] : optirs::mock::attributeRules()) {
        REQUIRE(!rule.is_needed || rule.owner != descriptor->type || descriptor->attributes.contains(name))
    }
    switch (descriptor->type) {
        case CUDNN_BACKEND_TENSOR_DESCRIPTOR:
            for (const int32_t name : {CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_ATTR_TENSOR_STRIDES}) {
                for (const int64_t number : descriptor->all<int64_t>(name)) {
                    REQUIRE(number > 0)
                }
            }
            break;
        case CUDNN_BACKEND_POINTWISE_DESCRIPTOR:
            REQUIRE((descriptor->one<int32_t>(CUDNN_ATTR_POINTWISE_MODE) == CUDNN_POINTWISE_GEN_INDEX) ==
                    descriptor->attributes.contains(CUDNN_ATTR_POINTWISE_AXIS))
            break;
        case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
            descriptor->operations = std::make_shared<std::vector<optirs::mock::GraphOperation>>();
            for (const auto* operation : descriptor->all<const Descriptor*>(CUDNN_ATTR_OPERATIONGRAPH_OPS)) {
                descriptor->operations->push_back(optirs::mock::operationOf(*operation));
            }
            break;
        case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR:
            descriptor->operations =
                descriptor->one<const Descriptor*>(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH)->operations;
            break;
        case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR: {
            const auto* configuration =
                descriptor->one<const Descriptor*>(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
            if (configuration->engine == kRefusingEngine) {
                return CUDNN_STATUS_NOT_SUPPORTED;
            }
            descriptor->operations = configuration->operations;
            descriptor->engine = configuration->engine;
            descriptor->workspace_bytes = workspaceOf(*configuration->operations);
            break;
        }
        case CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR:
            REQUIRE(descriptor->all<int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS).size() ==
                    descriptor->all<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS).size())
            break;
        default:
            break;
    }
    descriptor->is_finalized = true;
    return CUDNN_STATUS_SUCCESS;
}

OPTIRS_MOCK_EXPORT cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t descriptor, int32_t name,
                                                          int32_t type, int64_t wanted, int64_t* count,
                                                          void* elements) {
    CALL("cudnnBackendGetAttribute", Named{"name", name}, Named{"type", type}, Named{"wanted", wanted})
    REQUIRE(alive().contains(descriptor) && descriptor->is_finalized && count != nullptr)
    auto* const* given = static_cast<Descriptor* const*>(elements);
    switch (name) {
        case CUDNN_ATTR_ENGINEHEUR_RESULTS:
            REQUIRE(descriptor->type == CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR &&
                    type == CUDNN_TYPE_BACKEND_DESCRIPTOR)
            *count = kEngines;
            for (int64_t i = 0; i < std::min(wanted, kEngines); ++i) {
                REQUIRE(alive().contains(given[i]) && !given[i]->is_finalized &&
                        given[i]->type == CUDNN_BACKEND_ENGINECFG_DESCRIPTOR)
                given[i]->is_finalized = true;
                given[i]->engine = static_cast<int>(i) + 1;
                given[i]->operations = descriptor->operations;
            }
            return CUDNN_STATUS_SUCCESS;
        case CUDNN_ATTR_ENGINECFG_ENGINE:
            REQUIRE(descriptor->type == CUDNN_BACKEND_ENGINECFG_DESCRIPTOR &&
                    type == CUDNN_TYPE_BACKEND_DESCRIPTOR && wanted == 1)
            REQUIRE(alive().contains(*given) && !(*given)->is_finalized &&
                    (*given)->type == CUDNN_BACKEND_ENGINE_DESCRIPTOR)
            (*given)->is_finalized = true;
            (*given)->engine = descriptor->engine;
            *count = 1;
            return CUDNN_STATUS_SUCCESS;
        case CUDNN_ATTR_ENGINE_NUMERICAL_NOTE: {
            REQUIRE(descriptor->type == CUDNN_BACKEND_ENGINE_DESCRIPTOR &&
                    type == CUDNN_TYPE_NUMERICAL_NOTE && wanted >= 2)
            constexpr int32_t kTensorCore = 0;
            auto* notes = static_cast<int32_t*>(elements);
            notes[0] = kTensorCore;
            notes[1] = CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC;
            *count = descriptor->engine == kNondeterministicEngine ? 2 : 1;
            return CUDNN_STATUS_SUCCESS;
        }
        default:
            REQUIRE(name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE && type == CUDNN_TYPE_INT64 &&
                    wanted == 1 && descriptor->type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR)
            *static_cast<int64_t*>(elements) = descriptor->workspace_bytes;
            *count = 1;
            return CUDNN_STATUS_SUCCESS;
    }
}

OPTIRS_MOCK_EXPORT cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                                                     cudnnBackendDescriptor_t pack) {
    CALL("cudnnBackendExecute", Named{"engine", alive().contains(plan) ? plan->engine : 0})
    REQUIRE(handle != nullptr && handle->has_stream)
    REQUIRE(isFinalized(plan, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) &&
            isFinalized(pack, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR))
    REQUIRE(plan->one<cudnnHandle_t>(CUDNN_ATTR_EXECUTION_PLAN_HANDLE) == handle)
    const auto ids = pack->all<int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
    const auto addresses = pack->all<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
    std::map<int64_t, void*> bound;
    for (size_t i = 0; i < ids.size(); ++i) {
        REQUIRE(bound.emplace(ids[i], addresses[i]).second)
    }
    const std::set<int64_t> wanted = boundTensors(*plan->operations);
    REQUIRE(std::equal(wanted.begin(), wanted.end(), bound.begin(), bound.end(),
                       [](int64_t id, const auto& entry) { return id == entry.first; }))
    auto* workspace = pack->one<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
    REQUIRE(workspace != nullptr)
    std::memset(workspace, 0xa5, static_cast<size_t>(plan->workspace_bytes));
    try {
        optirs::mock::evaluate(*plan->operations, bound);
    } catch (const std::string& wrong) {
        Recorder::instance().violate("cudnnBackendExecute: " + wrong);
        return CUDNN_STATUS_EXECUTION_FAILED;
    }
    return CUDNN_STATUS_SUCCESS;
}

OPTIRS_MOCK_EXPORT const optirs::mock::Control* optirs_mock_control() { return &optirs::mock::control(); }
OPTIRS_MOCK_EXPORT int64_t optirs_mock_alive() { return static_cast<int64_t>(alive().size()); }
