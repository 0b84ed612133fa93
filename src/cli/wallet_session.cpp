#include "cli/wallet_session.h"

#include "cashu/seed.h"
#include "daemon/state_lock.h"
#include "net/http_thread.h"
#include "util/inbox.h"

#include <algorithm>
#include <filesystem>
#include <map>

namespace berth::cli {

namespace {

constexpr size_t kInboxCapacity = 256;
constexpr std::chrono::milliseconds kLongestWait{500};

struct HttpAnswer {
    uint64_t id = 0;
    net::HttpResult result;
};

/// Holds requests back until the transaction that made them is on disk.
class HeldHttp final : public net::Http {
public:
    explicit HeldHttp(net::HttpThread& thread) : thread_{thread} {}

    void send(net::HttpRequest request, std::function<void(net::HttpResult)> done) override
    {
        held_.push_back({++last_id_, std::move(request), std::move(done)});
    }
    void let_go()
    {
        for (Call& call : held_) {
            handlers_.emplace(call.id, std::move(call.done));
            thread_.send(call.id, std::move(call.request));
        }
        held_.clear();
    }
    void drop() { held_.clear(); }
    void finish(HttpAnswer answer)
    {
        auto handler = handlers_.extract(answer.id);
        if (!handler.empty())
            handler.mapped()(std::move(answer.result));
    }

private:
    struct Call {
        uint64_t id = 0;
        net::HttpRequest request;
        std::function<void(net::HttpResult)> done;
    };

    net::HttpThread& thread_;
    uint64_t last_id_ = 0;
    std::vector<Call> held_;
    std::map<uint64_t, std::function<void(net::HttpResult)>> handlers_;
};

class Session {
public:
    Session(db::Database& database, crypto::Random& random) : database_{database}, random_{random} {}

    [[nodiscard]] Result<void> open(const daemon::Config& config)
    {
        cashu::WalletOptions options = config.provider.wallet;
        options.operator_only = true;
        wallet_ =
            TRY(cashu::Wallet::create(database_, http_, random_, config.provider.seed_file, std::move(options), {}));
        return {};
    }

    [[nodiscard]] Result<std::string> run(const cashu::OperatorRequest& request, std::chrono::seconds patience)
    {
        const UnixTime end = wall_clock_now() + patience;
        cashu::OperatorVerb verb{request};
        TRY(in_transaction([&](UnixTime now) -> Result<void> {
            wallet_->start(now);
            return verb.begin(*wallet_, now);
        }));
        std::optional<Result<std::string>> answer;
        std::vector<HttpAnswer> arrived;
        for (;;) {
            TRY(in_transaction([&](UnixTime now) -> Result<void> {
                for (HttpAnswer& each : arrived)
                    http_.finish(std::move(each));
                if (wallet_->next_due() <= now)
                    wallet_->tick(now);
                answer = verb.poll(*wallet_, now);
                return {};
            }));
            if (answer)
                return std::move(*answer);
            const UnixTime now = wall_clock_now();
            if (now >= end)
                return fail(Errc::unavailable, "it is not over after {} s, and goes on when the wallet is used next{}",
                            patience.count(),
                            request.key.empty() ? std::string{} : "; ask again with --key " + request.key);
            arrived = inbox_.take_all(std::chrono::steady_clock::now() + wait_at(now));
        }
    }

private:
    [[nodiscard]] std::chrono::milliseconds wait_at(UnixTime now) const
    {
        const UnixTime due = wallet_->next_due();
        if (due <= now)
            return std::chrono::milliseconds{10}; // due, and a mint is to be asked slowly
        return due == UnixTime::max() ? kLongestWait : std::min(kLongestWait, due - now);
    }

    template <class Function>
    [[nodiscard]] Result<void> in_transaction(Function&& function)
    {
        TRY(database_.begin());
        const Result<void> done = function(wall_clock_now());
        const Result<void> stored = done ? database_.commit() : done;
        if (stored) {
            http_.let_go();
            return {};
        }
        if (database_.in_transaction())
            database_.roll_back();
        http_.drop();
        return stored;
    }

    db::Database& database_;
    crypto::Random& random_;
    Inbox<HttpAnswer> inbox_{kInboxCapacity};
    net::HttpThread thread_{[this](uint64_t id, net::HttpResult result) {
        inbox_.put_always({id, std::move(result)});
    }};
    HeldHttp http_{thread_};
    std::unique_ptr<cashu::Wallet> wallet_;
};

} // namespace

Result<std::string> run_wallet_request(const daemon::Config& config, const cashu::OperatorRequest& request,
                                       const std::optional<std::string>& words, std::chrono::seconds patience)
{
    // Another wallet would be made here, and stand in the way of the one that was meant.
    if (request.verb == "restore" && !words && !std::filesystem::exists(config.provider.seed_file))
        return fail(Errc::not_found, "there is no wallet in {}: name a file with its words with --words",
                    config.state_dir.string());
    const auto lock = daemon::StateLock::acquire(config.state_dir);
    if (!lock && lock.error().code == Errc::conflict)
        return fail(Errc::conflict, "the provider of {} is running; stop it first", config.state_dir.string());
    if (!lock)
        return pass_on(lock);
    if (words)
        TRY(cashu::SeedFile::write_words(config.provider.seed_file, *words));
    db::Database database =
        TRY(db::Database::open({.path = (config.state_dir / "berth.db").string(), .vfs = {}, .exclusive = true}));
    crypto::SystemRandom random;
    Session session{database, random};
    TRY(session.open(config));
    return session.run(request, patience);
}

} // namespace berth::cli
