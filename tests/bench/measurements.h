#pragma once
// One function a measurement; each adds its lines.

#include "bench/report.h"
#include "bench/stage.h"

namespace berth::bench {

using Lines = std::vector<Line>;

/// Published request to decrypted reply, beside the raw Engine calls plus one swap, and beside the bare ones.
[[nodiscard]] Result<Lines> measure_request_reply(Stage& stage);
/// A lease's network made in line and kept ready, each beside a bare create and start.
[[nodiscard]] Result<Lines> measure_containment(Stage& stage);
/// A spawn while strangers' pulls stall, beside the same one alone.
[[nodiscard]] Result<Lines> measure_pulls(Stage& stage);
/// How long a lease's page takes to answer while its neighbour is hostile, beside idle.
[[nodiscard]] Result<Lines> measure_neighbours(Stage& stage);
/// Many consumers at once at a slow mint, beside that mint's second plus the Engine's own time for as many leases.
[[nodiscard]] Result<Lines> measure_burst(Stage& stage);
/// fsync and fdatasync calls of the daemon for one lease, from request to reply.
[[nodiscard]] Result<Lines> measure_fsyncs(Stage& stage);
/// Anonymous and resident memory of an idle daemon.
[[nodiscard]] Result<Lines> measure_memory(Stage& stage);
/// From the start of the process to the moment the relay gives out its first heartbeat.
[[nodiscard]] Result<Lines> measure_start(Stage& stage);

} // namespace berth::bench
