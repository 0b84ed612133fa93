#include "provider/image_policy.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

std::vector<compute::ImageRule> rules(std::initializer_list<const char*> texts)
{
    std::vector<compute::ImageRule> made;
    for (const char* text : texts)
        made.push_back(compute::ImageRule::parse(text).value());
    return made;
}

bool is_allowed(const char* image, const ImagePolicy& policy)
{
    const auto refusal = judge_image(compute::split_image_reference(image).value(), policy);
    if (refusal)
        CHECK(std::string{refusal->type} == error_type::image_denied);
    return !refusal;
}

TEST_CASE("an empty allow list allows everything, and a deny rule wins over an allow rule")
{
    CHECK(is_allowed("any.example/x", {}));
    const ImagePolicy policy{.allow = rules({"ghcr.io/", "ubuntu"}), .deny = rules({"ghcr.io/evil"})};
    CHECK(is_allowed("ghcr.io/good/x:1", policy));
    CHECK(is_allowed("docker.io/library/ubuntu:22.04", policy));
    CHECK_FALSE(is_allowed("GHCR.IO/evil/x", policy));
    CHECK_FALSE(is_allowed("quay.io/x/y", policy));
}

TEST_CASE("nobody gets the operator's private images unless a rule names them")
{
    ImagePolicy policy{.private_registries = {"private.example:5000"}};
    CHECK_FALSE(is_allowed("Private.example:5000/secret", policy));
    CHECK(is_allowed("private.example/other", policy));
    policy.allow = rules({"*"});
    CHECK_FALSE(is_allowed("private.example:5000/secret", policy));
    CHECK(is_allowed("ubuntu", policy));
    policy.allow = rules({"*", "private.example:5000/public/"});
    CHECK(is_allowed("private.example:5000/public/x", policy));
    CHECK_FALSE(is_allowed("private.example:5000/secret", policy));
}

} // namespace
} // namespace berth::provider
