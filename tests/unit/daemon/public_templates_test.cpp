#include "daemon/config.h"
#include "unit/source_dir.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace berth::daemon {
namespace {

struct PublicTemplate {
    const char* slug;
    const char* image; ///< null: the public system has none to name
    std::vector<compute::TemplatePort> ports;
    const char* data_path;
    uint32_t cpu_millicores_min;
    uint64_t memory_mb_min;
    uint64_t disk_gb_min;
    std::map<std::string, std::string> environment;
};

/// What clients of the public marketplace know under each slug.
const PublicTemplate kPublic[] = {
    {"nostr-relay", "dockurr/strfry", {{7777, "relay-ws", "ws"}}, "/app/strfry-db", 500, 512, 5, {}},
    {"inference-endpoint",
     "ollama/ollama",
     {{11434, "ollama-http", "http"}},
     "/root/.ollama",
     2000,
     4096,
     20,
     {{"OLLAMA_HOST", "0.0.0.0:11434"}}},
    {"headless-browser",
     "ghcr.io/browserless/chromium",
     {{3000, "browserless-http", "http"}, {9222, "cdp", "http"}},
     "",
     1000,
     1024,
     5,
     {}},
    {"bitcoin-node",
     "btcpayserver/bitcoin:28.1",
     {{8332, "rpc", "bitcoin-rpc"}, {8333, "p2p", "tcp"}},
     "/data",
     1000,
     2048,
     50,
     {{"BITCOIN_NETWORK", "regtest"}, {"BITCOIN_RPC_USER", "paygress"}}},
    {"agent-sandbox",
     nullptr,
     {{8080, "sandbox-exec", "http"}},
     "/workspace",
     500,
     1024,
     5,
     {{"EXEC_USER", "root"}, {"EXEC_PASS", "{password}"}}},
    {"openclaw",
     "ghcr.io/openclaw/openclaw",
     {{18789, "openclaw-gateway", "http"}},
     "/data/.openclaw",
     1000,
     2048,
     5,
     {{"OPENCLAW_GATEWAY_HOST", "0.0.0.0"}, {"OPENCLAW_CONFIG_DIR", "/data/.openclaw"}}},
};

std::filesystem::path shipped(const std::string& slug)
{
    return berth::checkout::source_dir() + "/config/templates/" + slug + ".toml";
}

TEST_CASE("the templates that we ship are the public ones: image, ports in their order, data, minimums, environment")
{
    for (const PublicTemplate& known : kPublic) {
        CAPTURE(known.slug);
        const auto ours = load_template(shipped(known.slug));
        REQUIRE_MESSAGE(ours.has_value(), (ours ? "" : ours.error().message));
        CHECK(ours->slug == known.slug);
        if (known.image)
            CHECK(ours->image == known.image);
        CHECK(ours->data_path == known.data_path);
        CHECK(ours->cpu_millicores_min == known.cpu_millicores_min);
        CHECK(ours->memory_mb_min == known.memory_mb_min);
        CHECK(ours->disk_gb_min == known.disk_gb_min);
        CHECK(ours->environment == known.environment);
        REQUIRE(ours->ports.size() == known.ports.size());
        for (size_t i = 0; i < known.ports.size(); ++i) {
            CHECK(ours->ports[i].container_port == known.ports[i].container_port);
            CHECK(ours->ports[i].label == known.ports[i].label);
            CHECK(ours->ports[i].scheme == known.ports[i].scheme);
        }
        // Public clients can ask for neither: what we ship runs as it does elsewhere.
        CHECK(ours->consumer_environment.empty());
        CHECK(!ours->consumer_command);
    }
    CHECK(load_template(shipped("nostr-relay"))->nofile_max == 1'048'576);
}

/// What is wrong with a template of these further lines; empty if nothing is.
std::string problems_of(const std::string& lines)
{
    const auto file = std::filesystem::temp_directory_path() / fmt::format("berth-template-{}.toml", ::getpid());
    std::ofstream{file} << "slug = \"t\"\nimage = \"img\"\n" << lines;
    const auto loaded = load_template(file);
    std::filesystem::remove(file);
    return loaded ? "" : loaded.error().message;
}

TEST_CASE("a template says what consumers may set, and never the variable that holds the lease's password")
{
    CHECK(problems_of("consumer_environment = [\"MODE\", \"OTHER\"]\nconsumer_command = true\n[environment]\n"
                      "MODE = \"quiet\"\nPASS = \"{password}\"\n")
              .empty());
    CHECK(problems_of("consumer_environment = [\"PASS\"]\n[environment]\nPASS = \"x{password}\"\n").find("PASS") !=
          std::string::npos);
    for (const char* bad : {"consumer_environment = [\"A=B\"]\n", "consumer_environment = [\"\"]\n",
                            "consumer_environment = \"A\"\n", "consumer_command = 1\n"})
        CHECK(!problems_of(bad).empty());
}

} // namespace
} // namespace berth::daemon
