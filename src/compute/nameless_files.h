#pragma once
// Files that a container's processes keep although they have no name any more: they take disk, and no walk finds them.

#include "compute/tree_size.h"

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

namespace berth::compute {

/// The processes in the container whose first one is `first`, by its process namespace. None when that process is gone
/// or not of this container, as where the Engine counts processes of its own.
[[nodiscard]] std::vector<pid_t> processes_of(pid_t first, const std::string& container_id);

/// What these processes hold open or mapped of files without a name, except in memory and on the devices `elsewhere`.
[[nodiscard]] TreeSize measure_nameless(const std::vector<pid_t>& processes, const std::set<dev_t>& elsewhere);

} // namespace berth::compute
