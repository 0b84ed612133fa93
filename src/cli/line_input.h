#pragma once
// Secrets that are better not typed as arguments, which every user of the machine can see. For .cpp files of this
// folder (includes CLI11).

#include "util/result.h"

#include <CLI/CLI.hpp>

#include <string>

namespace berth::cli {

/// The first line of a file, or of standard input for "-". not_found without one.
[[nodiscard]] Result<std::string> read_line(const std::string& file);

/// A required Cashu token, as an option ("--token") or an argument ("token"); "-" reads it from standard input.
CLI::Option* add_token_option(CLI::App& verb, const std::string& name, std::string& token);

} // namespace berth::cli
