#include "cashu/mint_client.h"

#include "cashu/mint_info.h"
#include "util/log.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace berth::cashu {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kSilence{61};
constexpr std::chrono::seconds kSilenceMax{3600};
constexpr auto kMeltTimeout = 180s;
constexpr auto kSwapTimeout = 60s;
constexpr auto kReadTimeout = 30s;
constexpr auto kExpiryMargin = 15s;
constexpr size_t kKeysBytesMax = 4 << 20;
constexpr double kFirstPerMinute = 15;
constexpr double kUnlimitedPerMinute = 600;
constexpr auto kDoubling = 10min; ///< the pace doubles in this time
constexpr double kBurst = 5;
constexpr double kReadCost = 0.25; ///< mints count reads towards a wider limit

double cost_of(MintCall call)
{
    return call == MintCall::transaction ? 1 : kReadCost;
}

net::HttpRequest request_of(const char* method, std::string url, std::string body, std::chrono::seconds timeout)
{
    net::HttpRequest request;
    request.method = method;
    request.url = std::move(url);
    request.body = std::move(body);
    request.timeout = timeout;
    return request;
}

Result<std::string> body_of(net::HttpResult result)
{
    net::HttpResponse response = TRY(std::move(result));
    if (response.status != 200) {
        const MintError error = decode_mint_error(response.body);
        const bool is_clear_no = response.status >= 400 && response.status < 500 && response.status != 429;
        return fail(is_clear_no ? Errc::refused : Errc::unavailable, "the mint answered {}: {}", response.status,
                    error.detail);
    }
    return std::move(response.body);
}

SwapReply read_swap(net::HttpResult result)
{
    SwapReply reply;
    if (!result) {
        reply.detail = result.error().message;
        return reply;
    }
    if (result->status == 200) {
        auto signatures = decode_signatures(result->body);
        if (signatures) {
            reply.answer = SwapAnswer::signatures;
            reply.signatures = std::move(signatures).value();
        } else {
            const MintError error = decode_mint_error(result->body);
            // An error that came as a success is no attempt at signatures.
            reply.answer = error.code ? SwapAnswer::ambiguous : SwapAnswer::bad_signatures;
            reply.detail = error.code ? error.detail : signatures.error().message;
            reply.raw = std::move(result->body);
        }
        return reply;
    }
    const MintError error = decode_mint_error(result->body);
    reply.code = error.code;
    reply.detail = fmt::format("{}: {}", result->status, error.detail);
    const auto code = error.code ? std::optional{static_cast<int64_t>(*error.code)} : std::nullopt;
    reply.answer = classify_refusal(result->status, code, !error.detail.empty());
    return reply;
}

MeltReply read_melt(net::HttpResult result)
{
    MeltReply reply;
    if (!result) {
        reply.detail = result.error().message;
        return reply;
    }
    if (result->status == 200) {
        auto quote = decode_melt_quote(result->body);
        if (quote)
            reply.quote = std::move(quote).value();
        else
            reply.detail = quote.error().message;
        return reply;
    }
    const MintError error = decode_mint_error(result->body);
    reply.detail = fmt::format("{}: {}", result->status, error.detail);
    reply.refused = result->status == 400 && error.code && !error.detail.empty();
    return reply;
}

/// A Retry-After in seconds; zero for none, or for one in the form of a date.
std::chrono::seconds seconds_of(const std::string& retry_after)
{
    uint32_t seconds = 0;
    const char* end = retry_after.data() + retry_after.size();
    const auto parsed = std::from_chars(retry_after.data(), end, seconds);
    return std::chrono::seconds{parsed.ec == std::errc{} && parsed.ptr == end ? seconds : 0};
}

} // namespace

double MintPace::per_minute(UnixTime now) const
{
    const std::chrono::duration<double> since = std::max(now - silent_until_, UnixTime::duration{0});
    return kFirstPerMinute * std::exp2(since / std::chrono::duration<double>{kDoubling});
}

double MintPace::tokens(UnixTime now) const
{
    const std::chrono::duration<double> since = std::max(now - counted_at_, UnixTime::duration{0});
    return std::min(kBurst, tokens_ + since.count() * per_minute(now) / 60);
}

bool MintPace::allows(MintCall call, UnixTime now) const
{
    if (!limited_)
        return true;
    if (now < silent_until_)
        return false;
    return per_minute(now) >= kUnlimitedPerMinute || tokens(now) >= cost_of(call);
}

UnixTime MintPace::free_at(MintCall call, UnixTime now) const
{
    if (allows(call, now))
        return now;
    if (now < silent_until_)
        return silent_until_;
    const double missing = cost_of(call) - tokens(now);
    return now + std::chrono::milliseconds{static_cast<int64_t>(std::ceil(missing * 60'000 / per_minute(now))) + 1};
}

void MintPace::spend(MintCall call, UnixTime now)
{
    if (!limited_)
        return;
    tokens_ = std::max(0.0, tokens(now) - cost_of(call));
    counted_at_ = now;
}

void MintPace::on_rate_limited(UnixTime now, std::chrono::seconds retry_after)
{
    limited_ = true;
    silent_until_ = now + std::clamp<std::chrono::seconds>(retry_after, kSilence, kSilenceMax);
    counted_at_ = silent_until_;
    tokens_ = 1;
}

bool MintClient::may_send(const std::string& mint, MintCall call, UnixTime now) const
{
    const auto busy = in_flight_.find(mint);
    if (busy != in_flight_.end() && busy->second >= calls_in_flight_max_)
        return false;
    const auto pace = paces_.find(mint);
    return pace == paces_.end() || pace->second.allows(call, now);
}

UnixTime MintClient::free_at(const std::string& mint, MintCall call, UnixTime now) const
{
    const auto pace = paces_.find(mint);
    return pace == paces_.end() ? now : pace->second.free_at(call, now);
}

void MintClient::send(const std::string& mint, MintCall call, net::HttpRequest request,
                      std::function<void(net::HttpResult)> done)
{
    const UnixTime now = clock_();
    const uint64_t id = next_id_++;
    request.headers.emplace_back("Accept", "application/json");
    if (request.method == "POST")
        request.headers.emplace_back("Content-Type", "application/json");
    paces_[mint].spend(call, now);
    ++in_flight_[mint];
    calls_.emplace(id, Call{mint, now + request.timeout + kExpiryMargin, std::move(done)});
    http_.send(std::move(request), [this, id, alive = std::weak_ptr<bool>{alive_}](net::HttpResult result) {
        if (!alive.expired())
            finish(id, std::move(result));
    });
}

void MintClient::finish(uint64_t id, net::HttpResult result)
{
    const auto found = calls_.find(id);
    if (found == calls_.end())
        return; // expired before
    Call call = std::move(found->second);
    calls_.erase(found);
    --in_flight_[call.mint];
    if (result && result->status == 429) {
        log::warn("mint {} limits our rate; silent for a while", call.mint);
        paces_[call.mint].on_rate_limited(clock_(), seconds_of(result->retry_after));
    }
    call.done(std::move(result));
}

void MintClient::expire(UnixTime now)
{
    std::vector<uint64_t> late;
    for (const auto& [id, call] : calls_)
        if (call.expires_at <= now)
            late.push_back(id);
    for (const uint64_t id : late)
        finish(id, fail(Errc::outcome_unknown, "no answer"));
}

std::optional<UnixTime> MintClient::next_expiry() const
{
    std::optional<UnixTime> soonest;
    for (const auto& [id, call] : calls_)
        soonest = soonest ? std::min(*soonest, call.expires_at) : call.expires_at;
    return soonest;
}

void MintClient::get(const std::string& mint, const std::string& path, size_t bytes_max,
                     std::function<void(Result<std::string>)> done)
{
    net::HttpRequest request = request_of("GET", mint + path, {}, kReadTimeout);
    request.response_bytes_max = bytes_max;
    send(mint, MintCall::read, std::move(request),
         [done = std::move(done)](net::HttpResult result) { done(body_of(std::move(result))); });
}

void MintClient::post(const std::string& mint, const std::string& path, std::string body,
                      std::function<void(Result<std::string>)> done)
{
    net::HttpRequest request = request_of("POST", mint + path, std::move(body), kReadTimeout);
    send(mint, MintCall::read, std::move(request),
         [done = std::move(done)](net::HttpResult result) { done(body_of(std::move(result))); });
}

void MintClient::swap(const std::string& mint, const std::string& body, std::function<void(SwapReply)> done)
{
    net::HttpRequest request = request_of("POST", mint + "/v1/swap", body, kSwapTimeout);
    send(mint, MintCall::transaction, std::move(request),
         [done = std::move(done)](net::HttpResult result) { done(read_swap(std::move(result))); });
}

void MintClient::check_state(const std::string& mint, const std::vector<crypto::Point>& ys,
                             std::function<void(Result<std::vector<ProofStateOf>>)> done)
{
    post(mint, "/v1/checkstate", encode_checkstate_request(ys), [done = std::move(done)](Result<std::string> body) {
        done(body ? decode_checkstate_reply(*body) : Result<std::vector<ProofStateOf>>{pass_on(body)});
    });
}

void MintClient::restore(const std::string& mint, const std::vector<BlindedMessage>& outputs,
                         std::function<void(Result<RestoreReply>)> done)
{
    post(mint, "/v1/restore", encode_restore_request(outputs), [done = std::move(done)](Result<std::string> body) {
        done(body ? decode_restore_reply(*body) : Result<RestoreReply>{pass_on(body)});
    });
}

void MintClient::request_melt_quote(const std::string& mint, const MeltQuoteRequest& request,
                                    std::function<void(MeltReply)> done)
{
    send(mint, MintCall::transaction,
         request_of("POST", mint + "/v1/melt/quote/bolt11", encode_melt_quote_request(request), kReadTimeout),
         [done = std::move(done)](net::HttpResult result) { done(read_melt(std::move(result))); });
}

void MintClient::melt(const std::string& mint, const std::string& body, std::function<void(MeltReply)> done)
{
    send(mint, MintCall::transaction, request_of("POST", mint + "/v1/melt/bolt11", body, kMeltTimeout),
         [done = std::move(done)](net::HttpResult result) { done(read_melt(std::move(result))); });
}

void MintClient::fetch_melt_quote(const std::string& mint, const std::string& quote,
                                  std::function<void(MeltReply)> done)
{
    send(mint, MintCall::read, request_of("GET", mint + "/v1/melt/quote/bolt11/" + quote, {}, kReadTimeout),
         [done = std::move(done)](net::HttpResult result) { done(read_melt(std::move(result))); });
}

void MintClient::fetch_info(const std::string& mint, std::function<void(Result<std::string>)> done)
{
    get(mint, "/v1/info", 1 << 20, std::move(done));
}

void MintClient::fetch_keysets(const std::string& mint, std::function<void(Result<KeysetsReply>)> done)
{
    get(mint, "/v1/keysets", kKeysBytesMax, [done = std::move(done)](Result<std::string> body) {
        done(body ? decode_keysets(*body) : Result<KeysetsReply>{pass_on(body)});
    });
}

void MintClient::fetch_keys(const std::string& mint, const KeysetId& id, std::function<void(Result<KeysetsReply>)> done)
{
    get(mint, "/v1/keys/" + id, kKeysBytesMax, [done = std::move(done)](Result<std::string> body) {
        done(body ? decode_keys(*body) : Result<KeysetsReply>{pass_on(body)});
    });
}

} // namespace berth::cashu
