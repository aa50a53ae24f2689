#include "pjrt_cpu/stablehlo/verify.h"

#include "pjrt_cpu/stablehlo/shape_rules.h"
#include "pjrt_cpu/stablehlo/verify_attributes.h"
#include "pjrt_cpu/stablehlo/verify_sharding.h"

namespace optirs::plugin {
namespace {

enum : uint8_t {
    kBoolClass = 1,
    kIntClass = 2,
    kSignedClass = 4,
    kFloatClass = 8,
    kComplexClass = 16,
    kQuantClass = 32,
    kIndexClass = 64,
    kAnyTensor = 127,
    kAnyType = 255,
};

struct Signature {
    int operands = -1;  // -n: at least n - 1
    int results = -1;
    int regions = -1;
    uint8_t classes = kAnyType;
};

const Signature& signatureOf(OpKind kind) {
    static const auto signatures = [] {
        std::vector<Signature> table(static_cast<size_t>(OpKind::kUnknown) + 1);
#define X(name, operands, results, regions, classes) \
    table[static_cast<size_t>(OpKind::k##name)] = {operands, results, regions, classes};
#include "pjrt_cpu/stablehlo/op_signatures.def"
#undef X
        return table;
    }();
    return signatures[static_cast<size_t>(kind)];
}

uint8_t classOf(const TensorType& type) {
    switch (elementClass(type.element())) {
        case ElementClass::kBoolean:
            return kBoolClass;
        case ElementClass::kSigned:
            return type.element() == ElementType::kIndex ? kIntClass | kIndexClass : kIntClass | kSignedClass;
        case ElementClass::kUnsigned:
            return kIntClass;
        case ElementClass::kFloat:
            return kFloatClass;
        case ElementClass::kComplex:
            return kComplexClass;
        case ElementClass::kQuantizedClass:
            return kQuantClass;
    }
    return 0;
}

void requireNumber(const Rule& rule, size_t got, int wanted, const char* what) {
    const bool variadic = wanted < 0;
    const auto least = static_cast<size_t>(variadic ? -wanted - 1 : wanted);
    if (variadic ? got >= least : got == least) return;
    rule.fail("needs " + std::string(variadic ? "at least " : "") + std::to_string(least) + " " + what +
              ", got " + std::to_string(got));
}

void checkSignature(const Rule& rule) {
    const Operation& op = rule.op();
    const Signature& signature = signatureOf(op.kind());
    requireNumber(rule, op.operandCount(), signature.operands, "operands");
    requireNumber(rule, op.resultCount(), signature.results, "results");
    requireNumber(rule, op.regionCount(), signature.regions, "regions");
    if (op.operandCount() == 0) return;
    const Type& type = op.operand(0)->type();
    const TensorType* tensor = type.tensorOrNull();
    // Tokens, tuples and opaque types fit where the operation takes anything.
    const bool fits =
        tensor == nullptr ? signature.classes == kAnyType : (classOf(*tensor) & signature.classes) != 0;
    rule.require(fits, "does not take operands of type " + type.toString());
}

bool matches(const Type& declared, const Type& inferred) {
    const TensorType* a = declared.tensorOrNull();
    const TensorType* b = inferred.tensorOrNull();
    if (a == nullptr || b == nullptr) return declared == inferred;
    return a->element() == b->element() && compatibleShapes(a->dims(), b->dims());
}

class Verifier {
 public:
    explicit Verifier(const Module& module) : module_(module), sharding_(module) {}

    void check(const Function& function) {
        sharding_.check(function);
        for (const auto* types : {&function.type().inputs, &function.type().results}) {
            for (const Type& type : *types) {
                if (const auto error = quantizationError(type))
                    throw invalidArgument("function " + symbolToString(function.name()) + " at " +
                                          function.location().toString() + ": " + *error);
            }
        }
        if (function.isDeclaration()) return;
        function_ = &function;
        checkBlock(function.body(), "function " + symbolToString(function.name()), function.location());
    }

 private:
    void checkBlock(const Block& block, const std::string& name, const Location& location) {
        if (block.terminator() == nullptr) {
            throw invalidArgument(name + " at " + location.toString() + " should end with a return");
        }
        for (const Operation& op : block) {
            const bool last = op.next() == nullptr;
            if (!last && isTerminator(op.kind()))
                throw invalidOperation(op, "should be the last operation of its block");
            checkOperation(op);
        }
    }

    void checkOperation(const Operation& op) {
        const Rule rule(op);
        checkSignature(rule);
        checkAttributes(rule);
        for (const Value& result : op.results()) {
            if (const auto error = quantizationError(result.type())) rule.fail(*error);
        }
        for (size_t i = 0; i < op.regionCount(); ++i) {
            rule.require(op.region(i).size() == 1, "region " + std::to_string(i) + " should have one block");
            checkBlock(op.region(i).front(), "region " + std::to_string(i) + " of " + std::string(op.name()),
                       op.location());
        }
        if (op.kind() == OpKind::kCall) checkCall(rule, callee(op));
        if (op.kind() == OpKind::kComposite) checkCall(rule, symbolAttribute(op, "decomposition"));
        if (op.kind() == OpKind::kSdyNamedComputation) checkNamedComputation(rule);
        if (op.kind() == OpKind::kReturn && op.parentOperation() == nullptr) checkReturn(rule);
        sharding_.check(op);
        const std::vector<Type> inferred = inferTypes(op);
        if (inferred.empty()) return;
        rule.require(
            inferred.size() == op.resultCount(),
            "needs " + std::to_string(inferred.size()) + " results, got " + std::to_string(op.resultCount()));
        for (size_t i = 0; i < inferred.size(); ++i) {
            const Type& declared = op.result(i)->type();
            rule.require(matches(declared, inferred[i]), "result " + std::to_string(i) + " should be " +
                                                             inferred[i].toString() + ", got " +
                                                             declared.toString());
        }
    }

    void checkCall(const Rule& rule, const std::string& name) const {
        const Operation& op = rule.op();
        const Function* target = module_.function(name);
        if (target == nullptr) rule.fail("there is no function " + symbolToString(name));
        const FunctionType& type = target->type();
        bool same = type.inputs.size() == op.operandCount() && type.results == op.resultTypes();
        for (size_t i = 0; same && i < op.operandCount(); ++i) same = op.operand(i)->type() == type.inputs[i];
        rule.require(same, signatureToString(op) + " does not match " + symbolToString(name) + ", which is " +
                               Type(type).toString());
    }

    static void checkNamedComputation(const Rule& rule) {
        const Operation& op = rule.op();
        FunctionType inside;
        const Block& block = body(op);
        for (size_t i = 0; i < block.argumentCount(); ++i) inside.inputs.push_back(block.argument(i)->type());
        for (const Value* value : block.last()->operands()) inside.results.push_back(value->type());
        const Type type(std::move(inside));
        rule.require(type.toString() == signatureToString(op),
                     signatureToString(op) + " does not match its body, which is " + type.toString());
    }

    void checkReturn(const Rule& rule) const {
        const Operation& op = rule.op();
        const std::vector<Type>& wanted = function_->type().results;
        bool same = wanted.size() == op.operandCount();
        for (size_t i = 0; same && i < wanted.size(); ++i) same = op.operand(i)->type() == wanted[i];
        FunctionType got;
        for (const Value* operand : op.operands()) got.results.push_back(operand->type());
        got.inputs = function_->type().inputs;
        rule.require(same, "function " + symbolToString(function_->name()) + " is " +
                               Type(function_->type()).toString() + ", but returns as if it were " +
                               Type(got).toString());
    }

    const Module& module_;
    ShardingVerifier sharding_;
    const Function* function_ = nullptr;
};

}  // namespace

std::vector<Type> inferTypes(const Operation& op) {
    using enum OpKind;
    const Rule rule(op);
    if (isElementwise(op.kind())) return inferElementwise(rule);
    switch (op.kind()) {
        case kBitcastConvert:
        case kBroadcast:
        case kBroadcastInDim:
        case kChloConstant:
        case kConcatenate:
        case kConstant:
        case kIota:
        case kPad:
        case kPartitionId:
        case kReplicaId:
        case kReshape:
        case kReverse:
        case kSlice:
        case kTranspose:
            return inferMovement(rule);
        case kDynamicGather:
        case kDynamicSlice:
        case kDynamicUpdateSlice:
        case kGather:
        case kScatter:
        case kTorchIndexSelect:
            return inferIndexing(rule);
        case kCholesky:
        case kConvolution:
        case kDot:
        case kDotGeneral:
        case kDynamicConv:
        case kFft:
        case kTriangularSolve:
            return inferContraction(rule);
        case kBatchNormGrad:
        case kBatchNormInference:
        case kBatchNormTraining:
            return inferNormalisation(rule);
        case kMap:
        case kReduce:
        case kReduceWindow:
        case kSelectAndScatter:
        case kSort:
            return inferReduction(rule);
        case kDynamicBroadcastInDim:
        case kDynamicIota:
        case kDynamicPad:
        case kDynamicReshape:
        case kGetDimensionSize:
        case kRealDynamicSlice:
        case kSetDimensionSize:
            return inferDynamic(rule);
        case kAllGather:
        case kAllReduce:
        case kAllToAll:
        case kCollectiveBroadcast:
        case kCollectivePermute:
        case kCollectiveReduce:
        case kReduceScatter:
            return inferCollective(rule);
        default:
            return rule.op().name().starts_with("chlo.") ? inferChlo(rule) : inferControl(rule);
    }
}

void verify(const Module& module) {
    Verifier verifier(module);
    ShardingVerifier(module).checkMeshes();
    for (const auto& function : module.functions()) verifier.check(*function);
}

}  // namespace optirs::plugin
