#include "nostr/nip59.h"

#include "nostr/canonical_json.h"
#include "nostr/event_json.h"
#include "nostr/nip44.h"
#include "util/hex.h"

namespace berth::nostr {

namespace {

Result<std::string> encrypt_for(const PublicKey& receiver, const SecretKey& own_key, const std::string& plaintext,
                                crypto::Random& random)
{
    const crypto::Secret key = TRY(nip44::conversation_key(own_key, receiver.bytes()));
    return nip44::encrypt(key, plaintext, random);
}

Result<std::string> decrypt_from(const Bytes32& peer, const SecretKey& own_key, const std::string& payload)
{
    const crypto::Secret key = TRY(nip44::conversation_key(own_key, peer));
    return nip44::decrypt(key, payload);
}

Result<Event> open_seal(const Event& wrap, const SecretKey& own_key, int64_t now)
{
    const std::string json = TRY(decrypt_from(wrap.pubkey, own_key, wrap.content));
    Event seal = TRY(parse_event(json));
    // Another gift wrap in here is no seal either: wraps are not opened recursively.
    if (seal.kind != kind::seal)
        return fail(Errc::bad_input, "a gift wrap must hold a seal");
    if (is_expired(seal, now))
        return fail(Errc::bad_input, "the seal has expired");
    TRY(verify_event(seal));
    return seal;
}

} // namespace

Rumor make_rumor(Draft draft, const PublicKey& author)
{
    Rumor rumor;
    rumor.id = compute_id(author.bytes(), draft);
    rumor.pubkey = author.bytes();
    rumor.created_at = draft.created_at;
    rumor.kind = draft.kind;
    rumor.tags = std::move(draft.tags);
    rumor.content = std::move(draft.content);
    return rumor;
}

std::string encode_rumor(const Rumor& rumor)
{
    std::string out =
        fmt::format("{{\"id\":\"{}\",\"pubkey\":\"{}\",\"created_at\":{},\"kind\":{},\"tags\":", encode_hex(rumor.id),
                    encode_hex(rumor.pubkey), rumor.created_at, rumor.kind);
    append_json_tags(out, rumor.tags);
    out += ",\"content\":";
    append_json_string(out, rumor.content);
    out.push_back('}');
    return out;
}

Result<Rumor> parse_rumor(std::string_view json)
{
    const Json object = TRY(parse_json(json, protocol_json_limits()));
    Event fields = TRY(unsigned_event_from_json(object));
    const EventId id = compute_id(fields);
    if (object.contains("id")) {
        const std::string claimed = TRY(json_string(object, "id"));
        if (claimed != encode_hex(id))
            return fail(Errc::bad_input, "rumor id is not the hash of the rumor");
    }
    return Rumor{.id = id,
                 .pubkey = fields.pubkey,
                 .created_at = fields.created_at,
                 .kind = fields.kind,
                 .tags = std::move(fields.tags),
                 .content = std::move(fields.content)};
}

Result<Event> make_seal(const Rumor& rumor, const PublicKey& receiver, const SecretKey& own_key, int64_t created_at,
                        crypto::Random& random)
{
    std::string content = TRY(encrypt_for(receiver, own_key, encode_rumor(rumor), random));
    const Draft draft{.created_at = created_at, .kind = kind::seal, .tags = {}, .content = std::move(content)};
    return sign_event(draft, own_key, random);
}

Result<Event> make_gift_wrap(const Event& seal, const PublicKey& receiver, int64_t created_at, crypto::Random& random,
                             Wrap wrap)
{
    const SecretKey one_time_key = SecretKey::random(random);
    std::string content = TRY(encrypt_for(receiver, one_time_key, encode_event(seal), random));
    const Draft draft{.created_at = created_at,
                      .kind = wrap == Wrap::ephemeral ? kind::ephemeral_gift_wrap : kind::gift_wrap,
                      .tags = {{"p", receiver.hex()}},
                      .content = std::move(content)};
    return sign_event(draft, one_time_key, random);
}

Result<OpenedWrap> open_gift_wrap(const Event& wrap, const SecretKey& own_key, int64_t now)
{
    if (wrap.kind != kind::gift_wrap && wrap.kind != kind::ephemeral_gift_wrap)
        return fail(Errc::bad_input, "not a gift wrap");
    if (!wrap.has_tag("p", PublicKey::of(own_key).hex()))
        return fail(Errc::bad_input, "the gift wrap is addressed to somebody else");
    if (is_expired(wrap, now))
        return fail(Errc::bad_input, "the gift wrap has expired");
    const Event seal = TRY(open_seal(wrap, own_key, now));
    const std::string json = TRY(decrypt_from(seal.pubkey, own_key, seal.content));
    Rumor rumor = TRY(parse_rumor(json));
    // Without this comparison anybody could seal a rumor in somebody else's name.
    if (rumor.pubkey != seal.pubkey)
        return fail(Errc::bad_input, "rumor and seal have different authors");
    const PublicKey sender = TRY(PublicKey::parse_hex(encode_hex(seal.pubkey)));
    return OpenedWrap{.sender = sender, .rumor = std::move(rumor)};
}

} // namespace berth::nostr
