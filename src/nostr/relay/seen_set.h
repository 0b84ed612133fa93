#pragma once
// Which events were handed over, for which subscription, and which relays delivered them. An entry is made only
// after id and signature were verified: else a relay could censor a genuine event by sending a forged one with its
// id first.

#include "nostr/event.h"

#include <cstring>
#include <list>
#include <unordered_map>

namespace berth::nostr::relay {

enum class Sighting {
    unseen,      ///< verify, then insert
    other_relay, ///< known, and this relay delivers it for the first time
    same_relay,  ///< a repeat
};

/// Forgets what was not seen for longest, beyond `capacity` entries.
class SeenSet {
public:
    explicit SeenSet(size_t capacity) : capacity_{capacity} {}

    /// `relay` is a number below 32.
    Sighting look(uint32_t subscription, const EventId& id, unsigned relay);
    /// A verified event that look() called unseen.
    void insert(uint32_t subscription, const EventId& id, unsigned relay);
    [[nodiscard]] size_t size() const { return entries_.size(); }

private:
    struct Key {
        uint32_t subscription = 0;
        EventId id{};
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        size_t operator()(const Key& key) const
        {
            // Only verified ids get in, so an attacker pays a hash and a signature per collision he wants.
            size_t head = 0;
            std::memcpy(&head, key.id.data(), sizeof head);
            return head ^ key.subscription;
        }
    };
    struct Entry {
        Key key;
        uint32_t relays = 0; ///< bit n: relay n delivered it
    };

    size_t capacity_;
    std::list<Entry> entries_; ///< latest first
    std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> index_;
};

} // namespace berth::nostr::relay
