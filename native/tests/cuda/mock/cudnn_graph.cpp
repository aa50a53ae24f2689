#include "cudnn_graph.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "emulation/emulation.h"
#include "src/cuda/api/cudnn.h"
#include "src/cuda/kernels/numbers.cuh"

namespace optirs::mock {
namespace {

using namespace optirs::cuda;

void require(bool condition, const std::string& text) {
    if (!condition) {
        throw text;
    }
}

double read(const void* data, int32_t type, int64_t i) {
    switch (type) {
        case CUDNN_DATA_FLOAT:
            return static_cast<double>(static_cast<const float*>(data)[i]);
        case CUDNN_DATA_HALF:
            return static_cast<double>(toFloat(static_cast<const F16*>(data)[i]));
        case CUDNN_DATA_BFLOAT16:
            return static_cast<double>(toFloat(static_cast<const BF16*>(data)[i]));
        case CUDNN_DATA_INT32:
            return static_cast<const int32_t*>(data)[i];
        default:
            throw std::string("a type that is not in memory");
    }
}

void write(void* data, int32_t type, int64_t i, double value) {
    const auto x = static_cast<float>(value);
    switch (type) {
        case CUDNN_DATA_FLOAT:
            static_cast<float*>(data)[i] = x;
            break;
        case CUDNN_DATA_HALF:
            static_cast<F16*>(data)[i] = rounded<F16>(x);
            break;
        case CUDNN_DATA_BFLOAT16:
            static_cast<BF16*>(data)[i] = rounded<BF16>(x);
            break;
        default:
            throw std::string("a result of a type that is none");
    }
}

int64_t countOf(const Dims& dims) { return dims[0] * dims[1] * dims[2] * dims[3]; }

/// The numbers of a tensor, dense.
struct Values {
    Dims dims{};
    std::vector<double> numbers{};

    explicit Values(const Dims& extents) : dims(extents), numbers(static_cast<size_t>(countOf(extents))) {}
    size_t offset(const Dims& i) const {
        return static_cast<size_t>(((i[0] * dims[1] + i[1]) * dims[2] + i[2]) * dims[3] + i[3]);
    }
    double& operator[](const Dims& i) { return numbers[offset(i)]; }
    double operator[](const Dims& i) const { return numbers[offset(i)]; }
    /// Of a tensor that is repeated along dimensions of extent 1.
    double repeated(Dims i) const {
        for (size_t d = 0; d < 4; ++d) {
            i[d] = dims[d] == 1 ? 0 : i[d];
        }
        return (*this)[i];
    }
};

template <class Body>
void forEach(const Dims& dims, Body&& body) {
    Dims i{};
    for (i[0] = 0; i[0] < dims[0]; ++i[0]) {
        for (i[1] = 0; i[1] < dims[1]; ++i[1]) {
            for (i[2] = 0; i[2] < dims[2]; ++i[2]) {
                for (i[3] = 0; i[3] < dims[3]; ++i[3]) {
                    body(i);
                }
            }
        }
    }
}

int64_t placeOf(const GraphTensor& tensor, const Dims& i) {
    int64_t place = 0;
    for (size_t d = 0; d < 4; ++d) {
        place += i[d] * tensor.strides[d];
    }
    return place;
}

double pointwise(int32_t mode, double x, double b, double t) {
    switch (mode) {
        case CUDNN_POINTWISE_ADD:
            return x + b;
        case CUDNN_POINTWISE_MUL:
            return x * b;
        case CUDNN_POINTWISE_SUB:  // of a row that sees nothing
            return std::isinf(x) && x == b ? x : x - b;
        case CUDNN_POINTWISE_DIV:
            return x == 0 && b == 0 ? 0 : x / b;
        case CUDNN_POINTWISE_EXP:
            return std::exp(x);
        case CUDNN_POINTWISE_LOG:
            return std::log(x);
        case CUDNN_POINTWISE_CMP_GT:
            return x > b ? 1 : 0;
        case CUDNN_POINTWISE_CMP_GE:
            return x >= b ? 1 : 0;
        case CUDNN_POINTWISE_CMP_LT:
            return x < b ? 1 : 0;
        case CUDNN_POINTWISE_LOGICAL_AND:
            return x != 0 && b != 0 ? 1 : 0;
        case CUDNN_POINTWISE_BINARY_SELECT:
            return t != 0 ? x : b;
        default:
            throw std::string("a pointwise mode that the mock does not know");
    }
}

class Evaluation {
 public:
    explicit Evaluation(const std::map<int64_t, void*>& addresses) : addresses_(addresses) {}

    void run(const GraphOperation& operation) {
        switch (operation.kind) {
            case CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR:
                return runPointwise(operation);
            case CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR:
                return runMatmul(operation);
            case CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR:
                return runReduction(operation);
            default:
                return runReshape(operation);
        }
    }

 private:
    void* addressOf(const GraphTensor& tensor) const {
        const auto found = addresses_.find(tensor.id);
        require(found != addresses_.end() && found->second != nullptr,
                "tensor " + std::to_string(tensor.id) + " has no address");
        require(tensor.is_by_value || reinterpret_cast<uintptr_t>(found->second) % 16 == 0,
                "tensor " + std::to_string(tensor.id) + " is not aligned");
        return found->second;
    }

    const Values& load(const GraphTensor& tensor) {
        const auto known = values_.find(tensor.id);
        if (known != values_.end()) {
            return known->second;
        }
        require(!tensor.is_virtual, "tensor " + std::to_string(tensor.id) + " is read before it is computed");
        const void* data = addressOf(tensor);
        Values values(tensor.dims);
        forEach(tensor.dims, [&](const Dims& i) { values[i] = read(data, tensor.type, placeOf(tensor, i)); });
        return values_.emplace(tensor.id, std::move(values)).first->second;
    }

    void store(const GraphTensor& tensor, Values values) {
        require(!values_.contains(tensor.id), "tensor " + std::to_string(tensor.id) + " is computed twice");
        require(values.dims == tensor.dims, "a result has other dimensions");
        if (!tensor.is_virtual) {
            void* data = addressOf(tensor);
            forEach(tensor.dims,
                    [&](const Dims& i) { write(data, tensor.type, placeOf(tensor, i), values[i]); });
        }
        values_.emplace(tensor.id, std::move(values));
    }

    void runPointwise(const GraphOperation& o) {
        Values y(o.y->dims);
        if (o.mode == CUDNN_POINTWISE_GEN_INDEX) {
            forEach(y.dims,
                    [&](const Dims& i) { y[i] = static_cast<double>(i[static_cast<size_t>(o.axis)]); });
            return store(*o.y, std::move(y));
        }
        const Values& x = load(*o.x);
        const Values* b = o.b ? &load(*o.b) : nullptr;
        const Values* t = o.t ? &load(*o.t) : nullptr;
        require((t != nullptr) == (o.mode == CUDNN_POINTWISE_BINARY_SELECT), "t belongs to a selection");
        require(t == nullptr || o.t->type == CUDNN_DATA_BOOLEAN, "t must be of booleans");
        const bool is_unary = o.mode == CUDNN_POINTWISE_EXP || o.mode == CUDNN_POINTWISE_LOG;
        require((b == nullptr) == is_unary, "a pointwise operation with another number of operands");
        forEach(y.dims, [&](const Dims& i) {
            y[i] = pointwise(o.mode, x.repeated(i), b == nullptr ? 0 : b->repeated(i),
                             t == nullptr ? 0 : t->repeated(i));
        });
        store(*o.y, std::move(y));
    }

    int64_t lengthOf(const std::optional<GraphTensor>& lengths, int64_t batch, int64_t whole) {
        return lengths ? std::min(whole, static_cast<int64_t>(load(*lengths).repeated({batch, 0, 0, 0})))
                       : whole;
    }

    void runMatmul(const GraphOperation& o) {
        const Values& a = load(*o.x);
        const Values& b = load(*o.b);
        Values c(o.y->dims);
        require(a.dims[3] == b.dims[2] && a.dims[2] == c.dims[2] && b.dims[3] == c.dims[3],
                "the extents of a product do not fit");
        require(a.dims[0] == c.dims[0] && b.dims[0] == c.dims[0] && a.dims[1] == c.dims[1] &&
                    c.dims[1] % b.dims[1] == 0,
                "the batches or heads of a product do not fit");
        const int64_t group = c.dims[1] / b.dims[1];
        forEach(c.dims, [&](const Dims& i) {
            if (i[2] >= lengthOf(o.m, i[0], c.dims[2]) || i[3] >= lengthOf(o.n, i[0], c.dims[3])) {
                c[i] = o.padding;
                return;
            }
            double sum = 0;
            for (int64_t p = 0; p < lengthOf(o.k, i[0], a.dims[3]); ++p) {
                sum += a[{i[0], i[1], i[2], p}] * b[{i[0], i[1] / group, p, i[3]}];
            }
            c[i] = sum;
        });
        store(*o.y, std::move(c));
    }

    void runReduction(const GraphOperation& o) {
        const Values& x = load(*o.x);
        Values y(o.y->dims);
        const bool is_max = o.mode == CUDNN_REDUCE_TENSOR_MAX;
        Dims group{};
        for (size_t d = 0; d < 4; ++d) {
            require(x.dims[d] % y.dims[d] == 0, "the extents of a reduction do not fit");
            group[d] = x.dims[d] / y.dims[d];
        }
        std::ranges::fill(y.numbers, is_max ? -std::numeric_limits<double>::infinity() : 0);
        forEach(x.dims, [&](const Dims& i) {
            double& sum = y[{i[0] / group[0], i[1] / group[1], i[2] / group[2], i[3] / group[3]}];
            sum = is_max ? std::max(sum, x[i]) : sum + x[i];
        });
        store(*o.y, std::move(y));
    }

    void runReshape(const GraphOperation& o) {
        const Values& x = load(*o.x);
        std::map<int64_t, double> memory;
        forEach(x.dims, [&](const Dims& i) { memory[placeOf(*o.x, i)] = x[i]; });
        Values y(o.y->dims);
        require(y.numbers.size() == x.numbers.size(), "a reshape changes the number of elements");
        forEach(y.dims, [&](const Dims& i) {
            const auto found = memory.find(placeOf(*o.y, i));
            require(found != memory.end(), "a reshape reaches beyond its operand");
            y[i] = found->second;
        });
        store(*o.y, std::move(y));
    }

    const std::map<int64_t, void*>& addresses_;
    std::map<int64_t, Values> values_;
};

}  // namespace

void evaluate(const std::vector<GraphOperation>& operations, const std::map<int64_t, void*>& addresses) {
    Evaluation evaluation(addresses);
    for (const GraphOperation& operation : operations) {
        evaluation.run(operation);
    }
}

}  // namespace optirs::mock
