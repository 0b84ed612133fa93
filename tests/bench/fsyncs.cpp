#include "bench/customer.h"
#include "bench/measure.h"
#include "bench/measurements.h"

#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <thread>

namespace berth::bench {

namespace {

constexpr const char* kName = "fsyncs_per_lease";
// Request, swap sent, swapped, running with its reply, reply accepted; and, off that path, its file and its name there.
constexpr double kAim = 7;
constexpr size_t kLeases = 3;

/// strace on a running process; what it saw is complete once it has ended.
class Tracer {
public:
    static Result<Tracer> attach(pid_t pid, const std::string& output)
    {
        const std::vector<std::string> arguments{"-f", "-qq",  "-e", "trace=fsync,fdatasync",
                                                 "-o", output, "-p", std::to_string(pid)};
        const pid_t tracer = TRY(spawn("strace", arguments, output + ".log"));
        Tracer made{tracer};
        TRY(made.wait_until_attached(pid));
        return made;
    }
    ~Tracer() { end(); }
    Tracer(Tracer&& other) noexcept : tracer_{other.tracer_} { other.tracer_ = -1; }
    Tracer& operator=(Tracer&&) = delete;

    void end()
    {
        if (tracer_ < 0)
            return;
        ::kill(tracer_, SIGINT);
        ::waitpid(tracer_, nullptr, 0);
        tracer_ = -1;
    }

private:
    explicit Tracer(pid_t tracer) : tracer_{tracer} {}

    [[nodiscard]] Result<void> wait_until_attached(pid_t pid)
    {
        constexpr int kTries = 100;
        for (int i = 0; i < kTries; ++i) {
            std::ifstream status{fmt::format("/proc/{}/status", pid)};
            for (std::string line; std::getline(status, line);)
                if (line.starts_with("TracerPid:") && line != "TracerPid:\t0") {
                    std::this_thread::sleep_for(std::chrono::milliseconds{200}); // the other threads
                    return {};
                }
            if (::waitpid(tracer_, nullptr, WNOHANG) != 0) {
                tracer_ = -1;
                break;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        return fail(Errc::unavailable, "strace may not look at the daemon (kernel.yama.ptrace_scope)");
    }

    pid_t tracer_;
};

size_t count_calls(const std::string& file)
{
    std::ifstream trace{file};
    size_t calls = 0;
    for (std::string line; std::getline(trace, line);)
        if (line.find("sync(") != std::string::npos && line.find("resumed") == std::string::npos)
            ++calls;
    return calls;
}

} // namespace

Result<Lines> measure_fsyncs(Stage& stage)
{
    const Stage::Provider provider = TRY(stage.make_provider());
    const DaemonProcess daemon = TRY(stage.start(provider));
    Customer customer = TRY(Customer::visit(stage, provider));
    TRY(customer.rent()); // fetches the mint's keys, which no later lease does
    TRY(customer.clear());
    const std::string output = (stage.directory() / "fsyncs").string();
    Result<Tracer> tracer = Tracer::attach(daemon.pid(), output);
    if (!tracer)
        return Lines{Line{.name = kName, .skipped = tracer.error().message + "; apt-get install strace"}};
    for (size_t i = 0; i < kLeases; ++i)
        TRY(customer.rent());
    std::this_thread::sleep_for(std::chrono::milliseconds{500}); // the relay's OK for the last reply
    tracer->end();
    TRY(customer.clear());
    const double each = static_cast<double>(count_calls(output)) / static_cast<double>(kLeases);
    return Lines{Line{.name = kName,
                      .measured = fmt::format("{:.1f}", each),
                      .limit = "one a state that must survive",
                      .value = each,
                      .aim = kAim}};
}

} // namespace berth::bench
