#pragma once
// From a relay's event to a request that someone should serve: opened, authenticated, deduplicated, young enough,
// within its sender's budget, parsed. What is refused here has cost its sender nothing.

#include "provider/budget.h"
#include "provider/failure_sink.h"
#include "provider/options.h"
#include "provider/order_store.h"
#include "provider/replies.h"
#include "provider/requests.h"

#include <functional>
#include <optional>
#include <set>

namespace berth::provider {

struct IncomingRequest {
    RequestOrigin origin;
    Request request;
};

class Intake {
public:
    struct Parts {
        const Options& options;
        OrderStore& orders;
        Replies& replies;
        FailureSink& failures;
        std::function<bool(const std::string& sender)> has_lease; ///< now
    };

    explicit Intake(Parts parts);

    /// A request to serve, or nothing (not for us, seen before, stale, malformed, over budget; answered where due).
    [[nodiscard]] std::optional<IncomingRequest> take(const nostr::Event& event, const std::string& relay,
                                                      UnixTime now);
    /// Served with this body, which is remembered with the request.
    void answer(const RequestOrigin& origin, const std::string& body, UnixTime now);
    /// Served, refused or parked no longer: from here on its row tells that it was seen.
    void finish(const nostr::EventId& message_id) { in_progress_.erase(message_id); }

private:
    [[nodiscard]] bool is_new(const nostr::DirectMessage& message);
    [[nodiscard]] bool is_stale(const RequestOrigin& origin, const Request& request, UnixTime now) const;
    [[nodiscard]] bool deserves_error(const nostr::DirectMessage& message, UnixTime now) const;
    void refuse(const RequestOrigin& origin, const char* type, const std::string& text, UnixTime now);

    const Parts p_;
    Budget per_sender_;
    Budget strangers_; ///< together: whoever has a lease is not kept waiting by them
    Budget busy_answers_;
    Budget all_busy_answers_;
    Budget stale_answers_;
    std::set<nostr::EventId> in_progress_;
};

} // namespace berth::provider
