#include "provider/control_request.h"

#include "provider/requests.h"
#include "util/json.h"

#include <algorithm>
#include <array>

namespace berth::provider::control {

namespace {

constexpr JsonLimits kLineLimits{.bytes_max = kControlLineBytesMax, .depth_max = 2, .items_max = 64};
constexpr JsonLimits kAnswerLimits{.bytes_max = 8 << 20, .depth_max = 16, .items_max = 1'000'000};
constexpr size_t kLeaseIdLength = 16;

Result<std::string> read_lease(const Json& body)
{
    std::string lease = TRY(json_string(body, "lease"));
    const bool is_id = lease.size() == kLeaseIdLength && std::all_of(lease.begin(), lease.end(), [](char c) {
                           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                       });
    if (!is_id && !parse_pod_number(lease))
        return fail(Errc::bad_input, "a lease is named by its number or its id");
    return lease;
}

Result<EndLease> read_end(const Json& body)
{
    EndLease end;
    end.lease = TRY(read_lease(body));
    auto reason = TRY(json_optional_string(body, "reason"));
    end.reason = std::move(reason).value_or("");
    if (end.reason.size() > kControlReasonBytesMax || end.reason.find('\0') != std::string::npos)
        return fail(Errc::bad_input, "a reason has at most {} bytes, none of them zero", kControlReasonBytesMax);
    return end;
}

Result<std::chrono::seconds> read_wait(const Json& body, std::chrono::seconds otherwise)
{
    const auto wait = TRY(json_optional_u64(body, "wait_seconds"));
    const auto longest = static_cast<uint64_t>(kControlWaitMax.count());
    return wait ? std::chrono::seconds{std::min(*wait, longest)} : otherwise;
}

Result<Drain> read_drain(const Json& body)
{
    Drain drain;
    if (body.contains("evict"))
        drain.evict = TRY(json_bool(body, "evict"));
    drain.wait = TRY(read_wait(body, std::chrono::seconds{0}));
    return drain;
}

Result<Wallet> read_wallet(const Json& body)
{
    if (!body.contains("wallet") || !body.at("wallet").is_object())
        return fail(Errc::bad_input, "wallet is missing");
    Wallet wallet;
    wallet.request = TRY(cashu::decode_operator_request(dump_json(body.at("wallet"))));
    wallet.wait = TRY(read_wait(body, wallet.wait));
    return wallet;
}

Result<Request> widen(auto read)
{
    if (!read)
        return pass_on(read);
    return Request{std::move(*read)};
}

Result<Request> read_request(const Json& body)
{
    constexpr std::array kMembers = {"id", "verb", "lease", "reason", "evict", "wallet", "wait_seconds"};
    for (const auto& [name, value] : body.items())
        if (std::find(kMembers.begin(), kMembers.end(), name) == kMembers.end())
            return fail(Errc::bad_input, "a request has no member of that name");
    const std::string verb = TRY(json_string(body, "verb"));
    if (verb == "status")
        return Request{Status{}};
    if (verb == "lease.list")
        return Request{ListLeases{}};
    if (verb == "lease.show") {
        std::string lease = TRY(read_lease(body));
        return Request{ShowLease{std::move(lease)}};
    }
    if (verb == "lease.end")
        return widen(read_end(body));
    if (verb == "drain")
        return widen(read_drain(body));
    if (verb == "resume")
        return Request{Resume{}};
    if (verb == "wallet")
        return widen(read_wallet(body));
    return fail(Errc::bad_input, "there is no such verb");
}

struct Encoder {
    OrderedJson& body;

    void operator()(const Status&) const { body["verb"] = "status"; }
    void operator()(const ListLeases&) const { body["verb"] = "lease.list"; }
    void operator()(const ShowLease& show) const
    {
        body["verb"] = "lease.show";
        body["lease"] = show.lease;
    }
    void operator()(const EndLease& end) const
    {
        body["verb"] = "lease.end";
        body["lease"] = end.lease;
        body["reason"] = end.reason;
    }
    void operator()(const Drain& drain) const
    {
        body["verb"] = "drain";
        body["evict"] = drain.evict;
        body["wait_seconds"] = drain.wait.count();
    }
    void operator()(const Resume&) const { body["verb"] = "resume"; }
    void operator()(const Wallet& wallet) const
    {
        body["verb"] = "wallet";
        body["wait_seconds"] = wallet.wait.count();
        body["wallet"] = OrderedJson::parse(cashu::encode_operator_request(wallet.request));
    }
};

Errc parse_errc(const std::string& name)
{
    for (const Errc code : {Errc::bad_input, Errc::refused, Errc::not_found, Errc::conflict, Errc::unavailable,
                            Errc::outcome_unknown, Errc::corrupt})
        if (name == name_of(code))
            return code;
    return Errc::refused;
}

} // namespace

Line decode_line(std::string_view text)
{
    const auto body = parse_json(text, kLineLimits);
    if (!body)
        return {.request = pass_on(body)};
    if (!body->is_object())
        return {.request = fail(Errc::bad_input, "a request is a JSON object")};
    const auto id = json_u64(*body, "id");
    if (!id)
        return {.request = pass_on(id)};
    return {.id = *id, .request = read_request(*body)};
}

std::string encode_line(uint64_t id, const Request& request)
{
    OrderedJson body{{"id", id}};
    std::visit(Encoder{body}, request);
    return dump_json(body);
}

std::string encode_answer(uint64_t id, const Result<std::string>& result)
{
    if (result)
        return fmt::format(R"({{"id":{},"result":{}}})", id, *result);
    OrderedJson body{{"id", id}};
    body["error"] = {{"code", name_of(result.error().code)}, {"message", result.error().message}};
    return dump_json(body);
}

Result<Answer> decode_answer(std::string_view text)
{
    OrderedJson body;
    try {
        TRY(parse_json(text, kAnswerLimits));
        body = OrderedJson::parse(text); // whose members keep their order
    } catch (const Json::exception&) {
        return fail(Errc::bad_input, "the provider's answer can't be read");
    }
    if (!body.is_object() || !body.contains("id") || !body.at("id").is_number_unsigned())
        return fail(Errc::bad_input, "the provider's answer has no id");
    const auto id = body.at("id").get<uint64_t>();
    if (body.contains("result"))
        return Answer{id, dump_json(body.at("result"))};
    const auto error = body.find("error");
    if (error == body.end() || !error->is_object())
        return fail(Errc::bad_input, "the provider's answer has neither result nor error");
    return Answer{id, Unexpected{{parse_errc(error->value("code", "")), error->value("message", "")}}};
}

} // namespace berth::provider::control
