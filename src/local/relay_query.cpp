// RelayStore::query: a filter as SQL. A few fixed shapes keep the number of cached statements small: each narrows by
// time and by one index, and Filter::matches() judges what remains.

#include "local/relay_store.h"
#include "util/hex.h"
#include "util/json.h"

#include <algorithm>
#include <limits>

namespace berth::local {

namespace {

/// Rows that one filter may look at; a filter that needs more is answered in part.
constexpr size_t kRowsScannedMax = 50'000;

#define BERTH_SELECT                                                                                                   \
    "SELECT json FROM relay_events WHERE created_at BETWEEN ?1 AND ?2 AND (expires_at IS NULL OR expires_at > ?3)"
#define BERTH_ORDER " ORDER BY created_at DESC, id ASC"

struct Scan {
    const char* sql;
    std::vector<std::string> parameters; ///< from ?4 on
};

template <class Values, class Convert>
std::string json_list(const Values& values, Convert convert)
{
    Json list = Json::array();
    for (const auto& value : values)
        list.push_back(convert(value));
    return dump_json(list);
}

/// The narrowest index first: ids, then a tag, then authors, then kinds.
Scan plan(const nostr::Filter& filter)
{
    const auto hex = [](const Bytes32& bytes) { return encode_hex(bytes); };
    if (!filter.ids.empty())
        return Scan{BERTH_SELECT " AND id IN (SELECT value FROM json_each(?4))" BERTH_ORDER,
                    {json_list(filter.ids, hex)}};
    if (!filter.tags.empty()) {
        const auto& [letter, values] = *filter.tags.begin();
        const auto text = [](const std::string& value) { return value; };
        return Scan{BERTH_SELECT " AND id IN (SELECT event_id FROM relay_tags WHERE name = ?4"
                                 " AND value IN (SELECT value FROM json_each(?5)))" BERTH_ORDER,
                    {std::string(1, letter), json_list(values, text)}};
    }
    if (!filter.authors.empty())
        return Scan{BERTH_SELECT " AND pubkey IN (SELECT value FROM json_each(?4))" BERTH_ORDER,
                    {json_list(filter.authors, hex)}};
    if (!filter.kinds.empty())
        return Scan{BERTH_SELECT " AND kind IN (SELECT value FROM json_each(?4))" BERTH_ORDER,
                    {json_list(filter.kinds, [](nostr::Kind kind) { return kind; })}};
    return Scan{BERTH_SELECT BERTH_ORDER, {}};
}

#undef BERTH_SELECT
#undef BERTH_ORDER

} // namespace

Result<QueryAnswer> RelayStore::query(const nostr::Filter& filter, const QueryBounds& bounds)
{
    QueryAnswer answer;
    if (filter.matches_nothing)
        return answer;
    const uint64_t events_max = std::min(filter.limit.value_or(bounds.events_max), bounds.events_max);
    const Scan scan = plan(filter);
    db::Statement select = database_->prepare(scan.sql);
    select.bind(filter.since.value_or(0)).bind(filter.until.value_or(std::numeric_limits<int64_t>::max()));
    select.bind(bounds.now);
    for (const std::string& parameter : scan.parameters)
        select.bind(parameter);
    size_t bytes = 0;
    for (size_t rows = 0;; ++rows) {
        const bool more = TRY(select.step());
        if (!more)
            return answer;
        if (rows >= kRowsScannedMax) {
            answer.complete = false;
            return answer;
        }
        const std::string json = select.text(0);
        nostr::Event event = TRY(nostr::parse_event(json));
        if (!filter.matches(event))
            continue;
        if (answer.events.size() >= events_max || bytes + json.size() > bounds.bytes_max) {
            answer.complete = false;
            return answer;
        }
        bytes += json.size();
        answer.events.push_back(std::move(event));
    }
}

} // namespace berth::local
