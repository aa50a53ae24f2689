#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "pjrt_abi/pjrt_abi.h"
#include "pjrt_cpu/capi/slice_topology.h"

namespace optirs::plugin {

/// The options of PJRT_Client_Create and PJRT_TopologyDescription_Create.
struct ClientOptions {
    /// `device_count`: virtual devices of each process, 1..1024. Here: of all processes together.
    int64_t device_count = 1;
    /// `memory_limit_bytes`: of each device; 0: what the chip of the topology has, or the machine.
    int64_t memory_limit_bytes = 0;
    /// `num_threads`: of the shared pool, the caller included; 0: one per usable core.
    int64_t num_threads = 0;
    /// `collective_timeout_s`: a collective operation at which no device has arrived for so long fails. Also
    /// a float.
    double collective_timeout_s = 60;
    /// `topology`: a slice to pretend to be, as in "v5e:2x4"; null: plain devices of this machine. Says how
    /// many devices there are in all processes together.
    std::shared_ptr<const SliceTopology> topology;
    /// `node_id`, `num_nodes`: this process among those that form one client.
    int64_t node_id = 0;
    int64_t num_nodes = 1;

    /// `compilation_cache_dir`: folder that keeps compiled programs; empty: that of OPTIRS_CACHE_DIR, or
    /// none.
    std::string compilation_cache_dir;

    int64_t devicesPerNode() const { return device_count / num_nodes; }
    int64_t nodeOf(int64_t device) const { return device / devicesPerNode(); }
};

/// Throws INVALID_ARGUMENT for an unknown option (it lists the known ones), a wrong type, a value out of
/// range or options that contradict each other.
ClientOptions readClientOptions(const PJRT_NamedValue* values, size_t count);

}  // namespace optirs::plugin
