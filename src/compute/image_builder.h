#pragma once
// Makes an image on the spot out of one static binary of the host, so that a demonstration or a test needs no registry.

#include "util/result.h"

#include <string>
#include <vector>

namespace berth::compute {

struct ImageRecipe {
    std::string image;                ///< reference with a tag, such as `berth-demo:1`
    std::string binary;               ///< path on the host of a static executable; it becomes /bin/<name>
    std::vector<std::string> links;   ///< further names for it in /bin (busybox's applets)
    std::vector<std::string> changes; ///< Dockerfile lines: CMD, ENTRYPOINT, ENV, EXPOSE, USER, WORKDIR …
    std::vector<std::pair<std::string, std::string>> files; ///< relative path and content; its folder is made
};

/// Makes the image at the Engine, replacing one of the same name. not_found when the binary can't be read.
[[nodiscard]] Result<void> build_image(const std::string& socket, const ImageRecipe& recipe);

/// The recipe of an image with busybox's shell and the tools that a demonstration wants, from a static busybox.
[[nodiscard]] ImageRecipe busybox_recipe(std::string image, std::string busybox_path = "/bin/busybox");

/// Removes it again; success when it does not exist.
[[nodiscard]] Result<void> remove_image(const std::string& socket, const std::string& image);

} // namespace berth::compute
