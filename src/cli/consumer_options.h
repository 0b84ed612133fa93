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

/// --relay, --key, --json and --wait, which is for the provider unless the verb asks none.
void add_consumer_options(CLI::App& verb, ConsumerOptions& options,
                          const char* what_wait_is = "Seconds to wait for the provider");

/// Opens a session with the key of --key, which is made at the first use (default:
/// $XDG_CONFIG_HOME/berth/consumer.nsec).
[[nodiscard]] Result<std::unique_ptr<consumer::Session>> open_session(const ConsumerOptions& options);

/// Says why there is no session; the exit code for it.
[[nodiscard]] int report_session(const Error& error);

/// How a request travels. A request that carries a volume's key is best not kept by relays.
struct RequestPath {
    std::string transport = "nip17";
    std::string wrap{}; ///< stored or ephemeral; empty: ephemeral for `has_key` where that works, else stored
    bool has_key = false;
};

/// --transport.
void add_transport(CLI::App& verb, std::string& transport);
/// --transport and --wrap, with what they risk.
void add_request_path(CLI::App& verb, RequestPath& path);

/// Sends a request body and prints the answer: as it came with --json, else readable. The exit code tells whether the
/// provider did it.
[[nodiscard]] int ask_and_print(const ConsumerOptions& options, const std::string& provider, const std::string& body,
                                const RequestPath& path);

} // namespace berth::cli
