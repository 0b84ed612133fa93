#pragma once
// The configuration file (TOML): read, checked whole, and turned into each folder's own options. Every key is
// documented in config/berth.example.toml; an unknown key is an error, so that a typing mistake can't go unnoticed.

#include "compute/contained_backend.h"
#include "provider/options.h"

#include <filesystem>
#include <string>

namespace berth::daemon {

struct Config {
    std::filesystem::path state_dir;
    provider::Options provider;
    compute::DockerOptions docker;
    compute::NetworkOptions network{};
    bool debug_log = false;
};

/// Everything wrong with the file comes back in one bad_input message, a line each. Reads the key file and templates
/// too. refused when all that is wrong is that this file or the key file may not be read, or the latter by too many.
[[nodiscard]] Result<Config> load_config(const std::filesystem::path& file);

/// Only where the state is: for commands to a running daemon, whatever else has become of the file meanwhile. refused
/// without the right to read it.
[[nodiscard]] Result<std::filesystem::path> load_state_dir(const std::filesystem::path& file);

/// One template file of `templates_dir` (config/templates/*.toml).
[[nodiscard]] Result<compute::Template> load_template(const std::filesystem::path& file);

} // namespace berth::daemon
