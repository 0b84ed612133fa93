#include "luks/loop_device.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace berth::luks {

namespace {

constexpr int kAttachTriesMax = 16;

/// false when another process took the device between asking and attaching.
Result<bool> configure(const std::string& device, int image)
{
    const int loop = ::open(device.c_str(), O_RDWR | O_CLOEXEC);
    if (loop < 0)
        return fail(Errc::unavailable, "open {}: {}", device, std::strerror(errno));
    loop_config config{};
    config.fd = static_cast<uint32_t>(image);
    const int code = ::ioctl(loop, LOOP_CONFIGURE, &config);
    const int number = errno;
    ::close(loop);
    if (code != 0 && number != EBUSY)
        return fail(Errc::unavailable, "attach {}: {}", device, std::strerror(number));
    return code == 0;
}

Result<std::string> attach_to_free(int image)
{
    const int control = ::open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0)
        return fail(Errc::unavailable, "open /dev/loop-control: {}", std::strerror(errno));
    for (int attempt = 0; attempt < kAttachTriesMax; ++attempt) {
        const int number = ::ioctl(control, LOOP_CTL_GET_FREE);
        const std::string device = "/dev/loop" + std::to_string(number);
        const auto configured =
            number < 0 ? Result<bool>{fail(Errc::unavailable, "no loop device is free")} : configure(device, image);
        if (!configured || *configured) {
            ::close(control);
            return configured ? Result<std::string>{device} : Result<std::string>{pass_on(configured)};
        }
    }
    ::close(control);
    return fail(Errc::unavailable, "others took each free loop device");
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

Result<std::string> attach_loop(const std::string& image)
{
    const auto attached = TRY(find_loop(image));
    if (attached)
        return *attached;
    const int file = ::open(image.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0)
        return fail(errno == ENOENT ? Errc::not_found : Errc::unavailable, "open {}: {}", image, std::strerror(errno));
    auto device = attach_to_free(file);
    ::close(file);
    return device;
}

Result<void> detach_loop(const std::string& image)
{
    const auto device = TRY(find_loop(image));
    if (!device)
        return {};
    const int loop = ::open(device->c_str(), O_RDONLY | O_CLOEXEC);
    if (loop < 0)
        return fail(Errc::unavailable, "open {}: {}", *device, std::strerror(errno));
    const int code = ::ioctl(loop, LOOP_CLR_FD);
    const int number = errno;
    ::close(loop);
    if (code != 0 && number != ENXIO && number != EBUSY)
        return fail(Errc::unavailable, "detach {}: {}", *device, std::strerror(number));
    // The kernel answers yes and waits for the last user; gone is what sysfs no longer shows.
    const auto still = TRY(find_loop(image));
    if (still)
        return fail(Errc::conflict, "{} is in use", *still);
    return {};
}

} // namespace berth::luks
