#include "provider/admission.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

Options small_provider()
{
    Bytes32 one{};
    one[31] = 1;
    Options options{.key = nostr::SecretKey::create(one).value()};
    options.specs = {{.id = "basic", .cpu_millicores = 500, .memory_mb = 512, .disk_gb = 5, .rate_msats_per_sec = 100},
                     {.id = "large", .cpu_millicores = 2000, .memory_mb = 4096, .rate_msats_per_sec = 400}};
    options.templates["web"] = {.slug = "web",
                                .image = "nginx",
                                .ports = {{.container_port = 80, .label = "web", .scheme = "http"}},
                                .environment = {{"PASS", "{password}"}, {"MODE", "quiet"}},
                                .consumer_environment = {"MODE", "TITLE"},
                                .memory_mb_min = 512};
    options.templates["huge"] = {.slug = "huge", .image = "nginx", .memory_mb_min = 1024};
    options.images.deny = {compute::ImageRule::parse("evil/").value()};
    return options;
}

SpawnRequest plain_spawn()
{
    return {.cashu_token = "t", .image = "ubuntu:22.04", .username = "user", .password = "abcdefghij12"};
}

std::string refusal_of(const SpawnRequest& request, const Options& options = small_provider())
{
    crypto::SystemRandom random;
    const auto verdict = admit(request, options, random);
    const auto* refusal = std::get_if<Refusal>(&verdict);
    return refusal ? refusal->type : "";
}

Admission admission_of(const SpawnRequest& request)
{
    crypto::SystemRandom random;
    return std::get<Admission>(admit(request, small_provider(), random));
}

TEST_CASE("a spawn without a spec gets the first one, and an unknown spec is refused")
{
    CHECK(admission_of(plain_spawn()).spec.id == "basic");
    SpawnRequest request = plain_spawn();
    request.spec_id = "large";
    CHECK(admission_of(request).spec.id == "large");
    request.spec_id = "nothing";
    CHECK(refusal_of(request) == error_type::unknown_spec);
}

TEST_CASE("a template decides image, ports and environment, with the lease's password in it")
{
    SpawnRequest request = plain_spawn();
    request.template_slug = "web";
    request.image = "--privileged";
    const Admission admission = admission_of(request);
    CHECK(admission.workload.image.find("nginx") != std::string::npos);
    CHECK(admission.workload.environment.at("PASS") == "abcdefghij12");
    CHECK(admission.workload.ports.size() == 2); // ssh and web
    CHECK(!admission.workload.keep_alive);
}

TEST_CASE("a template lets consumers set the names that it lists, and run nothing of theirs unless it says so")
{
    SpawnRequest request = plain_spawn();
    request.template_slug = "web";
    request.settings.environment = {{"MODE", "loud {password}"}, {"TITLE", ""}};
    const auto& environment = admission_of(request).workload.environment;
    CHECK(environment ==
          std::map<std::string, std::string>{{"MODE", "loud {password}"}, {"PASS", "abcdefghij12"}, {"TITLE", ""}});
    for (const char* name : {"PASS", "LD_PRELOAD", "mode"}) {
        request.settings.environment = {{name, "x"}};
        CHECK(refusal_of(request) == error_type::environment_denied);
    }
    request.settings = {.command = {"sh"}};
    CHECK(refusal_of(request) == error_type::command_denied);
    Options options = small_provider();
    options.templates.at("web").consumer_command = true;
    CHECK(refusal_of(request, options).empty());
}

TEST_CASE("a plain image takes environment and command of a consumer's unless the operator says no")
{
    SpawnRequest request = plain_spawn();
    request.settings = {.environment = {{"A", "1"}}, .command = {"sleep", "9"}};
    CHECK(admission_of(request).workload.environment == request.settings.environment);
    CHECK(admission_of(request).workload.command == request.settings.command);
    Options options = small_provider();
    options.images.consumer_environment = false;
    CHECK(refusal_of(request, options) == error_type::environment_denied);
    options.images.consumer_environment = true;
    options.images.consumer_command = false;
    CHECK(refusal_of(request, options) == error_type::command_denied);
    CHECK(refusal_of(plain_spawn(), options).empty());
}

TEST_CASE("what can't be done is refused with the stable word for it")
{
    SpawnRequest request = plain_spawn();
    request.template_slug = "none-such";
    CHECK(refusal_of(request) == error_type::unknown_template);
    request.template_slug = "huge";
    CHECK(refusal_of(request) == error_type::unknown_spec);
    request = plain_spawn();
    request.image = "evil/tool:1";
    CHECK(refusal_of(request) == error_type::image_denied);
    request.image = "UPPER CASE; rm -rf /";
    CHECK(refusal_of(request) == error_type::image_not_found);
    request = plain_spawn();
    request.replication_mode = "warm-standby";
    CHECK(refusal_of(request) == error_type::not_addressed);
}

TEST_CASE("a weak password is replaced, and a strange user name too")
{
    SpawnRequest request = plain_spawn();
    request.password = "short";
    request.username = "-oProxyCommand=x";
    const Admission admission = admission_of(request);
    CHECK(admission.password.size() == 16);
    CHECK(admission.username == "root");
}

TEST_CASE("a payment buys whole seconds, and not less than the least that is sold")
{
    const Options options = small_provider();
    const Spec& spec = options.specs.front();
    CHECK(duration_of({6'099}, spec).count() == 60);
    CHECK(price_of(std::chrono::seconds{60}, spec).value == 6'000);
    CHECK(!judge_duration({6'000}, spec, options));
    CHECK(judge_duration({5'999}, spec, options)->type == std::string{error_type::insufficient_payment});
}

} // namespace
} // namespace berth::provider
