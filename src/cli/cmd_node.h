#pragma once
// How the operator's own node is doing: what `berth status` prints where no provider is named.

#include "cli/operator_command.h"

namespace berth::cli {

[[nodiscard]] int print_node_status(const OperatorOptions& options);

} // namespace berth::cli
