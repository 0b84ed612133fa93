#include "luks/loop_device.h"

#include "util/files.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace berth::luks {

namespace {

/// Asks /dev/loop-control to add or remove the device of a number; an errno, or 0.
int control(unsigned long request, uint32_t number)
{
    const FileDescriptor device{::open("/dev/loop-control", O_RDWR | O_CLOEXEC)};
    return device.is_open() && ::ioctl(device.get(), request, number) >= 0 ? 0 : errno;
}

Result<void> configure(const std::string& device, int image)
{
    const FileDescriptor loop{::open(device.c_str(), O_RDWR | O_CLOEXEC)};
    if (!loop.is_open())
        return fail(Errc::unavailable, "open {}: {}", device, std::strerror(errno));
    loop_config config{};
    config.fd = static_cast<uint32_t>(image);
    const int code = ::ioctl(loop.get(), LOOP_CONFIGURE, &config) < 0 ? errno : 0;
    if (code == EBUSY)
        return fail(Errc::conflict, "{} has another file behind it", device);
    if (code != 0)
        return fail(Errc::unavailable, "attach {}: {}", device, std::strerror(code));
    return {};
}

/// An errno, or 0. The device is closed again on return: it is detached only when its last user is gone.
Result<int> clear(const std::string& device)
{
    const FileDescriptor loop{::open(device.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!loop.is_open())
        return fail(Errc::unavailable, "open {}: {}", device, std::strerror(errno));
    return ::ioctl(loop.get(), LOOP_CLR_FD) < 0 ? errno : 0;
}

} // namespace

Result<std::optional<std::string>> find_loop(const std::string& image)
{
    std::error_code error;
    const std::string wanted = std::filesystem::weakly_canonical(image, error).string();
    for (const auto& entry : std::filesystem::directory_iterator{"/sys/block", error}) {
        if (!entry.path().filename().string().starts_with("loop"))
            continue;
        std::ifstream file{entry.path() / "loop/backing_file"};
        std::string backing;
        if (std::getline(file, backing) && backing == wanted)
            return std::optional<std::string>{"/dev/" + entry.path().filename().string()};
    }
    if (error)
        return fail(Errc::unavailable, "/sys/block: {}", error.message());
    return std::optional<std::string>{};
}

Result<std::string> attach_loop(const std::string& image, uint32_t slot)
{
    const auto attached = TRY(find_loop(image));
    if (attached)
        return *attached;
    const uint32_t number = kLoopSlots + slot % kLoopSlots;
    const std::string device = "/dev/loop" + std::to_string(number);
    if (const int code = control(LOOP_CTL_ADD, number); code != 0 && code != EEXIST)
        return fail(Errc::unavailable, "make {}: {}", device, std::strerror(code));
    const FileDescriptor file{::open(image.c_str(), O_RDWR | O_CLOEXEC)};
    if (!file.is_open())
        return fail(errno == ENOENT ? Errc::not_found : Errc::unavailable, "open {}: {}", image, std::strerror(errno));
    TRY(configure(device, file.get()));
    return device;
}

Result<void> detach_loop(const std::string& image)
{
    const auto device = TRY(find_loop(image));
    if (!device)
        return {};
    const int code = TRY(clear(*device));
    if (code != 0 && code != ENXIO && code != EBUSY)
        return fail(Errc::unavailable, "detach {}: {}", *device, std::strerror(code));
    // The kernel answers yes and waits for the last user; gone is what sysfs no longer shows.
    const auto still = TRY(find_loop(image));
    if (still)
        return fail(Errc::conflict, "{} is in use", *still);
    // An empty device left behind does no harm, so a no is fine.
    uint32_t taken = 0;
    if (std::sscanf(device->c_str(), "/dev/loop%" SCNu32, &taken) == 1 && taken >= kLoopSlots)
        (void)control(LOOP_CTL_REMOVE, taken);
    return {};
}

} // namespace berth::luks
