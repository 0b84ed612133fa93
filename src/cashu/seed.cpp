#include "cashu/seed.h"

#include "crypto/mnemonic.h"
#include "util/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace berth::cashu {

namespace {

constexpr size_t kFileBytesMax = 1024;

std::string read_text(int descriptor)
{
    std::string text(kFileBytesMax, '\0');
    const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
    text.resize(count > 0 ? static_cast<size_t>(count) : 0);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.pop_back();
    return text;
}

Result<void> write_all(int descriptor, std::string_view text)
{
    const ssize_t written = ::pwrite(descriptor, text.data(), text.size(), 0);
    if (written != static_cast<ssize_t>(text.size()) || ::fsync(descriptor) != 0)
        return fail(Errc::unavailable, "cannot write the seed file: {}", std::strerror(errno));
    return {};
}

uint64_t read_mark(const std::string& path)
{
    const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file.is_open())
        return 0;
    const std::string text = read_text(file.get());
    uint64_t mark = 0;
    std::from_chars(text.data(), text.data() + text.size(), mark);
    return mark;
}

} // namespace

SeedFile::SeedFile(SeedFile&& other) noexcept
    : path_{std::move(other.path_)}, descriptor_{std::exchange(other.descriptor_, -1)}, seed_{std::move(other.seed_)},
      created_{other.created_}, mark_{other.mark_}
{
}

SeedFile::~SeedFile()
{
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

Result<SeedFile> SeedFile::open(const std::string& path, crypto::Random& random)
{
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fail(Errc::unavailable, "cannot open the seed file {}: {}", path, std::strerror(errno));
    SeedFile file{path, descriptor};
    struct stat info {};
    if (::fstat(descriptor, &info) != 0 || (info.st_mode & 077) != 0)
        return fail(Errc::refused, "the seed file {} must have mode 0600", path);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        return fail(Errc::conflict, "another process uses the wallet of {}", path);
    TRY(file.load(random));
    return file;
}

Result<crypto::Secret> SeedFile::read_words(const std::string& path)
{
    const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file.is_open())
        return fail(Errc::not_found, "cannot open the seed file {}: {}", path, std::strerror(errno));
    std::string words = read_text(file.get());
    const auto checked = crypto::check_mnemonic(words);
    crypto::Secret secret{as_bytes(words)};
    crypto::wipe({reinterpret_cast<uint8_t*>(words.data()), words.size()});
    if (!checked)
        return fail(Errc::bad_input, "the seed file {}: {}", path, checked.error().message);
    return secret;
}

Result<void> SeedFile::write_words(const std::string& path, std::string_view words)
{
    TRY(crypto::check_mnemonic(words));
    std::string text = std::string{words} + "\n";
    const auto created = create_private_file(path, text);
    crypto::wipe({reinterpret_cast<uint8_t*>(text.data()), text.size()});
    if (created)
        return {};
    if (created.error().code == Errc::conflict)
        return fail(Errc::conflict, "there is a seed file {} already; move it away first, and keep it", path);
    return fail(Errc::unavailable, "seed file: {}", created.error().message);
}

Result<void> SeedFile::load(crypto::Random& random)
{
    std::string words = read_text(descriptor_);
    if (words.empty()) {
        const crypto::Secret fresh = crypto::generate_mnemonic(random);
        words = as_text(fresh.expose());
        TRY(write_all(descriptor_, words + "\n"));
        TRY(sync_parent(path_));
        created_ = true;
    }
    auto seed = crypto::mnemonic_seed(words);
    crypto::wipe({reinterpret_cast<uint8_t*>(words.data()), words.size()});
    seed_ = TRY(std::move(seed));
    mark_ = read_mark(path_ + ".counters");
    return {};
}

Result<void> SeedFile::raise_counter_mark(uint64_t mark)
{
    if (mark <= mark_)
        return {};
    const std::string path = path_ + ".counters";
    const std::string fresh = path + ".new";
    std::FILE* file = std::fopen(fresh.c_str(), "we");
    const bool written = file && std::fprintf(file, "%llu\n", static_cast<unsigned long long>(mark)) > 0;
    const bool closed = file && std::fclose(file) == 0;
    if (!written || !closed || std::rename(fresh.c_str(), path.c_str()) != 0)
        return fail(Errc::unavailable, "cannot write {}: {}", path, std::strerror(errno));
    mark_ = mark;
    return {};
}

} // namespace berth::cashu
