#include "nostr/event.h"

#include "crypto/hash.h"
#include "nostr/canonical_json.h"
#include "util/hex.h"

#include <algorithm>
#include <charconv>

namespace berth::nostr {

namespace {

/// [0,pubkey,created_at,kind,tags,content], the bytes that the id is the hash of.
std::string serialise(const Bytes32& pubkey, int64_t created_at, Kind kind, const Tags& tags, std::string_view content)
{
    std::string out;
    out.reserve(content.size() + 256);
    out += fmt::format("[0,\"{}\",{},{},", encode_hex(pubkey), created_at, kind);
    append_json_tags(out, tags);
    out.push_back(',');
    append_json_string(out, content);
    out.push_back(']');
    return out;
}

const Tag* find_tag(const Tags& tags, std::string_view name)
{
    const auto found =
        std::find_if(tags.begin(), tags.end(), [&](const Tag& tag) { return !tag.empty() && tag.front() == name; });
    return found == tags.end() ? nullptr : &*found;
}

} // namespace

std::string Event::id_hex() const
{
    return encode_hex(id);
}

std::optional<std::string> Event::tag_value(std::string_view name) const
{
    const Tag* tag = find_tag(tags, name);
    return tag && tag->size() > 1 ? std::optional{(*tag)[1]} : std::nullopt;
}

bool Event::has_tag(std::string_view name, std::string_view value) const
{
    return std::any_of(tags.begin(), tags.end(),
                       [&](const Tag& tag) { return tag.size() > 1 && tag[0] == name && tag[1] == value; });
}

EventId compute_id(const Bytes32& pubkey, const Draft& draft)
{
    return crypto::sha256(as_bytes(serialise(pubkey, draft.created_at, draft.kind, draft.tags, draft.content)));
}

EventId compute_id(const Event& event)
{
    return crypto::sha256(as_bytes(serialise(event.pubkey, event.created_at, event.kind, event.tags, event.content)));
}

Result<void> verify_event(const Event& event)
{
    // The hash comes first: a signature may well be valid for an id that is not this event's.
    if (compute_id(event) != event.id)
        return fail(Errc::bad_input, "event id is not the hash of the event");
    if (!crypto::verify_schnorr(event.pubkey, event.id, event.sig))
        return fail(Errc::bad_input, "event signature is not valid");
    return {};
}

std::string encode_event(const Event& event)
{
    std::string out;
    out.reserve(event.content.size() + 512);
    out += fmt::format("{{\"id\":\"{}\",\"pubkey\":\"{}\",\"created_at\":{},\"kind\":{},\"tags\":", event.id_hex(),
                       encode_hex(event.pubkey), event.created_at, event.kind);
    append_json_tags(out, event.tags);
    out += ",\"content\":";
    append_json_string(out, event.content);
    out += fmt::format(",\"sig\":\"{}\"}}", encode_hex(event.sig));
    return out;
}

Event sign_event(Draft draft, const SecretKey& secret_key, crypto::Random& random)
{
    Event event;
    event.pubkey = crypto::x_only_public_key(secret_key);
    event.id = compute_id(event.pubkey, draft);
    event.created_at = draft.created_at;
    event.kind = draft.kind;
    event.tags = std::move(draft.tags);
    event.content = std::move(draft.content);
    event.sig = crypto::sign_schnorr(secret_key, event.id, random);
    return event;
}

bool is_ephemeral(Kind kind)
{
    return kind >= 20'000 && kind < 30'000;
}

bool is_replaceable(Kind kind)
{
    return kind == 0 || kind == 3 || (kind >= 10'000 && kind < 20'000);
}

bool is_addressable(Kind kind)
{
    return kind >= 30'000 && kind < 40'000;
}

bool supersedes(const Event& a, const Event& b)
{
    return a.created_at != b.created_at ? a.created_at > b.created_at : a.id < b.id;
}

bool is_expired(const Event& event, int64_t now)
{
    const std::optional<std::string> value = event.tag_value("expiration");
    if (!value || value->empty())
        return false;
    uint64_t expiration = 0;
    const char* end = value->data() + value->size();
    const auto [stopped, error] = std::from_chars(value->data(), end, expiration);
    // NIP-40 leaves unreadable values open; they are no reason to drop an event.
    if (error != std::errc{} || stopped != end)
        return false;
    return now >= 0 && expiration <= static_cast<uint64_t>(now);
}

} // namespace berth::nostr
