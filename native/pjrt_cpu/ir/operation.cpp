#include "pjrt_cpu/ir/operation.h"

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {

void Use::unlink() {
    if (value_ == nullptr) return;
    *link_ = next_;
    if (next_ != nullptr) next_->link_ = link_;
    value_ = nullptr;
    next_ = nullptr;
    link_ = nullptr;
}

void Use::set(Value* value) {
    if (value == value_) return;
    unlink();
    if (value == nullptr) return;
    value_ = value;
    next_ = value->first_use_;
    link_ = &value->first_use_;
    if (next_ != nullptr) next_->link_ = &next_;
    value->first_use_ = this;
}

void Value::replaceAllUsesWith(Value* other) {
    if (other == this) return;
    while (first_use_ != nullptr) first_use_->set(other);
}

Region::~Region() { clear(); }

void Region::clear() { blocks_.clear(); }

Block& Region::addBlock() {
    blocks_.push_back(std::make_unique<Block>(this));
    return *blocks_.back();
}

void Region::adopt(std::unique_ptr<Block> block) {
    block->parent_ = this;
    blocks_.push_back(std::move(block));
}

std::unique_ptr<Operation> Operation::create(OpKind kind, std::span<Value* const> operands,
                                             std::span<const Type> result_types, NamedAttributes attributes,
                                             size_t region_count, Location location) {
    std::unique_ptr<Operation> op(new Operation());
    op->kind_ = kind;
    op->location_ = std::move(location);
    op->attributes_ = std::move(attributes);
    op->setOperands(operands);
    op->result_count_ = result_types.size();
    op->results_ = std::make_unique<Value[]>(result_types.size());
    for (size_t i = 0; i < result_types.size(); ++i) {
        Value& result = op->results_[i];
        result.type_ = result_types[i];
        result.definition_ = op.get();
        result.index_ = i;
    }
    for (size_t i = 0; i < region_count; ++i) op->addRegion();
    return op;
}

Operation::~Operation() {
    // Inner operations may use outer values, never the reverse: regions go first.
    regions_.clear();
    operands_.reset();
    for (Value& result : results()) {
        while (result.first_use_ != nullptr) result.first_use_->set(nullptr);
    }
}

std::string_view Operation::name() const {
    return kind_ == OpKind::kUnknown ? std::string_view(unknown_name_) : opKindName(kind_);
}

void Operation::setOperands(std::span<Value* const> operands) {
    // `operands` may alias nothing of this operation: it holds values, not uses.
    auto slots = std::make_unique<Use[]>(operands.size());
    for (size_t i = 0; i < operands.size(); ++i) {
        slots[i].owner_ = this;
        slots[i].index_ = i;
        slots[i].set(operands[i]);
    }
    operands_ = std::move(slots);
    operand_count_ = operands.size();
}

std::vector<Value*> Operation::operands() const {
    std::vector<Value*> out(operand_count_);
    for (size_t i = 0; i < operand_count_; ++i) out[i] = operand(i);
    return out;
}

std::vector<Type> Operation::resultTypes() const {
    std::vector<Type> out;
    out.reserve(result_count_);
    for (const Value& value : results()) out.push_back(value.type());
    return out;
}

bool Operation::hasUses() const {
    for (const Value& value : results()) {
        if (value.hasUses()) return true;
    }
    return false;
}

Region& Operation::addRegion() {
    regions_.push_back(std::make_unique<Region>());
    regions_.back()->parent_ = this;
    return *regions_.back();
}

Operation* Operation::parentOperation() const {
    return block_ == nullptr ? nullptr : block_->parent()->parent();
}

std::unique_ptr<Operation> Operation::detach() {
    if (block_ == nullptr) throw internalError("detach of an operation outside a block");
    (previous_ != nullptr ? previous_->next_ : block_->first_) = next_;
    (next_ != nullptr ? next_->previous_ : block_->last_) = previous_;
    block_ = nullptr;
    next_ = nullptr;
    previous_ = nullptr;
    return std::unique_ptr<Operation>(this);
}

void Operation::erase() {
    if (hasUses()) throw internalError(std::string(name()) + " is erased while its results are used");
    detach();
}

void Operation::dropAllUses() {
    for (size_t i = 0; i < operand_count_; ++i) operands_[i].set(nullptr);
}

Block::~Block() {
    // Last first, so that uses go before what they use.
    for (Operation* last = last_; last != nullptr;) {
        Operation* const before = last->previous();
        last->detach();
        last = before;
    }
    for (const auto& argument : arguments_) {
        while (argument->first_use_ != nullptr) argument->first_use_->set(nullptr);
    }
}

Value* Block::addArgument(Type type) {
    auto value = std::make_unique<Value>();
    value->type_ = std::move(type);
    value->block_ = this;
    value->index_ = arguments_.size();
    arguments_.push_back(std::move(value));
    return arguments_.back().get();
}

void Block::eraseArgument(size_t i) {
    if (arguments_[i]->hasUses()) throw internalError("a block argument is erased while it is used");
    arguments_.erase(arguments_.begin() + static_cast<std::ptrdiff_t>(i));
    for (size_t j = i; j < arguments_.size(); ++j) arguments_[j]->index_ = j;
}

Operation* Block::terminator() const {
    return last_ != nullptr && isTerminator(last_->kind()) ? last_ : nullptr;
}

size_t Block::operationCount() const {
    size_t count = 0;
    for (const Operation* op = first_; op != nullptr; op = op->next()) ++count;
    return count;
}

Operation* Block::insert(std::unique_ptr<Operation> op, Operation* before) {
    Operation* raw = op.release();
    raw->block_ = this;
    raw->next_ = before;
    raw->previous_ = before != nullptr ? before->previous_ : last_;
    (raw->previous_ != nullptr ? raw->previous_->next_ : first_) = raw;
    (before != nullptr ? before->previous_ : last_) = raw;
    return raw;
}

bool hasSideEffect(const Operation& op) {
    const uint8_t op_traits = opTraits(op.kind());
    if ((op_traits & (traits::kSideEffect | traits::kTerminator)) != 0) return true;
    if (op.kind() == OpKind::kCustomCall) {
        const Attribute* flag = op.attribute("has_side_effect");
        const bool* value = flag != nullptr ? flag->get<bool>() : nullptr;
        return value != nullptr && *value;
    }
    if ((op_traits & traits::kRecursiveEffects) == 0) return false;
    for (size_t i = 0; i < op.regionCount(); ++i) {
        for (const auto& block : op.region(i).blocks()) {
            for (const Operation& inner : *block) {
                if (!isTerminator(inner.kind()) && hasSideEffect(inner)) return true;
            }
        }
    }
    return false;
}

}  // namespace optirs::plugin
