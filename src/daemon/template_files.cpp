#include "daemon/template_files.h"

#include "daemon/config.h"
#include "daemon/toml_reader.h"
#include "util/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::daemon {

namespace {

Result<toml::table> parse_text(const std::string& text)
{
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& problem) {
        return fail(Errc::bad_input, "line {}: {}", problem.source().begin.line, problem.description());
    }
}

/// Where the line with this number, from 1 on, begins.
size_t line_begin(const std::string& text, size_t line)
{
    size_t begin = 0;
    for (size_t number = 1; number < line && begin != std::string::npos; ++number) {
        const size_t end = text.find('\n', begin);
        begin = end == std::string::npos ? end : end + 1;
    }
    return begin;
}

std::string printed(const toml::table& table)
{
    std::ostringstream out;
    out << toml::toml_formatter{table};
    return out.str();
}

} // namespace

Result<std::vector<TemplateFile>> load_template_files(const std::filesystem::path& config_file)
{
    const toml::table table = TRY(parse_toml_file(config_file.string()));
    const auto directory = table["templates_dir"].value<std::string>();
    if (!directory || directory->empty())
        return fail(Errc::not_found, "{} names no templates_dir", config_file.string());
    std::vector<TemplateFile> files;
    std::error_code error;
    for (const auto& item : std::filesystem::directory_iterator{*directory, error}) {
        if (item.path().extension() != ".toml")
            continue;
        compute::Template entry = TRY(load_template(item.path()));
        files.push_back({item.path(), std::move(entry)});
    }
    if (error)
        return fail(Errc::not_found, "templates_dir {}: {}", *directory, error.message());
    std::sort(files.begin(), files.end(),
              [](const TemplateFile& left, const TemplateFile& right) { return left.entry.slug < right.entry.slug; });
    return files;
}

Result<std::string> replace_image(const std::string& text, const std::string& image)
{
    toml::table before = TRY(parse_text(text));
    const toml::node* node = before.get("image");
    const auto old = node ? node->value_exact<std::string>() : std::nullopt;
    if (!old)
        return fail(Errc::bad_input, "there is no image in it");
    // The quotes around it lie on one line: an image has nothing that a string would need to escape.
    const size_t begin = line_begin(text, node->source().begin.line);
    const size_t end = begin == std::string::npos ? begin : std::min(text.find('\n', begin), text.size());
    size_t place = std::string::npos;
    for (const char* quote : {"\"", "'"})
        if (begin != std::string::npos && place == std::string::npos)
            place = text.substr(0, end).find(quote + *old + quote, begin);
    if (place == std::string::npos)
        return fail(Errc::bad_input, "its image is not written as a plain string on one line");
    std::string changed = text;
    changed.replace(place + 1, old->size(), image);
    // Nothing else may have changed by it, be the file as odd as it likes.
    const toml::table after = TRY(parse_text(changed));
    before.insert_or_assign("image", image);
    if (printed(before) != printed(after))
        return fail(Errc::bad_input, "its image could not be told from other text");
    return changed;
}

Result<void> rewrite_file(const std::filesystem::path& file, const std::string& text)
{
    // Through a link, so that the link stays one.
    std::error_code error;
    const std::filesystem::path target = std::filesystem::canonical(file, error);
    struct stat status {};
    if (error || ::stat(target.c_str(), &status) != 0)
        return fail(Errc::not_found, "{}: not there any more", file.string());
    const std::filesystem::path fresh = target.string() + ".new";
    std::filesystem::remove(fresh, error); // of a run that died
    TRY(create_private_file(fresh, text));
    const bool done = ::chown(fresh.c_str(), status.st_uid, status.st_gid) == 0 &&
                      ::chmod(fresh.c_str(), status.st_mode & 07777) == 0 &&
                      ::rename(fresh.c_str(), target.c_str()) == 0;
    if (!done) {
        const int reason = errno;
        std::filesystem::remove(fresh, error);
        return fail(Errc::refused, "{}: {}", file.string(), std::strerror(reason));
    }
    return sync_parent(target);
}

} // namespace berth::daemon
