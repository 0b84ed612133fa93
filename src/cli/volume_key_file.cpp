#include "cli/volume_key_file.h"

#include "crypto/random.h"
#include "luks/volume_key.h"
#include "util/base64.h"
#include "util/files.h"

#include <fstream>

namespace berth::cli {

namespace {

Result<void> make_key(const std::filesystem::path& file)
{
    std::array<uint8_t, luks::kVolumeKeyBytes> key{};
    crypto::SystemRandom{}.fill(key);
    std::string line = encode_base64url_unpadded(key) + "\n";
    crypto::wipe(key);
    const auto created = create_private_file(file, line);
    crypto::wipe({reinterpret_cast<uint8_t*>(line.data()), line.size()});
    return created;
}

} // namespace

Result<std::string> read_volume_key(const std::filesystem::path& file, bool make_missing)
{
    std::error_code error;
    if (make_missing && !std::filesystem::exists(file, error))
        TRY(make_key(file));
    std::ifstream input{file};
    std::string line;
    if (!std::getline(input, line))
        return fail(Errc::not_found, "cannot read {}", file.string());
    const auto bytes = decode_base64_any(line);
    if (!bytes || bytes->size() != luks::kVolumeKeyBytes)
        return fail(Errc::bad_input, "{} does not hold {} bytes in base64", file.string(), luks::kVolumeKeyBytes);
    return line;
}

} // namespace berth::cli
