#include "compute/image_builder.h"

#include "compute/docker_client.h"
#include "compute/tar_writer.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace berth::compute {

namespace {

/// Adds the directories above `path` that are not there yet.
Result<void> add_parents(TarWriter& tar, std::set<std::string>& directories, const std::string& path)
{
    for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        const std::string parent = path.substr(0, slash + 1);
        if (directories.insert(parent).second)
            TRY(tar.add_directory(parent, 0755));
    }
    return {};
}

Result<std::string> make_root_file_system(const ImageRecipe& recipe)
{
    std::ifstream file{recipe.binary, std::ios::binary};
    const std::string binary{std::istreambuf_iterator<char>{file}, {}};
    if (!file || binary.empty())
        return fail(Errc::not_found, "{} can't be read", recipe.binary);
    const std::string name = std::filesystem::path{recipe.binary}.filename().string();

    TarWriter tar;
    std::set<std::string> directories{"bin/", "root/", "tmp/"};
    TRY(tar.add_directory("bin/", 0755));
    TRY(tar.add_directory("root/", 0700));
    TRY(tar.add_directory("tmp/", 01777));
    TRY(tar.add_file("bin/" + name, binary, 0755));
    for (const std::string& link : recipe.links)
        TRY(tar.add_symlink("bin/" + link, name));
    for (const auto& [path, content] : recipe.files) {
        TRY(add_parents(tar, directories, path));
        TRY(tar.add_file(path, content, 0644));
    }
    return tar.finish();
}

} // namespace

Result<void> build_image(const std::string& socket, const ImageRecipe& recipe)
{
    const ImageReference reference = TRY(split_image_reference(recipe.image));
    std::string tar = TRY(make_root_file_system(recipe));
    EngineLink link{socket};
    DockerClient client{link};
    return client.import_image(reference, std::move(tar), recipe.changes);
}

ImageRecipe busybox_recipe(std::string image, std::string busybox_path)
{
    ImageRecipe recipe;
    recipe.image = std::move(image);
    recipe.binary = std::move(busybox_path);
    recipe.links = {"sh",    "ash", "cat",  "chmod", "cp",    "date",  "df",  "dd",   "echo",  "env",   "free", "head",
                    "id",    "ip",  "kill", "ls",    "mkdir", "mv",    "nc",  "ping", "ps",    "pwd",   "rm",   "httpd",
                    "sleep", "sed", "grep", "tail",  "test",  "touch", "top", "true", "false", "uname", "vi",   "wc"};
    recipe.changes = {R"(CMD ["/bin/sh"])", "ENV PATH=/bin", "WORKDIR /root"};
    recipe.files = {{"etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n"},
                    {"etc/group", "root:x:0:\nnogroup:x:65534:\n"}};
    return recipe;
}

Result<void> remove_image(const std::string& socket, const std::string& image)
{
    const ImageReference reference = TRY(split_image_reference(image));
    EngineLink link{socket};
    DockerClient client{link};
    const Result<void> removed = client.remove_image(reference);
    if (!removed && removed.error().code == Errc::not_found)
        return {};
    return removed;
}

} // namespace berth::compute
