#pragma once
// The command line: one cmd_*.cpp per subcommand, each adding its verb to the parser and saying how it ended.

#include "util/result.h"

#include <functional>

namespace CLI {
class App;
}

namespace berth::cli {

/// Exit codes that scripts may rely on (sysexits.h).
enum ExitCode : int {
    kDone = 0,
    kFailed = 1,
    kUsage = 2,
    kUnavailable = 69, ///< a relay, mint or engine is unavailable
    kPermission = 77,
    kConfiguration = 78,
};

/// Parses, runs the chosen verb, answers the exit code.
[[nodiscard]] int run(int argc, char** argv);

/// Each adds its verb; the verb's callback stores the exit code in `exit_code`.
void add_run(CLI::App& app, int& exit_code);
void add_check(CLI::App& app, int& exit_code);
void add_init(CLI::App& app, int& exit_code);
void add_demo(CLI::App& app, int& exit_code);
void add_local(CLI::App& app, int& exit_code);
void add_list(CLI::App& app, int& exit_code);
void add_quote(CLI::App& app, int& exit_code);
void add_spawn(CLI::App& app, int& exit_code);
void add_access(CLI::App& app, int& exit_code);
void add_logs(CLI::App& app, int& exit_code);
void add_notices(CLI::App& app, int& exit_code);
void add_stop(CLI::App& app, int& exit_code);
void add_status(CLI::App& app, int& exit_code);
void add_topup(CLI::App& app, int& exit_code);
void add_unlock(CLI::App& app, int& exit_code);
void add_token(CLI::App& app, int& exit_code);
void add_template(CLI::App& app, int& exit_code);
void add_wallet(CLI::App& app, int& exit_code);
void add_lease(CLI::App& app, int& exit_code);
void add_drain(CLI::App& app, int& exit_code);

/// Prints "berth: <message>" to stderr and answers the exit code that fits the error.
[[nodiscard]] int report(const Error& error);

/// The same for a configuration that can't be taken: kPermission where it was refused, else kConfiguration.
[[nodiscard]] int report_configuration(const Error& error);

} // namespace berth::cli
