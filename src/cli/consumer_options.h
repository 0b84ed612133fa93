#pragma once
// What every consumer's verb needs: relays, a key, and how to print. For .cpp files of this folder (includes CLI11).

#include "consumer/session.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

namespace berth::cli {

struct ConsumerOptions {
    std::vector<std::string> relays;
    std::string key_file;
    bool json = false;
    int64_t wait_seconds = 120;
};

/// --relay, --key, --json and --wait.
void add_consumer_options(CLI::App& verb, ConsumerOptions& options);

/// Opens a session with the key of --key, which is made at the first use (default:
/// $XDG_CONFIG_HOME/berth/consumer.nsec).
[[nodiscard]] Result<std::unique_ptr<consumer::Session>> open_session(const ConsumerOptions& options);

/// Sends a request body and prints the answer: as it came with --json, else readable. The exit code tells whether the
/// provider did it.
[[nodiscard]] int ask_and_print(const ConsumerOptions& options, const std::string& provider, const std::string& body,
                                const std::string& transport);

} // namespace berth::cli
