#include "compute/docker_reply.h"

#include "compute/image_reference.h"
#include "util/json.h"

#include <algorithm>
#include <charconv>

namespace berth::compute {

namespace {

constexpr JsonLimits kReplyLimits{.bytes_max = kReplyBytesMax, .depth_max = 32, .items_max = 2'000'000};
constexpr size_t kMessageLengthMax = 400;

Result<Json> parse_reply(std::string_view body, const char* what)
{
    Result<Json> reply = parse_json(body, kReplyLimits);
    if (!reply)
        return fail(Errc::corrupt, "the Engine's {}: {}", what, reply.error().message);
    return reply;
}

/// A member of any type, or null when it is absent.
const Json& member_or_null(const Json& object, const char* member)
{
    static const Json null;
    if (!object.is_object())
        return null;
    const auto found = object.find(member);
    return found == object.end() ? null : *found;
}

std::string string_or_empty(const Json& object, const char* member)
{
    const Json& value = member_or_null(object, member);
    return value.is_string() ? value.get<std::string>() : std::string{};
}

/// What a failure says; empty when it isn't the usual JSON.
std::string message_in(std::string_view body)
{
    const Result<Json> reply = parse_json(body, kReplyLimits);
    return reply ? string_or_empty(*reply, "message") : std::string{};
}

Result<std::string> required_string(const Json& object, const char* member)
{
    std::string value = string_or_empty(object, member);
    if (value.empty())
        return fail(Errc::corrupt, "the Engine's answer lacks {}", member);
    return value;
}

uint64_t number_or_zero(const Json& object, const char* member)
{
    const Json& value = member_or_null(object, member);
    return value.is_number_unsigned() ? value.get<uint64_t>() : 0;
}

bool is_true(const Json& object, const char* member)
{
    const Json& value = member_or_null(object, member);
    return value.is_boolean() && value.get<bool>();
}

Labels parse_labels(const Json& labels)
{
    Labels parsed;
    if (!labels.is_object())
        return parsed;
    for (const auto& item : labels.items()) {
        if (item.value().is_string())
            parsed.emplace(item.key(), item.value().get<std::string>());
    }
    return parsed;
}

std::string without_slash(std::string name)
{
    if (name.starts_with('/'))
        name.erase(0, 1);
    return name;
}

Result<ListedObject> object_of(const Json& object, const char* id_member)
{
    ListedObject listed;
    listed.id = TRY(required_string(object, id_member));
    listed.name = TRY(required_string(object, "Name"));
    listed.labels = parse_labels(member_or_null(object, "Labels"));
    return listed;
}

/// "1.41" gives 41.
Result<uint32_t> parse_api_minor(std::string_view text)
{
    uint32_t minor = 0;
    const std::string_view digits = text.starts_with("1.") ? text.substr(2) : std::string_view{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minor);
    if (error != std::errc{} || end != digits.data() + digits.size())
        return fail(Errc::corrupt, "the Engine's API version is \"{}\"", text.substr(0, 20));
    return minor;
}

bool contains(std::string_view text, std::string_view word)
{
    return text.find(word) != std::string_view::npos;
}

} // namespace

Result<EngineVersion> parse_version(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "version"));
    EngineVersion version;
    version.version = TRY(required_string(reply, "Version"));
    version.api_newest = TRY(required_string(reply, "ApiVersion"));
    version.api_oldest = string_or_empty(reply, "MinAPIVersion");
    const Json& components = member_or_null(reply, "Components");
    for (const Json& component : components.is_array() ? components : Json::array())
        version.is_podman = version.is_podman || string_or_empty(component, "Name") == "Podman Engine";
    return version;
}

Result<uint32_t> choose_api_minor(const EngineVersion& version)
{
    const uint32_t newest = TRY(parse_api_minor(version.api_newest));
    const uint32_t oldest = TRY(parse_api_minor(version.api_oldest.empty() ? "1.0" : version.api_oldest));
    const uint32_t chosen = std::min(newest, kApiMinorNewest);
    if (chosen < kApiMinorOldest || chosen < oldest)
        return fail(Errc::refused, "the Engine {} speaks API {} to {}, we 1.{} to 1.{}", version.version,
                    version.api_oldest, version.api_newest, kApiMinorOldest, kApiMinorNewest);
    return chosen;
}

Result<EngineInfo> parse_info(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "info"));
    EngineInfo info;
    info.version = TRY(required_string(reply, "ServerVersion"));
    info.cpus = static_cast<uint32_t>(std::min<uint64_t>(number_or_zero(reply, "NCPU"), UINT32_MAX));
    info.memory_bytes = number_or_zero(reply, "MemTotal");
    info.storage_driver = string_or_empty(reply, "Driver");
    info.root_dir = string_or_empty(reply, "DockerRootDir");
    info.runtime = string_or_empty(reply, "DefaultRuntime");
    const Json& runtimes = member_or_null(reply, "Runtimes");
    if (runtimes.is_object()) {
        for (const auto& item : runtimes.items())
            info.runtimes.push_back(item.key());
    }
    return info;
}

Result<ImageDetails> parse_image(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "image"));
    ImageDetails image;
    image.id = TRY(required_string(reply, "Id"));
    image.size_bytes = number_or_zero(reply, "Size");
    const Json& config = member_or_null(reply, "Config");
    image.config.bytes = config.is_null() ? 0 : dump_json(config).size();
    for (const char* member : {"Labels", "Env", "ExposedPorts"})
        image.config.entries += member_or_null(config, member).size();
    image.config.volumes = member_or_null(config, "Volumes").size();
    return image;
}

Result<std::vector<StoredImage>> parse_image_list(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "images"));
    if (!reply.is_array())
        return fail(Errc::corrupt, "the Engine's images are not a list");
    std::vector<StoredImage> list;
    for (const Json& image : reply) {
        StoredImage stored;
        stored.id = TRY(required_string(image, "Id"));
        stored.size_bytes = number_or_zero(image, "Size");
        for (const char* member : {"RepoTags", "RepoDigests"}) {
            const Json& names = member_or_null(image, member);
            for (size_t i = 0; names.is_array() && i < names.size(); ++i)
                if (names[i].is_string() && names[i].get<std::string>().find("<none>") == std::string::npos)
                    stored.names.push_back(names[i].get<std::string>());
        }
        if (!stored.names.empty())
            list.push_back(std::move(stored));
    }
    return list;
}

Result<std::string> parse_distribution(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "distribution"));
    std::string digest = TRY(required_string(member_or_null(reply, "Descriptor"), "digest"));
    if (!split_image_reference("x@" + digest))
        return fail(Errc::corrupt, "the registry's digest is none");
    return digest;
}

Result<ContainerDetails> parse_container(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "container"));
    ContainerDetails container;
    container.id = TRY(required_string(reply, "Id"));
    container.name = without_slash(string_or_empty(reply, "Name"));
    const Json& state = member_or_null(reply, "State");
    container.status = TRY(required_string(state, "Status"));
    container.running = is_true(state, "Running");
    container.out_of_memory = is_true(state, "OOMKilled");
    const Json& exit_code = member_or_null(state, "ExitCode");
    if (exit_code.is_number_integer())
        container.exit_code = static_cast<int>(std::clamp<int64_t>(exit_code.get<int64_t>(), INT32_MIN, INT32_MAX));
    container.labels = parse_labels(member_or_null(member_or_null(reply, "Config"), "Labels"));
    const Json& networks = member_or_null(member_or_null(reply, "NetworkSettings"), "Networks");
    if (networks.is_object()) {
        for (const auto& item : networks.items())
            container.networks.push_back({.name = item.key(),
                                          .network_id = string_or_empty(item.value(), "NetworkID"),
                                          .ip = string_or_empty(item.value(), "IPAddress")});
    }
    return container;
}

Result<ContainerDisk> parse_container_disk(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "container"));
    ContainerDisk disk;
    disk.upper_directory = string_or_empty(member_or_null(member_or_null(reply, "GraphDriver"), "Data"), "UpperDir");
    const uint64_t process = number_or_zero(member_or_null(reply, "State"), "Pid");
    disk.process = static_cast<int32_t>(std::min<uint64_t>(process, INT32_MAX));
    const Json& mounts = member_or_null(reply, "Mounts");
    if (!mounts.is_array())
        return disk;
    for (const Json& mount : mounts)
        if (string_or_empty(mount, "Type") == "volume")
            disk.volumes.push_back(string_or_empty(mount, "Source"));
    return disk;
}

Result<uint64_t> parse_layer_bytes(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "container"));
    const Json& size = member_or_null(reply, "SizeRw");
    if (size.is_null()) // nothing written yet
        return uint64_t{0};
    if (!size.is_number_unsigned())
        return fail(Errc::corrupt, "the Engine's SizeRw is no size");
    return size.get<uint64_t>();
}

Result<std::string> parse_created_id(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "creation"));
    return required_string(reply, "Id");
}

Result<ListedObject> parse_network(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "network"));
    return object_of(reply, "Id");
}

Result<ListedObject> parse_volume(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "volume"));
    return object_of(reply, "Name");
}

Result<std::vector<ListedObject>> parse_container_list(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "containers"));
    if (!reply.is_array())
        return fail(Errc::corrupt, "the Engine's containers are not a list");
    std::vector<ListedObject> list;
    for (const Json& container : reply) {
        ListedObject listed;
        listed.id = TRY(required_string(container, "Id"));
        listed.labels = parse_labels(member_or_null(container, "Labels"));
        const Json& names = member_or_null(container, "Names");
        if (names.is_array() && !names.empty() && names.front().is_string())
            listed.name = without_slash(names.front().get<std::string>());
        const Json& state = member_or_null(container, "State");
        if (state.is_string())
            listed.state = state.get<std::string>();
        list.push_back(std::move(listed));
    }
    return list;
}

Result<std::vector<ListedObject>> parse_network_list(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "networks"));
    if (!reply.is_array())
        return fail(Errc::corrupt, "the Engine's networks are not a list");
    std::vector<ListedObject> list;
    for (const Json& network : reply) {
        ListedObject listed = TRY(object_of(network, "Id"));
        list.push_back(std::move(listed));
    }
    return list;
}

Result<std::vector<ListedObject>> parse_volume_list(std::string_view body)
{
    const Json reply = TRY(parse_reply(body, "volumes"));
    const Json& volumes = member_or_null(reply, "Volumes");
    std::vector<ListedObject> list;
    if (volumes.is_null() && reply.is_object()) // how the Engine writes an empty list
        return list;
    if (!volumes.is_array())
        return fail(Errc::corrupt, "the Engine's volumes are not a list");
    for (const Json& volume : volumes) {
        ListedObject listed = TRY(object_of(volume, "Name"));
        list.push_back(std::move(listed));
    }
    return list;
}

std::string parse_error_message(std::string_view body)
{
    std::string message = message_in(body);
    if (message.empty())
        message = body;
    return message.substr(0, kMessageLengthMax);
}

bool is_of_engine(std::string_view body)
{
    const std::string message = message_in(body);
    return !message.empty() && message != "page not found";
}

Errc classify_failure(int status, std::string_view message)
{
    if (contains(message, "could not find an available, non-overlapping"))
        return Errc::unavailable;
    // Docker answers 500 for a host port in use, Podman for any conflict: the words decide.
    if (contains(message, "is already in use") || contains(message, "address already in use") ||
        contains(message, "already allocated") || contains(message, "Pool overlaps") ||
        contains(message, "already exists") || contains(message, "same bridge name") ||
        contains(message, "being used by") || contains(message, "already used")) // Podman, of names and subnets
        return Errc::conflict;
    switch (status) {
    case 400:
        return Errc::bad_input;
    case 404:
        return Errc::not_found;
    case 409:
        return Errc::conflict;
    case 503:
        return Errc::unavailable;
    default:
        return Errc::refused;
    }
}

} // namespace berth::compute
