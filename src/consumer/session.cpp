#include "consumer/session.h"

#include "nostr/relay_url.h"
#include "util/hex.h"
#include "util/log.h"

#include <algorithm>

namespace berth::consumer {

namespace {

constexpr std::chrono::seconds kConnectWait{10};
/// Providers date kind-4 answers up to a minute back, for the sake of the public client.
constexpr int64_t kAnswersBackdatedMax = 600;
constexpr size_t kInboxCapacity = 4096;

UnixTime later(std::chrono::milliseconds wait)
{
    return wall_clock_now() + wait;
}

} // namespace

Session::Session(SessionOptions options) : options_{std::move(options)}, inbox_{kInboxCapacity} {}

Session::~Session()
{
    if (pool_)
        pool_->stop();
}

Result<std::unique_ptr<Session>> Session::open(SessionOptions options)
{
    std::vector<std::string> relays;
    for (const std::string& text : options.relays) {
        std::string url = TRY(nostr::normalise_relay_url(text));
        relays.push_back(std::move(url));
    }
    options.relays = relays;
    std::unique_ptr<Session> session{new Session{std::move(options)}};
    Session& self = *session;
    self.net_ = TRY(net::NetThread::create({}));
    self.sockets_ =
        self.net_->make_client([&self](net::SocketEvent&& event) { return self.inbox_.put(std::move(event)); });
    self.pool_ = std::make_unique<nostr::relay::Pool>(
        *self.sockets_, self.random_,
        nostr::relay::PoolOptions{.relays = self.options_.relays, .auth_key = self.options_.key},
        nostr::relay::Pool::Handlers{.on_event = [&self](const std::string& subscription, const std::string&,
                                                         const nostr::Event& event) { self.take(subscription, event); },
                                     .on_also_seen = [](const std::string&, const nostr::EventId&) {},
                                     .on_stored_end =
                                         [&self](const std::string& subscription, const std::string&) {
                                             if (subscription == self.fetching_)
                                                 ++self.ended_relays_;
                                         },
                                     .on_published =
                                         [&self](const nostr::EventId& id, const std::string& relay,
                                                 nostr::relay::PublishState state, const std::string& text) {
                                             Verdicts& verdicts = self.verdicts_[id];
                                             ++verdicts.all;
                                             if (state == nostr::relay::PublishState::accepted)
                                                 ++verdicts.accepted;
                                             else
                                                 log::debug("{} did not take the request: {}", relay, text);
                                         },
                                     .on_cursor = [](const nostr::relay::Cursor&) {}});
    self.pool_->start(wall_clock_now());
    self.pump(later(kConnectWait), [&] { return self.is_connected(); });
    if (!self.is_connected())
        return fail(Errc::unavailable, "no relay could be reached");
    return session;
}

bool Session::is_connected() const
{
    const auto relays = pool_->status();
    return std::any_of(relays.begin(), relays.end(), [](const auto& relay) { return relay.connected; });
}

void Session::pump(UnixTime deadline, const std::function<bool()>& done)
{
    for (;;) {
        UnixTime now = wall_clock_now();
        pool_->tick(now);
        if (done() || now >= deadline)
            return;
        const auto wait = std::max(std::chrono::milliseconds{1}, std::min(deadline, pool_->next_due()) - now);
        for (net::SocketEvent& event : inbox_.take_all(std::chrono::steady_clock::now() + wait)) {
            now = wall_clock_now();
            pool_->handle(event, now);
        }
    }
}

void Session::take(const std::string& subscription, const nostr::Event& event)
{
    if (subscription == fetching_) {
        fetched_.push_back(event);
        return;
    }
    auto message = nostr::open_direct_message(event, options_.key, unix_seconds(wall_clock_now()));
    if (message)
        answers_.push_back(std::move(*message));
}

std::vector<nostr::Event> Session::fetch(const nostr::Filter& filter, std::chrono::milliseconds wait)
{
    fetching_ = fmt::format("f{}", ++last_fetch_);
    fetched_.clear();
    ended_relays_ = 0;
    pool_->subscribe({.name = fetching_, .filter = filter, .window = {}});
    pump(later(wait), [&] { return ended_relays_ >= options_.relays.size(); });
    pool_->unsubscribe(fetching_);
    fetching_.clear();

    std::map<std::string, nostr::Event> newest;
    for (nostr::Event& event : fetched_) {
        const bool replaceable = nostr::is_addressable(event.kind) || nostr::is_replaceable(event.kind);
        const std::string address = replaceable ? fmt::format("{}:{}:{}", event.kind, encode_hex(event.pubkey),
                                                              event.tag_value("d").value_or(""))
                                                : event.id_hex();
        const auto found = newest.find(address);
        if (found == newest.end())
            newest.emplace(address, std::move(event));
        else if (nostr::supersedes(event, found->second))
            found->second = std::move(event);
    }
    std::vector<nostr::Event> events;
    for (auto& [address, event] : newest)
        events.push_back(std::move(event));
    return events;
}

std::vector<nostr::DirectMessage> Session::fetch_notices(std::chrono::seconds back, std::chrono::milliseconds wait)
{
    const int64_t now = unix_seconds(wall_clock_now());
    nostr::Filter filter;
    filter.kinds = {nostr::kind::encrypted_dm, nostr::kind::gift_wrap};
    filter.tags['p'] = {nostr::PublicKey::of(options_.key).hex()};
    filter.since = now - back.count() - kAnswersBackdatedMax;
    std::vector<nostr::DirectMessage> notices;
    for (const nostr::Event& event : fetch(filter, wait)) {
        auto message = nostr::open_direct_message(event, options_.key, now);
        if (message && !message->in_reply_to)
            notices.push_back(std::move(*message));
    }
    std::sort(notices.begin(), notices.end(),
              [](const auto& left, const auto& right) { return left.created_at < right.created_at; });
    return notices;
}

void Session::listen_for_answers()
{
    if (listening_)
        return;
    listening_ = true;
    const std::string own = nostr::PublicKey::of(options_.key).hex();
    const int64_t since = unix_seconds(wall_clock_now()) - kAnswersBackdatedMax;
    for (const nostr::Kind kind : {nostr::kind::encrypted_dm, nostr::kind::gift_wrap}) {
        nostr::Filter filter;
        filter.kinds = {kind};
        filter.tags['p'] = {own};
        filter.since = since;
        pool_->subscribe({.name = kind == nostr::kind::gift_wrap ? "gw" : "dm", .filter = filter, .window = {}});
    }
}

Result<Session::Sent> Session::send(const nostr::PublicKey& provider, const std::string& text,
                                    nostr::Transport transport, std::chrono::seconds wait, nostr::Wrap wrap)
{
    listen_for_answers();
    const int64_t now = unix_seconds(wall_clock_now());
    const nostr::OutgoingMessage message{.transport = transport,
                                         .receiver = provider,
                                         .text = text,
                                         .in_reply_to = {},
                                         .rumor_time = now,
                                         .event_time = now,
                                         .wrap = wrap};
    const nostr::SealedMessage sealed = TRY(nostr::make_direct_message(message, options_.key, random_));
    verdicts_[sealed.event.id] = {};
    pool_->publish(sealed.event, {}, later(wait));
    return Sent{sealed.event.id, provider, encode_hex(sealed.message_id), wrap};
}

Result<std::string> Session::await(const Sent& sent, std::chrono::seconds wait)
{
    const Verdicts& verdicts = verdicts_[sent.event_id];
    const auto find_answer = [&] {
        return std::find_if(answers_.begin(), answers_.end(), [&](const nostr::DirectMessage& answer) {
            return answer.sender == sent.provider && answer.in_reply_to == sent.request_id;
        });
    };
    const auto is_refused = [&] { return verdicts.all >= options_.relays.size() && verdicts.accepted == 0; };
    pump(later(wait), [&] { return find_answer() != answers_.end() || is_refused(); });
    const auto answer = find_answer();
    if (answer != answers_.end())
        return answer->text;
    if (verdicts.accepted == 0)
        return fail(Errc::unavailable, "no relay took the request; the provider has not seen it");
    if (sent.wrap == nostr::Wrap::ephemeral)
        return fail(Errc::outcome_unknown,
                    "the provider did not answer within {} s. No relay keeps this request: if the provider is away, it "
                    "is lost and nothing was taken. Ask again: the same token is never charged twice",
                    wait.count());
    return fail(Errc::outcome_unknown,
                "the provider did not answer within {} s; ask again: the same token is never charged twice",
                wait.count());
}

Result<std::string> Session::ask(const nostr::PublicKey& provider, const std::string& text, nostr::Transport transport,
                                 std::chrono::seconds wait, nostr::Wrap wrap)
{
    const Sent sent = TRY(send(provider, text, transport, wait, wrap));
    return await(sent, wait);
}

} // namespace berth::consumer
