#include "provider/core.h"

#include "nostr/relay/pool.h"
#include "provider/control.h"
#include "provider/desk.h"
#include "provider/disk_watch.h"
#include "provider/host_watch.h"
#include "provider/notices.h"
#include "provider/payment_terms.h"
#include "provider/publisher.h"
#include "provider/relay_presence.h"
#include "util/log.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr std::chrono::hours kForgetInterval{1};

class CoreImplementation final : public Core {
public:
    CoreImplementation(Options options, World world);

    [[nodiscard]] Result<void> open();
    [[nodiscard]] Result<void> start(UnixTime now) override;
    [[nodiscard]] Result<void> handle(std::vector<Message> messages, UnixTime now) override;
    [[nodiscard]] UnixTime next_due() const override;
    [[nodiscard]] bool is_public() const override
    {
        return publisher_->is_first_beat_accepted() && publisher_->are_offers_open();
    }
    [[nodiscard]] std::vector<cashu::MintStatus> mints() const override { return wallet_->status(); }
    [[nodiscard]] std::optional<std::string> ready_network() const override { return leases_->ready_network(); }

private:
    [[nodiscard]] nostr::relay::Pool::Handlers make_pool_handlers();
    [[nodiscard]] Result<void> run_batch(UnixTime now, const std::function<void()>& work);
    void tick(UnixTime now);
    void take(Message&& message, UnixTime now);
    void take(JobResult&& result, UnixTime now);
    void report_crash_loop(const Lease& lease, const std::string& lines);
    void open_host();
    void open_control();
    void take_limits(const LimitsTried& tried, UnixTime now);
    void notify_owner(const Lease& lease, const std::string& body);
    void stop_outgrown(const Lease& lease, const compute::DiskUse& use);
    [[nodiscard]] Publisher::Facts public_facts();

    const Options options_;
    World world_;
    Effects effects_;
    DeferredSockets sockets_;
    DeferredHttp http_;
    DeferredJobs jobs_;
    FailureSink failures_;
    UnixTime now_{}; ///< of the batch being handled, for callbacks

    RelayStore relay_store_;
    OrderStore order_store_;
    LeaseStore lease_store_;
    RefundStore refund_store_;
    DrainStore drain_store_;
    std::unique_ptr<cashu::Wallet> wallet_;
    std::unique_ptr<nostr::relay::Pool> pool_;
    std::unique_ptr<Replies> replies_;
    std::unique_ptr<Intake> intake_;
    ImageStore image_store_;
    ImageCache image_cache_;
    Images images_;
    std::unique_ptr<Leases> leases_;
    std::unique_ptr<LostKeys> lost_keys_;
    std::unique_ptr<Notices> notices_;
    std::unique_ptr<LogRequests> logs_;
    std::unique_ptr<Unlocks> unlocks_;
    std::unique_ptr<TemplateLimits> limits_;
    std::unique_ptr<HostWatch> host_;
    std::unique_ptr<DiskWatch> disks_;
    std::unique_ptr<Refunds> refunds_;
    std::unique_ptr<Desk> desk_;
    std::unique_ptr<Publisher> publisher_;
    std::unique_ptr<Drain> drain_;
    std::unique_ptr<Control> control_;

    UnixTime started_at_{};
    UnixTime next_forget_{};
};

CoreImplementation::CoreImplementation(Options options, World world)
    : options_{std::move(options)}, world_{std::move(world)}, sockets_{effects_, world_.sockets}, http_{effects_,
                                                                                                        world_.http},
      jobs_{effects_, world_.jobs}, relay_store_{world_.database}, order_store_{world_.database},
      lease_store_{world_.database}, refund_store_{world_.database}, drain_store_{world_.database},
      image_store_{world_.database}, image_cache_{options_.images, options_.templates,
                                                  image_store_,    jobs_,
                                                  failures_,       [this] { return leases_->images(); }},
      images_{options_.images, image_cache_, jobs_}
{
}

Result<void> CoreImplementation::open()
{
    TRY(relay_store_.migrate());
    TRY(order_store_.migrate());
    TRY(lease_store_.migrate());
    TRY(refund_store_.migrate());
    TRY(image_store_.migrate());
    TRY(drain_store_.migrate());
    wallet_ = TRY(cashu::Wallet::create(
        world_.database, http_, world_.random, options_.seed_file, options_.wallet,
        {.on_redeemed = [this](const cashu::Redeemed& redeemed) { desk_->on_redeemed(redeemed, now_); },
         .on_keysets = [this](const std::string&) { desk_->retry_parked(now_); },
         .on_payout = [this](const std::string& key, const std::string&) { refunds_->on_payout(key); },
         .held_back = [this](const std::string& mint) { return desk_->owed_at(mint, now_); }}));
    pool_ = std::make_unique<nostr::relay::Pool>(
        sockets_, world_.random,
        nostr::relay::PoolOptions{.relays = options_.relays,
                                  .auth_key = options_.key,
                                  .age_max = options_.request_age_max + std::chrono::hours{1}},
        make_pool_handlers());
    replies_ = std::make_unique<Replies>(options_, relay_store_, *pool_, world_.random, failures_);
    intake_ = std::make_unique<Intake>(
        Intake::Parts{options_, order_store_, *replies_, failures_,
                      [this](const std::string& sender) { return leases_->find_owner(sender) != nullptr; }});
    leases_ = std::make_unique<Leases>(
        options_, lease_store_, jobs_, world_.random, failures_,
        Leases::Handlers{
            .on_running = [this](const Lease& lease) { desk_->on_running(lease, now_); },
            .on_failed = [this](const Lease& lease, const Error& error) { desk_->on_failed(lease, error, now_); },
            .on_key_needed = [this](const Lease& lease) { lost_keys_->look_for(lease, now_); },
            .on_locked = [this](const Lease& lease) { unlocks_->on_locked(lease, now_); },
            .on_lost = [this](const Lease& lease) { desk_->on_lost(lease, now_); },
            .on_expiring = [this](const Lease& lease) { notices_->tell_expiring(lease, now_); },
            .on_crash_looping = [this](const Lease& lease) { logs_->read_last_lines(lease); },
            .is_port_free = world_.is_port_free});
    notices_ = std::make_unique<Notices>(
        Notices::Parts{.options = options_, .orders = order_store_, .replies = *replies_, .failures = failures_});
    logs_ = std::make_unique<LogRequests>(LogRequests::Parts{
        .options = options_,
        .leases = *leases_,
        .intake = *intake_,
        .jobs = jobs_,
        .on_last_lines = [this](const Lease& lease, const std::string& lines) { report_crash_loop(lease, lines); }});
    lost_keys_ = std::make_unique<LostKeys>(LostKeys::Parts{
        .options = options_, .orders = order_store_, .leases = *leases_, .pool = *pool_, .failures = failures_});
    unlocks_ = std::make_unique<Unlocks>(Unlocks::Parts{
        .orders = order_store_, .leases = *leases_, .intake = *intake_, .replies = *replies_, .failures = failures_});
    open_host();
    refunds_ = std::make_unique<Refunds>(
        refund_store_, *wallet_, failures_,
        [this](const Refund& refund, const std::string& body) { desk_->on_refund(refund, body, now_); });
    desk_ = std::make_unique<Desk>(Desk::Parts{.options = options_,
                                               .orders = order_store_,
                                               .lease_rows = lease_store_,
                                               .leases = *leases_,
                                               .unlocks = *unlocks_,
                                               .lost_keys = *lost_keys_,
                                               .logs = *logs_,
                                               .volumes = host_->volumes(),
                                               .limits = *limits_,
                                               .images = images_,
                                               .intake = *intake_,
                                               .replies = *replies_,
                                               .wallet = *wallet_,
                                               .refund_rows = refund_store_,
                                               .refunds = *refunds_,
                                               .random = world_.random,
                                               .failures = failures_});
    publisher_ = std::make_unique<Publisher>(options_, relay_store_, *pool_, world_.random, failures_);
    open_control();
    return {};
}

void CoreImplementation::open_host()
{
    limits_ = std::make_unique<TemplateLimits>(options_, jobs_);
    host_ = std::make_unique<HostWatch>(
        HostWatch::Parts{
            .options = options_, .leases = *leases_, .images = image_cache_, .limits = *limits_, .jobs = jobs_},
        HostWatch::Handlers{.on_changed = [this] { publisher_->hurry(now_); },
                            .on_promises_known = [this] { publisher_->open_offers(); },
                            .on_answers_known = [this] { desk_->retry_parked(now_); }});
    disks_ = std::make_unique<DiskWatch>(
        options_.disk, *leases_, jobs_,
        DiskWatch::Handlers{
            .on_nearly_full =
                [this](const Lease& lease, const compute::DiskUse& use) {
                    notify_owner(lease, encode_nearly_full(lease, use));
                },
            .on_outgrown = [this](const Lease& lease, const compute::DiskUse& use) { stop_outgrown(lease, use); }});
}

void CoreImplementation::open_control()
{
    drain_ = std::make_unique<Drain>(drain_store_, *leases_, *desk_, failures_);
    control_ = std::make_unique<Control>(Control::Parts{
        .options = options_,
        .leases = *leases_,
        .lease_rows = lease_store_,
        .refund_rows = refund_store_,
        .relay_rows = relay_store_,
        .desk = *desk_,
        .drain = *drain_,
        .wallet = *wallet_,
        .failures = failures_,
        .node =
            [this] {
                return NodeFacts{started_at_, publisher_->is_first_beat_accepted(), host_->engine_version(),
                                 pool_->status()};
            },
        .hurry = [this](UnixTime now) { publisher_->hurry(now); },
        .answer =
            [this](uint64_t connection, std::string line) {
                effects_.add([this, connection, line = std::move(line)] { world_.answer_command(connection, line); });
            }});
}

nostr::relay::Pool::Handlers CoreImplementation::make_pool_handlers()
{
    return {
        .on_event =
            [this](const std::string& subscription, const std::string& relay, const nostr::Event& event) {
                if (lost_keys_->take(subscription, event, now_))
                    return;
                if (auto incoming = intake_->take(event, relay, now_))
                    desk_->serve(std::move(*incoming), now_);
            },
        .on_also_seen = [](const std::string&, const nostr::EventId&) {},
        .on_stored_end = [this](const std::string& subscription,
                                const std::string& relay) { lost_keys_->on_stored_end(subscription, relay); },
        .on_published =
            [this](const nostr::EventId& id, const std::string& relay, nostr::relay::PublishState state,
                   const std::string&) {
                replies_->on_published(id, relay, state);
                publisher_->on_published(id, state, now_);
            },
        .on_cursor = [this](const nostr::relay::Cursor& cursor) { failures_.check(relay_store_.save_cursor(cursor)); }};
}

Result<void> CoreImplementation::run_batch(UnixTime now, const std::function<void()>& work)
{
    now_ = now;
    TRY(world_.database.begin());
    work();
    if (failures_.first()) {
        world_.database.roll_back();
        return Unexpected{*failures_.first()};
    }
    const auto committed = world_.database.commit();
    if (!committed) {
        world_.database.roll_back();
        return committed;
    }
    effects_.let_out();
    return {};
}

Result<void> CoreImplementation::start(UnixTime now)
{
    started_at_ = now;
    return run_batch(now, [&] {
        image_cache_.load();
        leases_->load(now);
        drain_->load();
        desk_->load();
        refunds_->load(now);
        pool_->restore(failures_.take(relay_store_.load_cursors()));
        subscribe_to_requests(*pool_, options_);
        pool_->start(now);
        replies_->resume(now);
        wallet_->start(now);
        publish_relay_lists(*pool_, options_, relay_store_, world_.random, failures_, now);
        tick(now);
    });
}

Result<void> CoreImplementation::handle(std::vector<Message> messages, UnixTime now)
{
    return run_batch(now, [&] {
        for (Message& message : messages)
            take(std::move(message), now);
        tick(now);
    });
}

void CoreImplementation::take(Message&& message, UnixTime now)
{
    if (auto* socket = std::get_if<net::SocketEvent>(&message))
        pool_->handle(*socket, now);
    else if (auto* done = std::get_if<HttpDone>(&message))
        http_.finish(done->id, std::move(done->result));
    else if (auto* command = std::get_if<net::LineEvent>(&message))
        control_->handle(*command, now);
    else
        take(std::get<JobResult>(std::move(message)), now);
}

void CoreImplementation::take(JobResult&& result, UnixTime now)
{
    if (const auto* found = std::get_if<ImageFound>(&result)) {
        if (images_.handle(*found, now))
            desk_->retry_parked(now);
    } else if (const auto* pulled = std::get_if<ImagePulled>(&result)) {
        if (images_.handle(*pulled, now))
            desk_->retry_parked(now);
    } else if (const auto* removed = std::get_if<ImageRemoved>(&result)) {
        images_.handle(*removed, now);
    } else if (const auto* prepared = std::get_if<NetworkPrepared>(&result)) {
        leases_->handle(*prepared);
    } else if (const auto* created = std::get_if<WorkloadCreated>(&result)) {
        leases_->handle(*created, now);
    } else if (const auto* resumed = std::get_if<WorkloadResumed>(&result)) {
        leases_->handle(*resumed, now);
        unlocks_->handle(*resumed, now);
    } else if (const auto* inspected = std::get_if<WorkloadInspected>(&result)) {
        leases_->handle(*inspected, now);
    } else if (const auto* destroyed = std::get_if<WorkloadDestroyed>(&result)) {
        leases_->handle(*destroyed, now);
    } else if (const auto* read = std::get_if<LogsRead>(&result)) {
        logs_->handle(*read, now);
    } else if (const auto* sign = std::get_if<EngineSign>(&result)) {
        host_->handle(*sign, now);
    } else if (const auto* surveyed = std::get_if<Surveyed>(&result)) {
        host_->handle(*surveyed, now);
    } else if (const auto* checked = std::get_if<HostChecked>(&result)) {
        host_->handle(*checked, now);
    } else if (const auto* tried = std::get_if<LimitsTried>(&result)) {
        take_limits(*tried, now);
    } else if (const auto* measured = std::get_if<DiskMeasured>(&result)) {
        disks_->handle(*measured);
    } else if (const auto* files = std::get_if<LeaseFilesRead>(&result)) {
        leases_->handle(*files, now);
    } else if (const auto* written = std::get_if<LeaseFilesWritten>(&result)) {
        leases_->handle(*written, now);
    } else if (const auto* status = std::get_if<NodeStatusRead>(&result)) {
        host_->handle(*status);
    }
}

void CoreImplementation::report_crash_loop(const Lease& lease, const std::string& lines)
{
    notices_->tell_crash_looping(lease, lines, now_);
    leases_->mark_reported(lease.id, now_);
}

void CoreImplementation::take_limits(const LimitsTried& tried, UnixTime now)
{
    const bool was_known = limits_->is_known();
    const std::set<std::string> before = limits_->left_out();
    limits_->handle(tried, now);
    if (!was_known || limits_->left_out() != before)
        publisher_->hurry(now);
    if (limits_->is_known())
        desk_->retry_parked(now);
}

void CoreImplementation::notify_owner(const Lease& lease, const std::string& body)
{
    if (const auto origin = failures_.take(order_store_.newest_origin(lease.id)))
        replies_->notify(*origin, body, now_);
}

void CoreImplementation::stop_outgrown(const Lease& lease, const compute::DiskUse& use)
{
    log::warn("lease {} outgrew its disk and is stopped: {} MB, {} files", lease.workload.number, use.bytes >> 20,
              use.entries);
    notify_owner(lease, encode_outgrown(lease, use));
    leases_->stop(lease.id, "outgrown", now_);
    desk_->on_lost(lease, now_);
}

void CoreImplementation::tick(UnixTime now)
{
    // First what the relays delivered, then everybody's timers, and last the frames that both gave rise to: one
    // transaction for a request and all that follows from it at once.
    pool_->tick(now);
    host_->tick(now);
    if (now >= next_forget_) {
        next_forget_ = now + kForgetInterval;
        failures_.check(order_store_.forget_requests_before(now - options_.request_age_max - std::chrono::hours{48}));
    }
    wallet_->tick(now);
    drain_->tick(now);
    limits_->tick(now);
    disks_->tick(now);
    leases_->drive(now);
    if (images_.tick(now))
        desk_->retry_parked(now);
    desk_->tick(now);
    lost_keys_->tick(now);
    unlocks_->tick(now);
    refunds_->tick(now);
    control_->tick(now);
    replies_->tick(now);
    // Nothing is said in public before the host was measured.
    if (host_->is_measured())
        publisher_->tick(now, [this] { return public_facts(); });
    pool_->tick(now);
}

Publisher::Facts CoreImplementation::public_facts()
{
    return {.offer = {.jobs_completed = failures_.take(lease_store_.count_completed()),
                      .uptime_percent = failures_.take(relay_store_.uptime_percent(now_, options_.heartbeat_interval)),
                      .free = leases_->free_capacity(),
                      .free_slots = leases_->free_slots(),
                      .encrypts_volumes = host_->volumes().encrypted,
                      .sizes_volumes = host_->volumes().sized,
                      .isolates_network = leases_->are_isolated(),
                      .runtime = leases_->runtime(),
                      .sizes_root = limits_->sizes_root(),
                      .watches_root = limits_->is_known() && options_.disk.watch_interval.has_value(),
                      .templates_out = limits_->left_out(),
                      .lock_key = wallet_->lock_key(),
                      .payment_request = make_payment_request(options_, wallet_->lock_key(), now_)},
            .active_workloads = leases_->running_count(),
            .node = host_->node()};
}

UnixTime CoreImplementation::next_due() const
{
    const UnixTime publisher_due = host_->is_measured() ? publisher_->next_due() : UnixTime::max();
    return std::min({host_->next_due(), wallet_->next_due(), leases_->next_due(), desk_->next_due(),
                     lost_keys_->next_due(), refunds_->next_due(), control_->next_due(), publisher_due,
                     pool_->next_due(), limits_->next_due(), disks_->next_due(), next_forget_});
}

} // namespace

Result<std::unique_ptr<Core>> Core::create(Options options, World world)
{
    auto core = std::make_unique<CoreImplementation>(std::move(options), std::move(world));
    TRY(core->open());
    return std::unique_ptr<Core>{std::move(core)};
}

} // namespace berth::provider
