#include "luks/cryptsetup.h"

#include "crypto/hash.h"
#include "crypto/random.h"
#include "luks/image_file.h"
#include "util/hex.h"

#include <libcryptsetup.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace berth::luks {

namespace {

constexpr size_t kMasterKeyBytes = 64; // two 256-bit keys for XTS
constexpr uint64_t kMetadataBytes = 16 * 1024;
constexpr uint64_t kKeyslotsBytes = 512 * 1024;
constexpr uint64_t kProbeBytes = 2 << 20;
constexpr std::string_view kCheckLabel = "berth volume key check";

/// What has no device context would print to stderr.
void stay_silent(int, const char*, void*) {}

/// One device context, and what the library complained of first: its numbers alone don't tell an operator what is
/// missing.
class Device {
public:
    [[nodiscard]] static Result<std::unique_ptr<Device>> of(const std::string& image)
    {
        // Only this process knows its images, and a hardened unit can't write where the library keeps its locks.
        crypt_metadata_locking(nullptr, 0);
        auto device = std::make_unique<Device>();
        const int code = crypt_init(&device->context_, image.c_str());
        if (code < 0)
            return fail(code == -ENOENT ? Errc::not_found : Errc::unavailable, "cannot read {} ({})", image,
                        std::strerror(-code));
        crypt_set_log_callback(device->context_, remember, device.get());
        return device;
    }
    Device() = default;
    ~Device() { crypt_free(context_); }
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    [[nodiscard]] crypt_device* get() const { return context_; }
    [[nodiscard]] Unexpected failure(Errc code, std::string_view what, int number) const
    {
        return fail(code, "{}: {}{}{}", what, std::strerror(-number), said_.empty() ? "" : "; ", said_);
    }

private:
    static void remember(int level, const char* message, void* self)
    {
        if (level != CRYPT_LOG_ERROR)
            return;
        std::string& said = static_cast<Device*>(self)->said_;
        if (!said.empty())
            return; // the first complaint names the cause, the next ones what it led to
        said = message;
        while (!said.empty() && said.back() == '\n')
            said.pop_back();
    }

    crypt_device* context_ = nullptr;
    std::string said_;
};

/// Says whose key a header wants, so that a broken keyslot isn't taken for a wrong key. It gives nothing away: nobody
/// guesses 256 random bits from a digest of them.
std::string key_check(crypt_device* context, const VolumeKey& key)
{
    const char* uuid = crypt_get_uuid(context);
    const std::string text = std::string{kCheckLabel} + (uuid == nullptr ? "" : uuid);
    return encode_hex(crypto::hmac_sha256(key.expose(), as_bytes(text)));
}

Result<std::unique_ptr<Device>> load(const std::string& image)
{
    auto device = TRY(Device::of(image));
    const int code = crypt_load(device->get(), CRYPT_LUKS2, nullptr);
    if (code < 0)
        return device->failure(Errc::corrupt, "the volume has no readable header", code);
    return device;
}

/// With no name the key is only tried.
Result<void> activate(const std::string& image, const char* name, const VolumeKey& key)
{
    const auto device = TRY(load(image));
    const auto* bytes = reinterpret_cast<const char*>(key.expose().data());
    // Discards stay off: they would show on the host's disk which blocks the tenant uses.
    const int code = crypt_activate_by_passphrase(device->get(), name, CRYPT_ANY_SLOT, bytes, key.expose().size(), 0);
    if (code >= 0)
        return {};
    if (code == -ENOENT)
        return device->failure(Errc::corrupt, "the volume has no keyslot left", code);
    if (code != -EPERM)
        return device->failure(Errc::unavailable, "the volume can't be mapped", code);
    const char* token = nullptr;
    if (crypt_token_json_get(device->get(), 0, &token) < 0 || token == nullptr)
        return fail(Errc::corrupt, "the volume's header lacks its key check");
    if (std::string_view{token}.find(key_check(device->get(), key)) != std::string_view::npos)
        return fail(Errc::corrupt, "the key is right, but the volume's keyslot is broken");
    return fail(Errc::refused, "this is not the volume's key");
}

Result<void> write_header(const Device& device, const VolumeKey& key)
{
    // The key is 32 random bytes, so there is nothing to stretch: the cost of a slow derivation would buy no security
    // and charge the host seconds and up to a gigabyte for each volume.
    crypt_pbkdf_type derivation{};
    derivation.type = CRYPT_KDF_PBKDF2;
    derivation.hash = "sha256";
    derivation.iterations = 1000; // the least that the library takes
    derivation.flags = CRYPT_PBKDF_NO_BENCHMARK;
    if (const int code = crypt_set_pbkdf_type(device.get(), &derivation); code < 0)
        return device.failure(Errc::unavailable, "key derivation", code);
    if (const int code = crypt_set_metadata_size(device.get(), kMetadataBytes, kKeyslotsBytes); code < 0)
        return device.failure(Errc::unavailable, "header size", code);
    if (const int code = crypt_set_data_offset(device.get(), kHeaderBytes / 512); code < 0)
        return device.failure(Errc::unavailable, "data offset", code);
    crypt_params_luks2 parameters{};
    parameters.sector_size = 4096;
    if (const int code = crypt_format(device.get(), CRYPT_LUKS2, "aes", "xts-plain64", nullptr, nullptr,
                                      kMasterKeyBytes, &parameters);
        code < 0)
        return device.failure(Errc::unavailable, "format", code);
    const auto* bytes = reinterpret_cast<const char*>(key.expose().data());
    if (const int code = crypt_keyslot_add_by_volume_key(device.get(), 0, nullptr, 0, bytes, key.expose().size());
        code < 0)
        return device.failure(Errc::unavailable, "keyslot", code);
    const std::string token =
        R"({"type":"berth-key-check","keyslots":["0"],"check":")" + key_check(device.get(), key) + R"("})";
    if (const int code = crypt_token_json_set(device.get(), 0, token.c_str()); code < 0)
        return device.failure(Errc::unavailable, "key check", code);
    return {};
}

Result<void> map_throwaway(const std::string& image, const std::string& name)
{
    const auto device = TRY(Device::of(image));
    crypt_params_plain parameters{};
    int code =
        crypt_format(device->get(), CRYPT_PLAIN, "aes", "xts-plain64", nullptr, nullptr, kMasterKeyBytes, &parameters);
    if (code < 0)
        return device->failure(Errc::unavailable, "the host can't encrypt volumes", code);
    std::array<uint8_t, kMasterKeyBytes> key{};
    crypto::SystemRandom{}.fill(key);
    code = crypt_activate_by_volume_key(device->get(), name.c_str(), reinterpret_cast<const char*>(key.data()),
                                        key.size(), 0);
    crypto::wipe(key);
    if (code < 0)
        return device->failure(Errc::unavailable, "the host can't encrypt volumes", code);
    return unmap(name);
}

} // namespace

Result<void> format_image(const std::string& image, const VolumeKey& key)
{
    const auto device = TRY(Device::of(image));
    return write_header(*device, key);
}

Result<void> verify_key(const std::string& image, const VolumeKey& key)
{
    return activate(image, nullptr, key);
}

Result<void> map_image(const std::string& image, const std::string& name, const VolumeKey& key)
{
    return activate(image, name.c_str(), key);
}

bool is_mapped(const std::string& name)
{
    const crypt_status_info status = crypt_status(nullptr, name.c_str());
    return status == CRYPT_ACTIVE || status == CRYPT_BUSY;
}

Result<void> unmap(const std::string& name)
{
    if (!is_mapped(name))
        return {};
    crypt_set_log_callback(nullptr, stay_silent, nullptr);
    const int code = crypt_deactivate_by_name(nullptr, name.c_str(), 0);
    if (code == 0 || code == -ENODEV)
        return {};
    if (code == -EBUSY)
        return fail(Errc::conflict, "{} is in use", name);
    return fail(Errc::unavailable, "{} can't be unmapped ({})", name, std::strerror(-code));
}

Result<void> erase_header(const std::string& image)
{
    if (const auto device = load(image)) {
        for (int slot = 0; slot < crypt_keyslot_max(CRYPT_LUKS2); ++slot) {
            if (crypt_keyslot_status((*device)->get(), slot) < CRYPT_SLOT_ACTIVE)
                continue;
            if (const int code = crypt_keyslot_destroy((*device)->get(), slot); code < 0)
                return (*device)->failure(Errc::unavailable, "a keyslot can't be destroyed", code);
        }
    }
    // Also where the header can't be read any more: half of it may still hold a keyslot.
    return overwrite_start(image, kHeaderBytes);
}

std::string mapper_path(const std::string& name)
{
    return std::string{crypt_get_dir()} + "/" + name;
}

Result<void> probe_encryption(const std::string& directory, const std::string& name)
{
    const std::string image = directory + "/" + name + ".probe";
    TRY(remove_image(image));
    TRY(make_image(image, kProbeBytes));
    const auto mapped = map_throwaway(image, name);
    TRY(remove_image(image));
    return mapped;
}

} // namespace berth::luks
