#include "compute/tar_writer.h"

#include <algorithm>
#include <numeric>

namespace berth::compute {

namespace {

constexpr size_t kBlockSize = 512;
constexpr size_t kNameLengthMax = 100;
constexpr size_t kFileSizeMax = (1ull << 33) - 1; // eleven octal digits

/// Offsets within a ustar header (IEEE Std 1003.1, pax interchange format).
enum Offset : size_t {
    kName = 0,
    kMode = 100,
    kUser = 108,
    kGroup = 116,
    kSize = 124,
    kTime = 136,
    kChecksum = 148,
    kType = 156,
    kLink = 157,
    kMagic = 257,
    kEnd = kBlockSize
};

void put(std::string& header, size_t offset, std::string_view text)
{
    header.replace(offset, text.size(), text);
}

} // namespace

Result<void> TarWriter::add_header(const Entry& entry)
{
    if (entry.path.empty() || entry.path.front() == '/' || entry.path.size() > kNameLengthMax ||
        entry.link_target.size() > kNameLengthMax || entry.size > kFileSizeMax)
        return fail(Errc::bad_input, "{} can't be put into the archive", entry.path);
    std::string header(kBlockSize, '\0');
    put(header, kName, entry.path);
    put(header, kMode, fmt::format("{:07o}", entry.mode));
    put(header, kUser, "0000000");
    put(header, kGroup, "0000000");
    put(header, kSize, fmt::format("{:011o}", entry.size));
    put(header, kTime, "00000000000"); // no clock: the same content gives the same image
    put(header, kType, std::string_view{&entry.type, 1});
    put(header, kLink, entry.link_target);
    put(header, kMagic,
        std::string_view{"ustar\0"
                         "00",
                         8});
    // The checksum is taken with its own field full of spaces.
    put(header, kChecksum, "        ");
    const unsigned sum = std::accumulate(header.begin(), header.end(), 0u,
                                         [](unsigned total, char c) { return total + static_cast<unsigned char>(c); });
    put(header, kChecksum, std::string_view{fmt::format("{:06o}", sum) + '\0' + ' '});
    archive_ += header;
    return {};
}

Result<void> TarWriter::add_directory(std::string_view path, uint32_t mode)
{
    return add_header({.path = path, .link_target = {}, .type = '5', .mode = mode});
}

Result<void> TarWriter::add_file(std::string_view path, std::string_view content, uint32_t mode)
{
    TRY(add_header({.path = path, .link_target = {}, .type = '0', .mode = mode, .size = content.size()}));
    archive_ += content;
    archive_.append((kBlockSize - content.size() % kBlockSize) % kBlockSize, '\0');
    return {};
}

Result<void> TarWriter::add_symlink(std::string_view path, std::string_view target)
{
    return add_header({.path = path, .link_target = target, .type = '2', .mode = 0777});
}

std::string TarWriter::finish()
{
    archive_.append(2 * kBlockSize, '\0');
    return std::exchange(archive_, {});
}

} // namespace berth::compute
