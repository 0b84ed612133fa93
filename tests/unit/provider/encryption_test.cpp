#include "provider/encryption.h"

#include "util/base64.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

SpawnRequest encrypted_spawn(size_t key_bytes = luks::kVolumeKeyBytes)
{
    SpawnRequest request{.cashu_token = "t", .image = "x"};
    request.volume_encryption = VolumeEncryption{
        .version = 1, .algorithm = "luks2-aes-xts", .key_b64 = encode_base64url_unpadded(Bytes(key_bytes, 7))};
    return request;
}

Admission with_data()
{
    Admission admission{};
    admission.workload.data_path = "/data";
    admission.workload.disk_gb = 1;
    return admission;
}

std::string verdict(const SpawnRequest& request, const Admission& admission, bool host_can = true)
{
    const auto refusal = judge_encryption(request, admission, VolumeAbilities{.encrypted = host_can});
    return refusal ? refusal->type : "";
}

TEST_CASE("encryption is promised where host and workload can have it, and is nobody else's question")
{
    CHECK(verdict(encrypted_spawn(), with_data()).empty());
    CHECK(verdict({.cashu_token = "t", .image = "x"}, Admission{}, false).empty());
}

TEST_CASE("an algorithm, version or key length that is not offered is refused before money")
{
    const std::string no = error_type::invalid_volume_encryption;
    SpawnRequest other = encrypted_spawn();
    other.volume_encryption->algorithm = "rot13";
    CHECK(verdict(other, with_data()) == no);
    other = encrypted_spawn();
    other.volume_encryption->version = 2;
    CHECK(verdict(other, with_data()) == no);
    other = encrypted_spawn();
    other.volume_encryption->key_b64 = "not base64!";
    CHECK(verdict(other, with_data()) == no);
    CHECK(verdict(encrypted_spawn(31), with_data()) == no);
    CHECK(verdict(encrypted_spawn(33), with_data()) == no);
    CHECK(verdict(encrypted_spawn(0), with_data()) == no);
}

TEST_CASE("a host that can't encrypt, and a workload without a data volume, are refused before money")
{
    const std::string no = error_type::invalid_volume_encryption;
    CHECK(verdict(encrypted_spawn(), with_data(), false) == no);
    Admission no_path = with_data();
    no_path.workload.data_path.clear();
    CHECK(verdict(encrypted_spawn(), no_path) == no);
    Admission no_disk = with_data();
    no_disk.workload.disk_gb = 0;
    CHECK(verdict(encrypted_spawn(), no_disk) == no);
}

} // namespace
} // namespace berth::provider
