#include "cli/volume_key_file.h"

#include "crypto/random.h"
#include "luks/volume_key.h"
#include "util/base64.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace berth::cli {

namespace {

Result<void> make_key(const std::filesystem::path& file)
{
    std::array<uint8_t, luks::kVolumeKeyBytes> key{};
    crypto::SystemRandom{}.fill(key);
    const std::string line = encode_base64url_unpadded(key) + "\n";
    crypto::wipe(key);
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fail(Errc::refused, "cannot create {}: {}", file.string(), std::strerror(errno));
    const bool written =
        ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(descriptor) == 0;
    const int problem = errno;
    ::close(descriptor);
    if (!written)
        return fail(Errc::unavailable, "cannot write {}: {}", file.string(), std::strerror(problem));
    return {};
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
