#include "cashu/wallet_sweeps.h"

#include "util/hex.h"
#include "util/log.h"

#include <algorithm>

namespace berth::cashu {

using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 2min;
constexpr auto kAutomaticGap = std::chrono::minutes{15};
constexpr auto kLookInterval = 30s;
constexpr int kRoundsMax = 4;
constexpr size_t kAnswerBytesMax = 64 << 10;
constexpr size_t kRemembered = 100;

} // namespace

Sweeps::Sweeps(net::Http& http, WalletStore& store, MintClient& client, KeysetBook& book, Melts& melts,
               crypto::Random& random, const WalletOptions& options, std::function<Msat(const std::string&)> held_back)
    : http_{http}, store_{store}, client_{client}, book_{book}, melts_{melts}, random_{random}, options_{options.sweep},
      is_automatic_{!options.operator_only && !options.sweep.address.empty() && options.sweep.above.has_value()},
      clock_{options.clock}, held_back_{std::move(held_back)}
{
}

Sweeps::Sweep* Sweeps::running(const std::string& key)
{
    const auto found = sweeps_.find(key);
    return found == sweeps_.end() || found->second.is_over ? nullptr : &found->second;
}

Result<Amount> Sweeps::spendable(const std::string& mint, Unit unit) const
{
    std::vector<StoredProof> held = store_.unspent_proofs(mint, unit); // ascending
    // What doesn't fit one payment goes with the next.
    if (held.size() > kInputsMax)
        held.erase(held.begin(), held.end() - kInputsMax);
    Amount gross = 0;
    for (const StoredProof& proof : held)
        gross = TRY(add(gross, proof.proof.amount));
    const Amount fee = TRY(melts_.fee_of(held));
    const Msat kept{options_.keep.value + (held_back_ ? held_back_(mint).value : 0)};
    // Refunds that wait for their mint are somebody's money already.
    const Amount stays = from_msat(kept, unit) + fee + store_.waiting_payouts(mint, unit);
    return gross - std::min(gross, stays);
}

Result<void> Sweeps::begin(const SweepOrder& order, UnixTime now)
{
    if (sweeps_.count(order.key) || melts_.find(order.key))
        return {};
    Sweep sweep{.order = order};
    if (sweep.order.address.empty())
        sweep.order.address = options_.address;
    if (sweep.order.address.empty())
        return fail(Errc::bad_input, "no Lightning address is given or configured");
    sweep.url = TRY(lightning_address_url(sweep.order.address));
    const Amount free = TRY(spendable(order.mint, order.unit));
    if (free == 0)
        return fail(Errc::refused, "nothing is free at {}", order.mint);
    sweep.expires_at = now + kPatience;
    while (sweeps_.size() >= kRemembered)
        sweeps_.erase(sweeps_.begin());
    const std::string url = sweep.url;
    sweeps_.emplace(order.key, std::move(sweep));
    fetch(order.key, url, &Sweeps::on_parameters);
    return {};
}

std::optional<PaymentStatus> Sweeps::find(const std::string& key) const
{
    const auto found = sweeps_.find(key);
    if (found == sweeps_.end())
        return std::nullopt;
    const Sweep& sweep = found->second;
    return PaymentStatus{.settling = sweep.is_over ? Settling::failed : Settling::under_way,
                         .mint = sweep.order.mint,
                         .unit = sweep.order.unit,
                         .amount = sweep.amount,
                         .problem = sweep.problem};
}

void Sweeps::fetch(const std::string& key, const std::string& url,
                   void (Sweeps::*next)(Sweep&, const std::string& body))
{
    net::HttpRequest request;
    request.url = url;
    request.response_bytes_max = kAnswerBytesMax;
    http_.send(std::move(request), [this, key, next, alive = std::weak_ptr<bool>{alive_}](net::HttpResult result) {
        if (alive.expired())
            return;
        Sweep* sweep = running(key);
        if (!sweep)
            return;
        if (!result)
            return fail_sweep(*sweep, result.error().message);
        if (result->status != 200)
            return fail_sweep(*sweep, fmt::format("the payment service answers {}", result->status));
        (this->*next)(*sweep, result->body);
    });
}

void Sweeps::fail_sweep(Sweep& sweep, const std::string& problem)
{
    log::warn("no sweep from {}: {}", sweep.order.mint, problem);
    sweep.problem = problem;
    sweep.is_over = true;
}

void Sweeps::on_parameters(Sweep& sweep, const std::string& body)
{
    const auto parameters = decode_pay_parameters(body, sweep.url);
    if (!parameters)
        return fail_sweep(sweep, parameters.error().message);
    sweep.parameters = *parameters;
    const auto free = spendable(sweep.order.mint, sweep.order.unit);
    if (!free)
        return fail_sweep(sweep, free.error().message);
    // A first guess of the mint's reserve; its quote corrects it.
    const Amount guess = std::max<Amount>(*free / 100 + 1, from_msat(Msat{2000}, sweep.order.unit));
    sweep.amount = *free - std::min(*free, guess);
    sweep.amount = std::min(sweep.amount, from_msat(parameters->sendable_max, sweep.order.unit));
    request_invoice(sweep);
}

void Sweeps::request_invoice(Sweep& sweep)
{
    const auto amount = to_msat(sweep.amount, sweep.order.unit);
    if (!amount || amount->value == 0)
        return fail_sweep(sweep, "too little is free for a payment and its fees");
    const auto url = invoice_request_url(sweep.parameters, *amount);
    if (!url)
        return fail_sweep(sweep, url.error().message);
    fetch(sweep.order.key, *url, &Sweeps::on_invoice);
}

void Sweeps::on_invoice(Sweep& sweep, const std::string& body)
{
    const auto amount = to_msat(sweep.amount, sweep.order.unit);
    const auto invoice = amount ? decode_pay_invoice(body, *amount) : Result<std::string>{pass_on(amount)};
    if (!invoice)
        return fail_sweep(sweep, invoice.error().message);
    client_.request_melt_quote(
        sweep.order.mint, {.request = *invoice, .unit = sweep.order.unit},
        [this, key = sweep.order.key, text = *invoice](const MeltReply& reply) { on_quote(key, text, reply); });
}

void Sweeps::on_quote(const std::string& key, const std::string& invoice, const MeltReply& reply)
{
    Sweep* sweep = running(key);
    if (!sweep)
        return;
    if (!reply.quote)
        return fail_sweep(*sweep, "the mint gives no quote: " + reply.detail);
    const auto free = spendable(sweep->order.mint, sweep->order.unit);
    const auto wanted = add(reply.quote->amount, reply.quote->fee_reserve);
    if (!free || !wanted)
        return fail_sweep(*sweep, "the mint's quote is out of range");
    if (*wanted > *free) {
        if (++sweep->rounds >= kRoundsMax)
            return fail_sweep(*sweep, "the mint's fee reserve leaves nothing to send");
        sweep->amount -= std::min(sweep->amount, *wanted - *free);
        return request_invoice(*sweep);
    }
    const auto begun =
        melts_.begin({.key = key, .mint = sweep->order.mint, .unit = sweep->order.unit, .invoice = invoice}, clock_());
    if (!begun)
        return fail_sweep(*sweep, begun.error().message);
    sweeps_.erase(key); // from here on the payment's row tells
    melts_.tick(clock_());
}

void Sweeps::begin_automatic(UnixTime now)
{
    for (const auto& holding : store_.holdings()) {
        const auto free_at_most = to_msat(holding.amount, holding.unit);
        if (holding.state != HoldingState::unspent || !book_.is_whitelisted(holding.mint) || !free_at_most ||
            *free_at_most < *options_.above)
            continue;
        const auto place = std::pair{holding.mint, holding.unit};
        const auto after = automatic_after_.find(place);
        if (after != automatic_after_.end() && now < after->second)
            continue;
        const auto free = spendable(holding.mint, holding.unit);
        const auto worth = free ? to_msat(*free, holding.unit) : Result<Msat>{pass_on(free)};
        if (!worth || *worth < *options_.above)
            continue;
        automatic_after_[place] = now + kAutomaticGap;
        const std::string key = "sweep:" + encode_hex(ByteView{random_.bytes32()}.subspan(0, 8));
        log::info("sweeping what is above the threshold at {} to {}", holding.mint, options_.address);
        const auto begun = begin({.key = key, .mint = holding.mint, .unit = holding.unit, .address = {}}, now);
        if (!begun)
            log::warn("no sweep from {}: {}", holding.mint, begun.error().message);
    }
}

void Sweeps::tick(UnixTime now)
{
    for (auto& [key, sweep] : sweeps_)
        if (!sweep.is_over && sweep.expires_at <= now)
            fail_sweep(sweep, "no answer in time");
    if (is_automatic_ && next_look_ <= now) {
        next_look_ = now + kLookInterval;
        begin_automatic(now);
    }
}

std::optional<UnixTime> Sweeps::next_due() const
{
    std::optional<UnixTime> soonest;
    for (const auto& [key, sweep] : sweeps_)
        if (!sweep.is_over)
            soonest = std::min(soonest.value_or(sweep.expires_at), sweep.expires_at);
    if (is_automatic_)
        soonest = std::min(soonest.value_or(next_look_), next_look_);
    return soonest;
}

} // namespace berth::cashu
