#pragma once
// What the operator's verbs share: where the state is, a daemon that is asked if one runs, and the rows under the lock
// if none does. For .cpp files of this folder (includes CLI11).

#include "db/database.h"
#include "provider/control_request.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <string>

namespace berth::cli {

struct OperatorOptions {
    std::string file = "/etc/berth/berth.toml";
    bool json = false;
};

/// --config and --json.
void add_operator_options(CLI::App& verb, OperatorOptions& options);

/// Where the state is; else says why not, and `exit_code` tells.
[[nodiscard]] std::optional<std::filesystem::path> find_state_dir(const std::string& config_file, int& exit_code);

/// Whether the state is another user's. Not even root opens it: files that it made would keep the provider out.
[[nodiscard]] bool is_foreign(const std::filesystem::path& state_dir);

/// Reports an error of the way to the daemon: with `kPermission` for another user's.
[[nodiscard]] int report_link(const Error& error);

struct OperatorCommand {
    provider::control::Request request;
    std::chrono::seconds patience{10};
    std::string progress = "waiting for the provider";
    /// Answers from the rows while no provider runs; none: it takes a running one.
    std::function<Result<std::string>(db::Database& database)> without_daemon{};
    std::function<void(const std::string& body)> print{}; ///< of the answer's JSON text
};

/// Runs it, prints, and answers the exit code.
[[nodiscard]] int run_command(const OperatorOptions& options, const OperatorCommand& command);

} // namespace berth::cli
