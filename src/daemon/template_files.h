#pragma once
// Template files as an operator tends them: read with their place on disk, and their image replaced in place.

#include "compute/templates.h"

#include <filesystem>

namespace berth::daemon {

struct TemplateFile {
    std::filesystem::path path;
    compute::Template entry;
};

/// The templates of the directory that a configuration file names, by slug. bad_input for a file that is none.
[[nodiscard]] Result<std::vector<TemplateFile>> load_template_files(const std::filesystem::path& config_file);

/// The text of a template file with another image, and otherwise the same bytes. bad_input when the image isn't written
/// as a plain string at the top of the file.
[[nodiscard]] Result<std::string> replace_image(const std::string& text, const std::string& image);

/// Gives the file this content: the whole of it or, if anything fails, what it had. Its mode and owner stay.
[[nodiscard]] Result<void> rewrite_file(const std::filesystem::path& file, const std::string& text);

} // namespace berth::daemon
