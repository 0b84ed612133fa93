// Encrypted and plain volumes on a kernel that has dm-crypt: run as root, by `./dev vm` in a small machine of its own.

#include "luks/volume.h"

#include "util/base64.h"
#include "util/hex.h"

#include <doctest/doctest.h>

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace berth::luks {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t kBytes = 32 << 20;
constexpr std::string_view kNeedle = "a plain text that nobody may find";
const std::string kDirectory = "/state";
const std::string kMount = "/mnt";
const std::string kMarker = "a marker on the heap of process ";

VolumeKey key_of(uint8_t seed)
{
    Bytes bytes(kVolumeKeyBytes);
    for (size_t index = 0; index < bytes.size(); ++index)
        bytes[index] = static_cast<uint8_t>(seed + 37 * index);
    return VolumeKey::copy_of(crypto::Secret{std::move(bytes)}).value();
}

/// Keeps a copy of the image as it is right after the erase.
class KeepErased final : public Steps {
public:
    void reached(Step step) override
    {
        if (step == Step::erased)
            fs::copy_file(kDirectory + "/v.gone", kDirectory + "/copy.luks");
    }
};

bool mount_at(const std::string& device)
{
    return ::mount(device.c_str(), kMount.c_str(), "ext4", MS_NOSUID | MS_NODEV, "") == 0;
}

bool write_needle(const std::string& device)
{
    if (!mount_at(device))
        return false;
    std::ofstream{kMount + "/file"} << kNeedle;
    ::sync();
    return ::umount(kMount.c_str()) == 0;
}

std::string read_needle(const std::string& device)
{
    if (!mount_at(device))
        return "not mounted";
    std::string text;
    {
        std::ifstream file{kMount + "/file"};
        std::getline(file, text);
    }
    return ::umount(kMount.c_str()) == 0 ? text : "not unmounted";
}

bool found_in(const std::string& path, std::string_view bytes)
{
    std::ifstream file{path, std::ios::binary};
    const std::string all{std::istreambuf_iterator<char>{file}, {}};
    return all.find(bytes) != std::string::npos;
}

/// How many pieces of 16 bytes, raw, in hex of either case or in either base64 at any alignment, occur in the file.
size_t pieces_found(const std::string& path, ByteView key)
{
    std::ifstream file{path, std::ios::binary};
    const std::string all{std::istreambuf_iterator<char>{file}, {}};
    size_t count = 0;
    for (size_t begin = 0; begin + 16 <= key.size(); ++begin) {
        const ByteView piece = key.subspan(begin, 16);
        const std::string hex = encode_hex(piece);
        std::string upper = hex;
        std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
        // Twenty characters hold fifteen bytes of the piece, whatever follows it and however it is padded.
        const std::string base64 = encode_base64(piece).substr(0, 20);
        std::string base64url = base64;
        std::replace(base64url.begin(), base64url.end(), '+', '-');
        std::replace(base64url.begin(), base64url.end(), '/', '_');
        for (const std::string& text : {std::string{as_text(piece)}, hex, upper, base64, base64url})
            count += all.find(text) != std::string::npos ? 1 : 0;
    }
    return count;
}

void append_file(const std::string& from, std::ofstream& to)
{
    std::ifstream file{from, std::ios::binary};
    to << std::string{std::istreambuf_iterator<char>{file}, {}} << '\n';
}

/// A process that keeps what anybody could see of all processes, for as long as it lives.
pid_t watch_processes(const std::string& seen)
{
    const pid_t child = ::fork();
    if (child != 0)
        return child;
    std::set<std::string> known;
    std::ofstream file{seen, std::ios::binary};
    for (;;) {
        std::error_code ignored;
        for (const auto& process : fs::directory_iterator{"/proc", ignored}) {
            const std::string name = process.path().filename().string();
            std::ifstream line{process.path() / "cmdline"};
            const std::string words{std::istreambuf_iterator<char>{line}, {}};
            if (name.find_first_not_of("0123456789") != std::string::npos || !known.insert(name + words).second)
                continue;
            append_file(process.path() / "cmdline", file);
            append_file(process.path() / "environ", file);
            file.flush();
        }
        ::usleep(500);
    }
}

size_t entries(const std::string& directory)
{
    return static_cast<size_t>(std::distance(fs::directory_iterator{directory}, fs::directory_iterator{}));
}

size_t attached_loops()
{
    size_t count = 0;
    for (const auto& block : fs::directory_iterator{"/sys/block"})
        count += fs::exists(block.path() / "loop") ? 1 : 0;
    return count;
}

/// The control node stays; a mapping would be a second entry.
size_t mappings()
{
    return fs::exists("/dev/mapper") ? entries("/dev/mapper") - 1 : 0;
}

void check_nothing_is_left()
{
    CHECK(entries(kDirectory) == 0);
    CHECK(attached_loops() == 0);
    CHECK(mappings() == 0);
}

} // namespace

TEST_CASE("the host is found able to encrypt by doing it, and keeps nothing of the attempt")
{
    Volumes volumes{kDirectory};
    CHECK(volumes.probe(Cipher::luks2_aes_xts).has_value());
    CHECK(volumes.probe(Cipher::none).has_value());
    check_nothing_is_left();
}

TEST_CASE("what is written into an encrypted volume is there after it was closed, and not in the image")
{
    Volumes volumes{kDirectory};
    const VolumeKey key = key_of(1);
    const auto device = volumes.create("v", kBytes, &key);
    REQUIRE_MESSAGE(device.has_value(), device.error().message);
    CHECK(write_needle(*device));
    CHECK(volumes.close("v").has_value());
    CHECK(volumes.inspect("v").value() == VolumeState::closed);
    CHECK(fs::file_size(kDirectory + "/v.luks") == kBytes);
    CHECK_FALSE(found_in(kDirectory + "/v.luks", kNeedle));
    CHECK_FALSE(found_in(kDirectory + "/v.luks", as_text(key.expose().first(16))));

    CHECK(read_needle(volumes.open("v", &key).value()) == kNeedle);
    CHECK(read_needle(volumes.create("v", kBytes, &key).value()) == kNeedle);
    CHECK(volumes.destroy("v").has_value());
    CHECK(volumes.destroy("v").has_value());
    check_nothing_is_left();
}

TEST_CASE("a wrong key is refused, open or closed, and changes no byte")
{
    Volumes volumes{kDirectory};
    const VolumeKey key = key_of(1);
    const VolumeKey wrong = key_of(2);
    REQUIRE(write_needle(volumes.create("v", kBytes, &key).value()));
    CHECK(volumes.open("v", &wrong).error().code == Errc::refused);
    CHECK(volumes.inspect("v").value() == VolumeState::open);
    REQUIRE(volumes.close("v").has_value());
    fs::copy_file(kDirectory + "/v.luks", "/before");
    CHECK(volumes.open("v", &wrong).error().code == Errc::refused);
    CHECK(volumes.open("v", nullptr).error().code == Errc::refused);
    CHECK(volumes.inspect("v").value() == VolumeState::closed);
    std::ifstream before{"/before"};
    std::ifstream after{kDirectory + "/v.luks"};
    CHECK(std::equal(std::istreambuf_iterator<char>{before}, {}, std::istreambuf_iterator<char>{after}, {}));
    fs::remove("/before");
    CHECK(read_needle(volumes.open("v", &key).value()) == kNeedle);
    REQUIRE(volumes.destroy("v").has_value());
}

TEST_CASE("a broken keyslot is told apart from a wrong key")
{
    Volumes volumes{kDirectory};
    const VolumeKey key = key_of(1);
    const VolumeKey wrong = key_of(2);
    REQUIRE(volumes.create("v", kBytes, &key).has_value());
    REQUIRE(volumes.close("v").has_value());
    {
        // The keyslots begin behind the two copies of the metadata.
        std::fstream image{kDirectory + "/v.luks", std::ios::in | std::ios::out | std::ios::binary};
        image.seekp(32 * 1024);
        image << std::string(64 * 1024, 'x');
    }
    CHECK(volumes.open("v", &key).error().code == Errc::corrupt);
    CHECK(volumes.open("v", &wrong).error().code == Errc::refused);
    REQUIRE(volumes.destroy("v").has_value());
    check_nothing_is_left();
}

TEST_CASE("the image as it is right after the erase opens with no key")
{
    KeepErased keep;
    Volumes volumes{kDirectory, &keep};
    const VolumeKey key = key_of(1);
    REQUIRE(write_needle(volumes.create("v", kBytes, &key).value()));
    REQUIRE(volumes.destroy("v").has_value());
    CHECK(fs::file_size(kDirectory + "/copy.luks") == kBytes);
    CHECK(volumes.open("copy", &key).error().code == Errc::corrupt);
    CHECK_FALSE(found_in(kDirectory + "/copy.luks", kNeedle));
    REQUIRE(Volumes{kDirectory}.destroy("copy").has_value());
    check_nothing_is_left();
}

TEST_CASE("no 16 bytes of a key in use are in a core dump, the image, or any command line or environment")
{
    std::ofstream{"/proc/sys/kernel/core_pattern"} << "/core";
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    REQUIRE(::setrlimit(RLIMIT_CORE, &unlimited) == 0);
    const pid_t watcher = watch_processes("/seen");
    const pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGABRT, SIG_DFL);
        // What the search must find: a dump that lacks the heap would show nothing.
        const std::string marker = kMarker + std::to_string(::getpid());
        const VolumeKey key = key_of(101);
        Volumes volumes{kDirectory};
        const bool is_open = volumes.create("v", kBytes, &key).has_value();
        ::kill(::getpid(), is_open && !marker.empty() ? SIGABRT : SIGTERM);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(WTERMSIG(status) == SIGABRT);
    ::kill(watcher, SIGKILL);
    ::waitpid(watcher, nullptr, 0);
    Volumes volumes{kDirectory};
    REQUIRE(volumes.inspect("v").value() == VolumeState::open);
    REQUIRE(volumes.close("v").has_value());

    const VolumeKey key = key_of(101);
    const std::vector<std::string> places{"/core", "/seen", kDirectory + "/v.luks"};
    CHECK(fs::file_size("/core") > 100'000);
    CHECK(found_in("/core", kMarker + std::to_string(child)));
    CHECK(found_in("/seen", "mkfs.ext4"));
    CHECK(found_in("/seen", "debugfs"));
    for (const std::string& place : places) {
        CAPTURE(place);
        CHECK(pieces_found(place, key.expose()) == 0);
        if (place != kDirectory + "/v.luks")
            fs::remove(place);
    }
    REQUIRE(volumes.destroy("v").has_value());
}

TEST_CASE("a mounted volume is in use: it is neither closed nor destroyed")
{
    Volumes volumes{kDirectory};
    const VolumeKey key = key_of(1);
    for (const VolumeKey* with : {&key, static_cast<const VolumeKey*>(nullptr)}) {
        REQUIRE(mount_at(volumes.create("v", kBytes, with).value()));
        CHECK(volumes.close("v").error().code == Errc::conflict);
        CHECK(volumes.destroy("v").error().code == Errc::conflict);
        CHECK(volumes.inspect("v").value() == VolumeState::open);
        REQUIRE(::umount(kMount.c_str()) == 0);
        REQUIRE(volumes.destroy("v").has_value());
        check_nothing_is_left();
    }
}

TEST_CASE("a plain volume has the same life without a key")
{
    Volumes volumes{kDirectory};
    REQUIRE(write_needle(volumes.create("v", kBytes, nullptr).value()));
    REQUIRE(volumes.close("v").has_value());
    CHECK(read_needle(volumes.open("v", nullptr).value()) == kNeedle);
    REQUIRE(volumes.destroy("v").has_value());
    check_nothing_is_left();
}

} // namespace berth::luks
