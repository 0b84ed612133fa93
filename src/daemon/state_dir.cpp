#include "daemon/config.h"
#include "daemon/toml_reader.h"

namespace berth::daemon {

Result<std::filesystem::path> load_state_dir(const std::filesystem::path& file)
{
    const toml::table table = TRY(parse_toml_file(file.string()));
    const auto state_dir = table["state_dir"].value<std::string>();
    if (!state_dir || state_dir->empty())
        return fail(Errc::bad_input, "{}: state_dir is required", file.string());
    return std::filesystem::path{*state_dir};
}

} // namespace berth::daemon
