#include "cli/operator_command.h"

#include "cli/cli.h"
#include "cli/daemon_link.h"
#include "daemon/config.h"
#include "daemon/state_lock.h"

#include <sys/stat.h>
#include <unistd.h>

namespace berth::cli {

namespace {

Result<std::string> answer_from_rows(const std::filesystem::path& state_dir, const OperatorCommand& command)
{
    if (!std::filesystem::exists(state_dir / "berth.db"))
        return fail(Errc::not_found, "no provider has ever run in {}", state_dir.string());
    const auto lock = daemon::StateLock::acquire(state_dir);
    if (!lock && lock.error().code == Errc::conflict)
        return fail(Errc::unavailable, "a provider is starting or stopping in {}; ask again", state_dir.string());
    if (!lock)
        return pass_on(lock);
    db::Database database =
        TRY(db::Database::open({.path = (state_dir / "berth.db").string(), .vfs = {}, .exclusive = true}));
    return command.without_daemon(database);
}

} // namespace

void add_operator_options(CLI::App& verb, OperatorOptions& options)
{
    verb.add_option("--config", options.file, "Configuration file")->capture_default_str();
    verb.add_flag("--json", options.json, "Print JSON");
}

std::optional<std::filesystem::path> find_state_dir(const std::string& config_file, int& exit_code)
{
    auto state_dir = daemon::load_state_dir(config_file);
    if (state_dir)
        return std::move(*state_dir);
    exit_code = report_configuration(state_dir.error());
    return std::nullopt;
}

bool is_foreign(const std::filesystem::path& state_dir)
{
    struct stat owner {};
    return ::stat(state_dir.c_str(), &owner) == 0 && owner.st_uid != ::geteuid();
}

int report_link(const Error& error)
{
    const int code = report(error);
    return error.code == Errc::refused ? kPermission : code;
}

int run_command(const OperatorOptions& options, const OperatorCommand& command)
{
    int exit_code = kDone;
    const auto state_dir = find_state_dir(options.file, exit_code);
    if (!state_dir)
        return exit_code;
    DaemonLink link;
    const auto opened = link.open(*state_dir);
    const bool is_running = opened || opened.error().code != Errc::not_found;
    if (!opened && (is_running || !command.without_daemon)) {
        if (!is_running && options.json)
            fmt::print("{{\"running\":false}}\n");
        const int code = report_link(opened.error());
        return is_running ? code : kUnavailable;
    }
    if (!is_running && is_foreign(*state_dir))
        return report_link(
            {Errc::refused, fmt::format("{} belongs to another user; run this as that user", state_dir->string())});
    const auto answer = is_running ? link.ask(command.request, command.patience, command.progress)
                                   : answer_from_rows(*state_dir, command);
    if (!answer)
        return report(answer.error());
    if (options.json)
        fmt::print("{}\n", *answer);
    else
        command.print(*answer);
    return kDone;
}

} // namespace berth::cli
