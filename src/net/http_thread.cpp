#include "net/http_thread.h"

#include "net/curl_exchange.h"
#include "util/check.h"
#include "util/inbox.h"

#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace berth::net {

namespace {

constexpr size_t kWaitingMax = 1024;
constexpr long kConnectionsMax = 256;
constexpr long kConnectionsPerHostMax = 64;
constexpr long kIdleConnectionsMax = 8;
constexpr int kPollMsMax = 10'000;

struct Job {
    uint64_t id;
    HttpRequest request;
};
/// Nothing: stop.
using Message = std::optional<Job>;

struct CleanEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

/// Members die in reverse order: the exchange leaves its handle before that is cleaned up.
struct Flight {
    uint64_t id;
    std::unique_ptr<CURL, CleanEasy> easy;
    std::unique_ptr<CurlExchange> exchange;
};

} // namespace

struct HttpThread::State {
    explicit State(Deliver deliver_answer) : deliver{std::move(deliver_answer)} { VERIFY(inbox.reserve()); }

    // Constant once the thread runs; of the multi handle other threads use curl_multi_wakeup alone.
    Deliver deliver;
    CURLM* multi = nullptr;
    std::once_flag started;
    std::thread thread;

    Inbox<Message> inbox{kWaitingMax + 1}; ///< with a reserved place for the message that stops

    // The thread's own.
    std::map<CURL*, Flight> flights;

    void start();
    void run();
    [[nodiscard]] bool take_messages(); ///< false: stop
    void start_flight(Job job);
    void land_flights();
};

void HttpThread::State::start()
{
    start_curl();
    multi = curl_multi_init();
    VERIFY(multi != nullptr);
    (void)curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, kConnectionsMax);
    (void)curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, kConnectionsPerHostMax);
    (void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
    thread = std::thread{[this] { run(); }};
}

void HttpThread::State::run()
{
    while (take_messages()) {
        int running = 0;
        VERIFY(curl_multi_perform(multi, &running) == CURLM_OK);
        land_flights();
        VERIFY(curl_multi_poll(multi, nullptr, 0, kPollMsMax, nullptr) == CURLM_OK);
    }
    for (const auto& [easy, flight] : flights)
        (void)curl_multi_remove_handle(multi, easy);
    flights.clear();
}

bool HttpThread::State::take_messages()
{
    for (Message& message : inbox.take_all(std::chrono::steady_clock::now())) {
        if (!message)
            return false;
        start_flight(std::move(*message));
    }
    return true;
}

void HttpThread::State::start_flight(Job job)
{
    Flight flight{.id = job.id, .easy = std::unique_ptr<CURL, CleanEasy>{curl_easy_init()}, .exchange = nullptr};
    CURL* easy = flight.easy.get();
    VERIFY(easy != nullptr);
    flight.exchange = std::make_unique<CurlExchange>(easy, std::move(job.request), PieceHandler{});
    if (const Result<void> prepared = flight.exchange->prepare(); !prepared) {
        deliver(flight.id, pass_on(prepared));
        return;
    }
    VERIFY(curl_multi_add_handle(multi, easy) == CURLM_OK);
    flights.emplace(easy, std::move(flight));
}

void HttpThread::State::land_flights()
{
    int left = 0;
    while (const CURLMsg* done = curl_multi_info_read(multi, &left)) {
        if (done->msg != CURLMSG_DONE)
            continue;
        const CURLcode code = done->data.result;
        CURL* easy = done->easy_handle; // `done` dies with the removal
        (void)curl_multi_remove_handle(multi, easy);
        const auto landed = flights.extract(easy);
        VERIFY(!landed.empty());
        deliver(landed.mapped().id, landed.mapped().exchange->finish(code));
    }
}

HttpThread::HttpThread(Deliver deliver) : state_{std::make_unique<State>(std::move(deliver))} {}

HttpThread::~HttpThread()
{
    if (!state_->thread.joinable())
        return;
    state_->inbox.put_reserved({});
    (void)curl_multi_wakeup(state_->multi);
    state_->thread.join();
    (void)curl_multi_cleanup(state_->multi);
}

void HttpThread::send(uint64_t id, HttpRequest request)
{
    std::call_once(state_->started, [this] { state_->start(); });
    Message message{Job{.id = id, .request = std::move(request)}};
    if (!state_->inbox.put(std::move(message)))
        state_->deliver(id, fail(Errc::unavailable, "{} HTTP requests already wait", kWaitingMax));
    else
        (void)curl_multi_wakeup(state_->multi);
}

} // namespace berth::net
