#include "luks/volume.h"

#include "luks/cryptsetup.h"
#include "luks/filesystem.h"
#include "luks/image_file.h"
#include "luks/loop_device.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace berth::luks {

namespace {

// An image's ending is its state: made under one name, whole under another, condemned under a third. A rename is atomic
// and durable, so a process that dies leaves one of the three.
constexpr std::string_view kHalfMade = ".new";
constexpr std::string_view kEncrypted = ".luks";
constexpr std::string_view kPlain = ".ext4";
constexpr std::string_view kCondemned = ".gone";

constexpr uint64_t kMebibyte = 1 << 20;
constexpr uint64_t kVolumeBytesMin = 8 * kMebibyte;
constexpr size_t kNameCharactersMax = 64;
/// Probes attach at the far end, where volumes come last.
constexpr uint32_t kProbeSlots = 1024;

/// Names go into paths and device names; they are berth's own, and held to a shape all the same.
Result<void> check_name(const std::string& name)
{
    const bool fits = std::all_of(name.begin(), name.end(),
                                  [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    if (name.empty() || name.size() > kNameCharactersMax || !fits)
        return fail(Errc::bad_input, "not a volume's name");
    return {};
}

bool exists(const std::string& path)
{
    std::error_code error;
    return std::filesystem::exists(path, error);
}

std::string mapping(const std::string& name)
{
    return "berth-" + name;
}

} // namespace

std::string_view name_of(Step step)
{
    switch (step) {
    case Step::image_made:
        return "image made";
    case Step::header_written:
        return "header written";
    case Step::mapped:
        return "mapped";
    case Step::filesystem_made:
        return "file system made";
    case Step::named:
        return "named";
    case Step::closed:
        return "closed";
    case Step::condemned:
        return "condemned";
    case Step::erased:
        return "erased";
    case Step::unlinked:
        return "unlinked";
    case Step::count:
        break;
    }
    return "";
}

std::string Volumes::path(const std::string& name, std::string_view ending) const
{
    return directory_ + "/" + name + std::string{ending};
}

std::optional<Cipher> Volumes::existing(const std::string& name) const
{
    if (exists(path(name, kEncrypted)))
        return Cipher::luks2_aes_xts;
    if (exists(path(name, kPlain)))
        return Cipher::none;
    return std::nullopt;
}

Result<std::string> Volumes::create(const std::string& name, uint64_t bytes, const VolumeKey* key, uint32_t slot)
{
    TRY(check_name(name));
    if (bytes < kVolumeBytesMin || bytes % kMebibyte != 0)
        return fail(Errc::bad_input, "a volume has whole MiB, from {}", kVolumeBytesMin / kMebibyte);
    TRY(erase_condemned(name));
    TRY(discard_half_made(name));
    if (existing(name))
        return open(name, key, slot);
    if (const auto built = build(name, bytes, key); !built) {
        if (const auto undone = discard_half_made(name); !undone)
            return fail(built.error().code, "{}; and not undone: {}", built.error().message, undone.error().message);
        return pass_on(built);
    }
    reached(Step::named);
    // What was just made and mapped with this key needs no second look at it.
    return key != nullptr ? Result<std::string>{mapper_path(mapping(name))} : open(name, key, slot);
}

Result<void> Volumes::build(const std::string& name, uint64_t bytes, const VolumeKey* key)
{
    const std::string image = path(name, kHalfMade);
    TRY(make_image(image, bytes));
    reached(Step::image_made);
    if (key == nullptr) {
        TRY(make_filesystem(image));
        reached(Step::filesystem_made);
        return rename_image(image, path(name, kPlain));
    }
    TRY(format_image(image, *key));
    reached(Step::header_written);
    TRY(map_image(image, mapping(name), *key));
    reached(Step::mapped);
    const std::string device = mapper_path(mapping(name));
    TRY(make_filesystem(device));
    // It stays mapped: what is behind the loop device is the file, whatever its name. Only the image can be made
    // durable by its name, so what the device still holds has to be in it first.
    TRY(sync_file(device));
    reached(Step::filesystem_made);
    return rename_image(image, path(name, kEncrypted));
}

Result<std::string> Volumes::open(const std::string& name, const VolumeKey* key, uint32_t slot)
{
    TRY(check_name(name));
    const auto cipher = existing(name);
    if (!cipher)
        return fail(Errc::not_found, "there is no volume {}", name);
    if ((key != nullptr) != (*cipher == Cipher::luks2_aes_xts))
        return fail(Errc::refused, "volume {} is {}", name, key == nullptr ? "encrypted" : "not encrypted");
    if (key != nullptr)
        return open_encrypted(name, *key);
    const std::string image = path(name, kPlain);
    const bool whole = TRY(holds_filesystem(image));
    if (!whole)
        return fail(Errc::corrupt, "volume {} holds no file system", name);
    return attach_loop(image, slot);
}

Result<std::string> Volumes::open_encrypted(const std::string& name, const VolumeKey& key)
{
    const std::string image = path(name, kEncrypted);
    const std::string device = mapper_path(mapping(name));
    if (is_mapped(mapping(name))) {
        TRY(verify_key(image, key));
        return device;
    }
    TRY(map_image(image, mapping(name), key));
    reached(Step::mapped);
    const auto whole = holds_filesystem(device);
    if (whole && *whole)
        return device;
    TRY(unmap(mapping(name)));
    if (!whole)
        return pass_on(whole);
    return fail(Errc::corrupt, "the key is right, but volume {} holds no file system", name);
}

Result<void> Volumes::close(const std::string& name)
{
    TRY(check_name(name));
    TRY(unmap(mapping(name)));
    return detach_loop(path(name, kPlain));
}

Result<void> Volumes::destroy(const std::string& name)
{
    TRY(close(name));
    reached(Step::closed);
    TRY(discard_half_made(name));
    if (const auto cipher = existing(name)) {
        const auto ending = *cipher == Cipher::none ? kPlain : kEncrypted;
        TRY(rename_image(path(name, ending), path(name, kCondemned)));
        reached(Step::condemned);
    }
    return erase_condemned(name);
}

Result<void> Volumes::erase_condemned(const std::string& name)
{
    const std::string image = path(name, kCondemned);
    if (!exists(image))
        return {};
    TRY(erase_header(image));
    reached(Step::erased);
    TRY(remove_image(image));
    reached(Step::unlinked);
    return {};
}

Result<void> Volumes::discard_half_made(const std::string& name)
{
    if (!exists(path(name, kHalfMade)))
        return {};
    TRY(unmap(mapping(name)));
    return remove_image(path(name, kHalfMade));
}

Result<VolumeState> Volumes::inspect(const std::string& name) const
{
    TRY(check_name(name));
    const auto cipher = existing(name);
    if (!cipher)
        return VolumeState::absent;
    if (*cipher == Cipher::luks2_aes_xts)
        return is_mapped(mapping(name)) ? VolumeState::open : VolumeState::closed;
    const auto device = TRY(find_loop(path(name, kPlain)));
    return device ? VolumeState::open : VolumeState::closed;
}

Result<std::optional<std::string>> Volumes::find_device(const std::string& name) const
{
    TRY(check_name(name));
    const auto cipher = existing(name);
    if (cipher == Cipher::none)
        return find_loop(path(name, kPlain));
    if (cipher == Cipher::luks2_aes_xts && is_mapped(mapping(name)))
        return std::optional<std::string>{mapper_path(mapping(name))};
    return std::optional<std::string>{};
}

bool Volumes::has_traces(const std::string& name) const
{
    return existing(name) || exists(path(name, kHalfMade)) || exists(path(name, kCondemned));
}

Result<std::vector<std::string>> Volumes::recover()
{
    std::vector<std::string> whole;
    std::error_code error;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{directory_, error})
        files.push_back(entry.path());
    if (error)
        return fail(Errc::unavailable, "{}: {}", directory_, error.message());
    for (const auto& file : files) {
        const std::string name = file.stem().string();
        const std::string ending = file.extension().string();
        if (ending == kHalfMade)
            TRY(discard_half_made(name));
        else if (ending == kCondemned)
            TRY(erase_condemned(name));
        else if (ending == kEncrypted || ending == kPlain)
            whole.push_back(name);
    }
    std::sort(whole.begin(), whole.end());
    return whole;
}

Result<void> Volumes::probe(Cipher cipher)
{
    TRY(find_mkfs());
    // `berth check` may look beside a daemon that does.
    const auto self = static_cast<uint32_t>(::getpid());
    if (cipher == Cipher::luks2_aes_xts)
        return probe_encryption(directory_, mapping(fmt::format("probe-{}", self)));
    const std::string image = fmt::format("{}/berth-{}.probe", directory_, self);
    TRY(remove_image(image));
    TRY(make_image(image, kMebibyte));
    const auto attached = attach_loop(image, kLoopSlots - 1 - self % kProbeSlots);
    const auto detached = detach_loop(image);
    TRY(remove_image(image));
    if (!attached)
        return pass_on(attached);
    return detached;
}

} // namespace berth::luks
