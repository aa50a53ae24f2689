// The backends that are compiled into liboptirs; the one place that knows them all.
#include <array>

#include "src/core/registry.h"
#include "src/echo/echo.h"

namespace optirs::core {

std::span<const optirs_backend_table* const> builtinBackends() noexcept {
    static const std::array<const optirs_backend_table*, 2> tables = {&echo::echoBackend(),
                                                                      &echo::faultBackend()};
    return tables;
}

}  // namespace optirs::core
