#pragma once
// What a consumer asks of its volume's encryption, judged before any money.

#include "luks/volume_key.h"
#include "provider/admission.h"
#include "provider/volumes.h"

namespace berth::provider {

inline constexpr const char* kVolumeAlgorithm = "luks2-aes-xts";

/// refused for an algorithm or version that is not offered, bad_input for a key that is not 32 bytes of base64.
[[nodiscard]] Result<luks::VolumeKey> read_key(const VolumeEncryption& encryption);

/// Why this host or this workload can't have the encryption that was asked for; nothing where none was.
[[nodiscard]] std::optional<Refusal> judge_encryption(const SpawnRequest& request, const Admission& admission,
                                                      const VolumeAbilities& abilities);

} // namespace berth::provider
