#include "provider/encryption.h"

#include "util/base64.h"

namespace berth::provider {

Result<luks::VolumeKey> read_key(const VolumeEncryption& encryption)
{
    if (encryption.version != 1 || encryption.algorithm != kVolumeAlgorithm)
        return fail(Errc::refused, "the only volume encryption known here is {}, version 1", kVolumeAlgorithm);
    auto bytes = decode_base64_any(encryption.key_b64);
    if (!bytes)
        return fail(Errc::bad_input, "key_b64 is not base64");
    return luks::VolumeKey::copy_of(crypto::Secret{std::move(*bytes)});
}

std::optional<Refusal> judge_encryption(const SpawnRequest& request, const Admission& admission,
                                        const VolumeAbilities& abilities)
{
    if (!request.volume_encryption)
        return std::nullopt;
    const auto refusal = [](std::string why) {
        return Refusal{error_type::invalid_volume_encryption, std::move(why) + "; nothing was taken"};
    };
    if (const auto key = read_key(*request.volume_encryption); !key)
        return refusal(key.error().message);
    if (!abilities.encrypted)
        return refusal("this provider does not offer encrypted volumes");
    if (admission.workload.data_path.empty())
        return refusal("this workload has no data volume to encrypt: choose a template with a data path");
    if (admission.workload.disk_gb == 0)
        return refusal(fmt::format("spec {} has no disk for a data volume", admission.spec.id));
    return std::nullopt;
}

} // namespace berth::provider
