#pragma once
// Replies of the Docker Engine, parsed strictly where we rely on them and leniently everywhere else, since each version
// adds members. Pure. Every parser here fails with corrupt: an Engine that talks like that can't be reasoned with.

#include "compute/backend.h"
#include "compute/docker_types.h"

#include <string_view>

namespace berth::compute {

/// The versions of the Engine API that this client speaks: 1.<oldest> … 1.<newest>.
inline constexpr uint32_t kApiMinorOldest = 41;
inline constexpr uint32_t kApiMinorNewest = 45;

/// A list tells of each container all labels and ports that its image has: hundreds of the largest that are sold.
inline constexpr size_t kReplyBytesMax = 64 << 20;

[[nodiscard]] Result<EngineVersion> parse_version(std::string_view body);
/// The newest version that both sides speak, as its minor number. refused when there is none.
[[nodiscard]] Result<uint32_t> choose_api_minor(const EngineVersion& version);

/// Everything of EngineInfo but the API version, which /info does not tell.
[[nodiscard]] Result<EngineInfo> parse_info(std::string_view body);
[[nodiscard]] Result<ImageDetails> parse_image(std::string_view body);
/// Images without a name are left out.
[[nodiscard]] Result<std::vector<StoredImage>> parse_image_list(std::string_view body);
/// The digest in what the registry says of an image.
[[nodiscard]] Result<std::string> parse_distribution(std::string_view body);
[[nodiscard]] Result<ContainerDetails> parse_container(std::string_view body);
[[nodiscard]] Result<ContainerDisk> parse_container_disk(std::string_view body);
/// The member `SizeRw`: bytes that the container has written to its root file system.
[[nodiscard]] Result<uint64_t> parse_layer_bytes(std::string_view body);
/// The member `Id` of what a creation answers.
[[nodiscard]] Result<std::string> parse_created_id(std::string_view body);
/// A network or volume by itself.
[[nodiscard]] Result<ListedObject> parse_network(std::string_view body);
[[nodiscard]] Result<ListedObject> parse_volume(std::string_view body);
[[nodiscard]] Result<std::vector<ListedObject>> parse_container_list(std::string_view body);
[[nodiscard]] Result<std::vector<ListedObject>> parse_network_list(std::string_view body);
[[nodiscard]] Result<std::vector<ListedObject>> parse_volume_list(std::string_view body);

/// The Engine's own words of a failure; a cut of the body when it isn't the usual JSON.
[[nodiscard]] std::string parse_error_message(std::string_view body);
/// Whether a "not found" is about what was asked for, as an Engine says it, and not about the question.
[[nodiscard]] bool is_of_engine(std::string_view body);
/// What an answer that isn't a success means. Never unavailable, except 503 and exhausted address pools: an answer is
/// not silence, and asking again changes nothing.
[[nodiscard]] Errc classify_failure(int status, std::string_view message);

} // namespace berth::compute
