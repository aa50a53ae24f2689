// Small programs on the calling thread. What a call needs lies on the stack: the only memory that it takes is
// that of the results which it hands out.
#include <array>
#include <memory_resource>
#include <new>
#include <optional>

#include "pjrt_cpu/capi/array_sizes.h"
#include "pjrt_cpu/capi/execute_request.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/executor.h"

namespace optirs::plugin {
namespace {

constexpr size_t kStackBytes = 2048;  // some thirty arguments and results; more of them spill onto the heap

template <class T>
using StackVector = std::pmr::vector<T>;

// The label of temporaries in an out-of-memory message.
std::string arenaLabel(const void* program) {
    return "temporaries of program " + static_cast<const Program*>(program)->name;
}

class InlineRun {
 public:
    InlineRun(const ExecuteRequest& request, std::pmr::memory_resource* memory)
        : request_(request),
          program_(*request.compiled->program),
          device_(*request.devices[0]),
          memory_(memory),
          arguments_(memory),
          is_donated_(request.args.num_args, 0, memory),
          storages_(program_.outputs.size(), memory),
          buffers_(memory) {}

    /// False unless all arguments are there.
    bool gather() {
        arguments_.reserve(request_.args.num_args);
        for (size_t i = 0; i < request_.args.num_args; ++i) {
            arguments_.push_back(request_.args.argument_lists[0][i]->value());
            if (!arguments_.back()->ready->isReady()) return false;
        }
        return true;
    }

    void run() {
        forEachDonated(request_, 0, [this](size_t i) { is_donated_[i] = 1; });
        // Everything that the caller gets exists before anything is taken from him.
        makeResults(Completion::done());
        std::unique_ptr<PJRT_Event> event = makeEvent(Completion::done());
        for (size_t i = 0; i < is_donated_.size(); ++i) {
            if (is_donated_[i] != 0) takeDonated(request_, 0, i);
        }
        if (const std::optional<Error> failure = tryExecute()) {
            auto failed = std::make_shared<Completion>();
            failed->complete(failureOf(program_, device_, *failure));
            buffers_.clear();
            makeResults(failed);
            event = makeEvent(failed);
        }
        for (size_t i = 0; i < buffers_.size(); ++i) request_.args.output_lists[0][i] = buffers_[i].release();
        if (event != nullptr) request_.args.device_complete_events[0] = event.release();
    }

 private:
    void makeResults(const std::shared_ptr<Completion>& ready) {
        buffers_.reserve(program_.outputs.size());
        values_.clear();
        values_.reserve(program_.outputs.size());
        for (const SharedType& type : request_.compiled->output_types) {
            values_.push_back(Ref<BufferValue>::make(type, ready));
            buffers_.push_back(
                std::make_unique<PJRT_Buffer>(request_.executable.client, device_, values_.back()));
        }
    }

    std::unique_ptr<PJRT_Event> makeEvent(const std::shared_ptr<Completion>& completion) const {
        if (request_.args.device_complete_events == nullptr) return nullptr;
        return std::make_unique<PJRT_Event>(PJRT_Event{completion});
    }

    std::optional<Error> tryExecute() {
        try {
            execute();
            return std::nullopt;
        } catch (const Error& error) {
            return error;
        } catch (const std::bad_alloc&) {
            return resourceExhausted("out of host memory");
        } catch (const std::exception& error) {
            return internalError(error.what());
        }
    }

    void execute() {
        StackVector<std::byte*> inputs(memory_);
        StackVector<std::byte*> outputs(memory_);
        inputs.reserve(arguments_.size() + 1);
        outputs.reserve(storages_.size() + 1);
        for (const Ref<BufferValue>& argument : arguments_) {
            if (const auto& error = argument->ready->error()) throw *error;
            inputs.push_back(argument->storage->data());
        }
        ArgumentSizes argument_sizes(program_, device_, arguments_);
        if (argument_sizes.data() != nullptr) inputs.push_back(argument_sizes.data());
        placeOutputs(*request_.compiled, device_, arguments_, is_donated_, storages_);
        for (const Ref<Storage>& storage : storages_) outputs.push_back(storage->data());
        ResultSizes result_sizes(program_, device_);
        if (result_sizes.data() != nullptr) outputs.push_back(result_sizes.data());
        MemoryBlock temporaries;
        if (program_.arena_bytes > 0) {
            temporaries = device_.store->allocate(program_.arena_bytes, arenaLabel, &program_);
        }
        ClientState& client = *request_.executable.client;
        plugin::execute(program_, inputs, outputs, temporaries.data(), client.pool(),
                        contextOf(request_, 0, client.nextRunId()));
        result_sizes.tell(values_);
        for (size_t i = 0; i < storages_.size(); ++i) values_[i]->storage = std::move(storages_[i]);
    }

    const ExecuteRequest& request_;
    const Program& program_;
    PJRT_Device& device_;
    std::pmr::memory_resource* const memory_;
    StackVector<Ref<BufferValue>> arguments_;
    StackVector<uint8_t> is_donated_;
    StackVector<Ref<Storage>> storages_;
    StackVector<Ref<BufferValue>> values_{memory_};
    StackVector<std::unique_ptr<PJRT_Buffer>> buffers_;
};

}  // namespace

bool executeInline(const ExecuteRequest& request) {
    if (request.devices.size() != 1 || request.launchId() != 0 || !isSmall(*request.compiled->program)) {
        return false;
    }
    std::array<std::byte, kStackBytes> room;  // NOLINT: filled by those who take from it
    std::pmr::monotonic_buffer_resource memory(room.data(), room.size());
    InlineRun run(request, &memory);
    if (!run.gather()) return false;
    run.run();
    return true;
}

}  // namespace optirs::plugin
