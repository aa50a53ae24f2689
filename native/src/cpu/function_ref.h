#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace optirs {

template <class Signature>
class FunctionRef;

/// A reference to a callable: two words, no allocation. The callable must outlive the call that receives it.
template <class Result, class... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
    template <class Callable>
        requires(!std::is_same_v<std::remove_cvref_t<Callable>, FunctionRef> &&
                 std::is_invocable_r_v<Result, Callable&, Arguments...>)
    FunctionRef(Callable&& callable)  // NOLINT: implicit, as lambdas are passed where one is expected
        : callable_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
          call_([](void* object, Arguments... arguments) -> Result {
              return (*static_cast<std::remove_reference_t<Callable>*>(object))(
                  std::forward<Arguments>(arguments)...);
          }) {}

    Result operator()(Arguments... arguments) const {
        return call_(callable_, std::forward<Arguments>(arguments)...);
    }

 private:
    void* callable_;
    Result (*call_)(void*, Arguments...);
};

}  // namespace optirs
