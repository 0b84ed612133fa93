#include "daemon/config.h"

#include <toml++/toml.h>

#include <cerrno>

#include <unistd.h>

namespace berth::daemon {

Result<std::filesystem::path> load_state_dir(const std::filesystem::path& file)
{
    if (::access(file.c_str(), R_OK) != 0)
        return errno == EACCES ? fail(Errc::refused, "no access to {}", file.string())
                               : fail(Errc::not_found, "cannot read {}", file.string());
    try {
        const toml::table table = toml::parse_file(file.string());
        const auto state_dir = table["state_dir"].value<std::string>();
        if (!state_dir || state_dir->empty())
            return fail(Errc::bad_input, "{}: state_dir is required", file.string());
        return std::filesystem::path{*state_dir};
    } catch (const toml::parse_error& problem) {
        return fail(Errc::bad_input, "{}: line {}: {}", file.string(), problem.source().begin.line,
                    problem.description());
    }
}

} // namespace berth::daemon
