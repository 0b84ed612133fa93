#include "nostr/relay/seen_set.h"

#include "util/check.h"

namespace berth::nostr::relay {

Sighting SeenSet::look(uint32_t subscription, const EventId& id, unsigned relay)
{
    const auto found = index_.find(Key{subscription, id});
    if (found == index_.end())
        return Sighting::unseen;
    entries_.splice(entries_.begin(), entries_, found->second);
    Entry& entry = *found->second;
    const uint32_t bit = uint32_t{1} << relay;
    if ((entry.relays & bit) != 0)
        return Sighting::same_relay;
    entry.relays |= bit;
    return Sighting::other_relay;
}

void SeenSet::insert(uint32_t subscription, const EventId& id, unsigned relay)
{
    VERIFY(relay < 32);
    const Key key{subscription, id};
    VERIFY(!index_.contains(key));
    entries_.push_front(Entry{key, uint32_t{1} << relay});
    index_.emplace(key, entries_.begin());
    if (entries_.size() > capacity_) {
        index_.erase(entries_.back().key);
        entries_.pop_back();
    }
}

} // namespace berth::nostr::relay
