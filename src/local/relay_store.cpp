#include "local/relay_store.h"

#include "util/hex.h"

#include <algorithm>
#include <charconv>

namespace berth::local {

namespace {

const char* const kSchema = R"(
CREATE TABLE relay_events(
    id         TEXT PRIMARY KEY,
    pubkey     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    address    TEXT NOT NULL, -- kind:pubkey:d of replaceable and addressable events, else empty
    expires_at INTEGER,
    json       TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX relay_events_by_time ON relay_events(created_at);
CREATE INDEX relay_events_by_author ON relay_events(pubkey, kind, created_at);
CREATE INDEX relay_events_by_kind ON relay_events(kind, created_at);
CREATE INDEX relay_events_by_address ON relay_events(address) WHERE address <> '';
CREATE INDEX relay_events_by_expiry ON relay_events(expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE relay_tags(
    event_id TEXT NOT NULL REFERENCES relay_events(id) ON DELETE CASCADE,
    name     TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY(name, value, event_id)
) WITHOUT ROWID;
CREATE INDEX relay_tags_by_event ON relay_tags(event_id);
CREATE TABLE relay_deleted(
    target     TEXT NOT NULL, -- an id in hex, or an address
    pubkey     TEXT NOT NULL, -- who asked
    created_at INTEGER NOT NULL,
    PRIMARY KEY(target, pubkey)
) WITHOUT ROWID;
)";

bool is_indexed(const nostr::Tag& tag)
{
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return tag.size() >= 2 && tag[0].size() == 1 && is_letter(tag[0][0]);
}

/// `kind:pubkey:d` (NIP-01); the last part is empty for replaceable kinds. Empty for all others.
std::string address_of(const nostr::Event& event)
{
    const std::string author = encode_hex(event.pubkey);
    if (nostr::is_replaceable(event.kind))
        return fmt::format("{}:{}:", event.kind, author);
    if (nostr::is_addressable(event.kind))
        return fmt::format("{}:{}:{}", event.kind, author, event.tag_value("d").value_or(""));
    return {};
}

std::optional<int64_t> expiry_of(const nostr::Event& event)
{
    const std::optional<std::string> text = event.tag_value("expiration");
    int64_t seconds = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), seconds).ec != std::errc{})
        return std::nullopt;
    return seconds;
}

bool has_p_tag(const nostr::Event& event, const std::string& pubkey_hex)
{
    return std::any_of(event.tags.begin(), event.tags.end(),
                       [&](const nostr::Tag& tag) { return tag.size() >= 2 && tag[0] == "p" && tag[1] == pubkey_hex; });
}

/// NIP-09: authors delete their own events; receivers of a gift wrap, whose author is a throw-away key, delete it too.
bool may_delete(const std::string& deleter, const nostr::Event& event)
{
    return encode_hex(event.pubkey) == deleter || (event.kind == nostr::kind::gift_wrap && has_p_tag(event, deleter));
}

} // namespace

Result<RelayStore> RelayStore::create(db::Database& database, size_t events_max)
{
    TRY(db::migrate(database, "relay", {kSchema}));
    RelayStore store{database, events_max};
    TRY(store.recount());
    return store;
}

Result<void> RelayStore::recount()
{
    db::Statement count = database_->prepare("SELECT count(*) FROM relay_events");
    TRY(count.step());
    size_ = static_cast<size_t>(count.unsigned_integer(0));
    return {};
}

Result<Stored> RelayStore::put(const nostr::Event& event)
{
    const bool known = TRY(has(event.id));
    if (known)
        return Stored::known;
    const std::string address = address_of(event);
    const bool deleted = TRY(was_deleted(event, address));
    if (deleted)
        return Stored::deleted;
    if (!address.empty()) {
        const bool newest = TRY(make_room_at(event, address));
        if (!newest)
            return Stored::newer_is_stored;
    }
    TRY(insert(event, address));
    if (event.kind == nostr::kind::deletion)
        TRY(apply_deletion(event));
    if (size_ > events_max_)
        TRY(drop_oldest());
    return Stored::added;
}

Result<bool> RelayStore::has(const nostr::EventId& id)
{
    return database_->prepare("SELECT 1 FROM relay_events WHERE id = ?").bind(encode_hex(id)).step();
}

Result<bool> RelayStore::was_deleted(const nostr::Event& event, const std::string& address)
{
    db::Statement by_id = database_->prepare("SELECT pubkey FROM relay_deleted WHERE target = ?");
    by_id.bind(event.id_hex());
    for (;;) {
        const bool more = TRY(by_id.step());
        if (!more)
            break;
        if (may_delete(by_id.text(0), event))
            return true;
    }
    if (address.empty())
        return false;
    db::Statement by_address = database_->prepare("SELECT 1 FROM relay_deleted"
                                                  " WHERE target = ? AND pubkey = ? AND created_at >= ?");
    return by_address.bind(address).bind(encode_hex(event.pubkey)).bind(event.created_at).step();
}

Result<bool> RelayStore::make_room_at(const nostr::Event& event, const std::string& address)
{
    db::Statement select = database_->prepare("SELECT json FROM relay_events WHERE address = ? AND address <> ''");
    const bool held = TRY(select.bind(address).step());
    if (!held)
        return true;
    const nostr::Event holder = TRY(nostr::parse_event(select.text(0)));
    if (!nostr::supersedes(event, holder))
        return false;
    TRY(database_->prepare("DELETE FROM relay_events WHERE id = ?").bind(holder.id_hex()).run());
    --size_;
    return true;
}

Result<void> RelayStore::insert(const nostr::Event& event, const std::string& address)
{
    TRY(database_
            ->prepare("INSERT INTO relay_events(id, pubkey, created_at, kind, address, expires_at, json)"
                      " VALUES(?, ?, ?, ?, ?, ?, ?)")
            .bind(event.id_hex())
            .bind(encode_hex(event.pubkey))
            .bind(event.created_at)
            .bind(int{event.kind})
            .bind(address)
            .bind(expiry_of(event))
            .bind(nostr::encode_event(event))
            .run());
    for (const nostr::Tag& tag : event.tags)
        if (is_indexed(tag))
            TRY(database_->prepare("INSERT OR IGNORE INTO relay_tags(event_id, name, value) VALUES(?, ?, ?)")
                    .bind(event.id_hex())
                    .bind(tag[0])
                    .bind(tag[1])
                    .run());
    ++size_;
    return {};
}

Result<void> RelayStore::apply_deletion(const nostr::Event& deletion)
{
    for (const nostr::Tag& tag : deletion.tags) {
        if (tag.size() < 2)
            continue;
        if (tag[0] == "e")
            TRY(delete_id(deletion, tag[1]));
        else if (tag[0] == "a")
            TRY(delete_address(deletion, tag[1]));
    }
    return {};
}

Result<std::optional<nostr::Event>> RelayStore::find(const std::string& id_hex)
{
    db::Statement select = database_->prepare("SELECT json FROM relay_events WHERE id = ?");
    const bool stored = TRY(select.bind(id_hex).step());
    if (!stored)
        return std::optional<nostr::Event>{};
    nostr::Event event = TRY(nostr::parse_event(select.text(0)));
    return std::optional{std::move(event)};
}

Result<void> RelayStore::delete_id(const nostr::Event& deletion, const std::string& id_hex)
{
    const std::optional<nostr::Event> target = TRY(find(id_hex));
    const std::string deleter = encode_hex(deletion.pubkey);
    // A deletion can't be deleted (NIP-09), and an unknown id is remembered: its event may come later.
    if (target && (target->kind == nostr::kind::deletion || !may_delete(deleter, *target)))
        return {};
    TRY(database_->prepare("INSERT OR REPLACE INTO relay_deleted(target, pubkey, created_at) VALUES(?, ?, ?)")
            .bind(id_hex)
            .bind(deleter)
            .bind(deletion.created_at)
            .run());
    if (!target)
        return {};
    TRY(database_->prepare("DELETE FROM relay_events WHERE id = ?").bind(id_hex).run());
    --size_;
    return {};
}

Result<void> RelayStore::delete_address(const nostr::Event& deletion, const std::string& address)
{
    const std::string deleter = encode_hex(deletion.pubkey);
    const size_t first_colon = address.find(':');
    if (first_colon == std::string::npos || address.compare(first_colon + 1, deleter.size() + 1, deleter + ":") != 0)
        return {};
    TRY(database_
            ->prepare("INSERT INTO relay_deleted(target, pubkey, created_at) VALUES(?, ?, ?)"
                      " ON CONFLICT(target, pubkey) DO UPDATE SET created_at = max(created_at, excluded.created_at)")
            .bind(address)
            .bind(deleter)
            .bind(deletion.created_at)
            .run());
    TRY(database_->prepare("DELETE FROM relay_events WHERE address = ? AND address <> '' AND created_at <= ?")
            .bind(address)
            .bind(deletion.created_at)
            .run());
    size_ -= static_cast<size_t>(database_->changes());
    return {};
}

Result<void> RelayStore::drop_expired(int64_t now)
{
    TRY(database_->prepare("DELETE FROM relay_events WHERE expires_at IS NOT NULL AND expires_at <= ?")
            .bind(now)
            .run());
    size_ -= static_cast<size_t>(database_->changes());
    return {};
}

Result<void> RelayStore::drop_oldest()
{
    // A tenth at once, so that a full store does not pay for it with every event.
    const size_t surplus = size_ - events_max_ + events_max_ / 10;
    TRY(database_
            ->prepare("DELETE FROM relay_events WHERE id IN"
                      " (SELECT id FROM relay_events ORDER BY created_at, id DESC LIMIT ?)")
            .bind(uint64_t{surplus})
            .run());
    size_ -= static_cast<size_t>(database_->changes());
    TRY(database_
            ->prepare("DELETE FROM relay_deleted WHERE created_at <"
                      " (SELECT min(created_at) FROM relay_events)")
            .run());
    return {};
}

} // namespace berth::local
