#include "compute/docker_limits.h"

#include "compute/lease_objects.h"
#include "compute/nameless_files.h"
#include "compute/tar_writer.h"
#include "compute/tree_size.h"

#include <sys/stat.h>

#include <filesystem>

namespace berth::compute {

namespace {

// Stays at the Engine between starts: it has no bytes, and several providers may share it.
constexpr std::string_view kEmptyImage = "berth-limits:1";
constexpr uint64_t kTrialMemoryBytes = 64ull << 20;
constexpr uint32_t kTrialPids = 64;
constexpr uint32_t kTrialMillicores = 100;

Result<void> ensure_empty_image(DockerClient& client)
{
    const ImageReference image = TRY(split_image_reference(std::string{kEmptyImage}));
    const Result<ImageDetails> known = client.inspect_image(image);
    if (known || known.error().code != Errc::not_found)
        return known ? Result<void>{} : pass_on(known);
    TarWriter tar;
    TRY(tar.add_directory("tmp/", 01777));
    return client.import_image(image, tar.finish(), {R"(CMD ["/nothing"])"});
}

ContainerSettings make_trial(const DockerOptions& options, std::string_view what)
{
    const std::string lease = std::string{kLimitsTrialPrefix} + options.provider_label;
    return {.name = fmt::format("berth-{}-{}", lease, what),
            .image = std::string{kEmptyImage},
            .labels = {{std::string{kLeaseLabel}, lease}, {std::string{kProviderLabel}, options.provider_label}},
            .network = "none",
            .runtime = options.runtime,
            .cpu_millicores = kTrialMillicores,
            .memory_bytes = kTrialMemoryBytes,
            .pids_max = kTrialPids,
            .nofile_max = 1024};
}

/// Makes the container, starts it if told so, and takes it away again.
Result<void> try_container(DockerClient& client, const ContainerSettings& settings, bool start)
{
    (void)client.remove_container(settings.name); // what an earlier trial left behind
    const std::string id = TRY(client.create_container(settings));
    const Result<void> started = start ? client.start_container(id) : Result<void>{};
    const Result<void> removed = client.remove_container(id);
    return started ? removed : started;
}

/// Empty when the limit could be set, else the Engine's words. An error when it is something else that failed.
Result<std::string> try_nofile(DockerClient& client, const DockerOptions& options, uint32_t nofile)
{
    ContainerSettings settings = make_trial(options, std::to_string(nofile));
    settings.nofile_max = nofile;
    const Result<void> tried = try_container(client, settings, true);
    if (tried)
        return std::string{};
    if (tried.error().message.find("rlimit") != std::string::npos)
        return tried.error().message;
    return pass_on(tried);
}

/// The device of a volume whose file system is its own: a sized one, which ends by itself.
std::optional<dev_t> own_device(const std::string& path)
{
    struct stat own {};
    struct stat parent {};
    const std::string above = std::filesystem::path{path}.parent_path().string();
    if (stat(path.c_str(), &own) == 0 && stat(above.c_str(), &parent) == 0 && own.st_dev != parent.st_dev)
        return own.st_dev;
    return std::nullopt;
}

void add(DiskUse& use, const TreeSize& size)
{
    use.bytes += size.bytes;
    use.entries += size.entries;
    use.is_more = use.is_more || size.is_cut;
}

} // namespace

Result<EngineLimits> try_limits(DockerClient& client, const DockerOptions& options, const std::set<uint32_t>& nofile)
{
    EngineLimits limits;
    TRY(ensure_empty_image(client));
    for (const uint32_t value : nofile) {
        std::string refusal = TRY(try_nofile(client, options, value));
        if (!refusal.empty())
            limits.nofile_refused.emplace(value, std::move(refusal));
    }
    ContainerSettings sized = make_trial(options, "disk");
    sized.disk_gb_max = 1;
    const Result<void> tried = try_container(client, sized, false);
    if (!tried && tried.error().code == Errc::unavailable)
        return pass_on(tried);
    limits.sized_root = tried.has_value();
    if (!tried)
        limits.sized_root_why_not = tried.error().message;
    return limits;
}

Result<DiskUse> measure_disk(DockerClient& client, const std::string& container_id, const DiskLimit& limit)
{
    const ContainerDisk disk = TRY(client.inspect_disk(container_id));
    const TreeLimit tree_limit{.bytes_max = limit.bytes_max, .entries_max = limit.entries_max};
    std::vector<std::string> unsized;
    std::set<dev_t> sized;
    for (const std::string& volume : disk.volumes) {
        if (const auto device = own_device(volume))
            sized.insert(*device);
        else
            unsized.push_back(volume);
    }
    DiskUse use;
    // First, so that a file which loses its name meanwhile isn't counted twice.
    add(use, measure_nameless(processes_of(disk.process, container_id), sized));
    const Result<TreeSize> layer = measure_tree(disk.upper_directory, tree_limit);
    if (layer)
        add(use, *layer);
    else
        use.bytes += TRY(client.fetch_layer_bytes(container_id));
    for (const std::string& volume : unsized) {
        if (const Result<TreeSize> size = measure_tree(volume, tree_limit))
            add(use, *size);
    }
    return use;
}

} // namespace berth::compute
