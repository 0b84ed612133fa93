#include "nostr/direct_message.h"

#include "nostr/nip04.h"
#include "nostr/nip44.h"
#include "util/hex.h"

#include <algorithm>

namespace berth::nostr {

namespace {

constexpr size_t kRelayEventBytesMax = 65'536;
constexpr uint64_t kSealBackdatedMax = 172'800;

/// Only what can be an event's id counts as a reference to one.
std::optional<std::string> reply_reference(const Tags& tags)
{
    const auto found =
        std::find_if(tags.begin(), tags.end(), [](const Tag& tag) { return tag.size() > 1 && tag[0] == "e"; });
    if (found == tags.end() || !decode_hex_array<32>((*found)[1]))
        return std::nullopt;
    return (*found)[1];
}

/// NIP-04 content can't be mistaken for a NIP-44 payload.
Transport transport_of_kind_4(const Event& event)
{
    return event.content.find("?iv=") == std::string::npos ? Transport::kind4_nip44 : Transport::nip04;
}

Result<std::string> decrypt_kind_4(const Event& event, const SecretKey& own_key)
{
    if (transport_of_kind_4(event) == Transport::kind4_nip44) {
        const crypto::Secret key = TRY(nip44::conversation_key(own_key, event.pubkey));
        return nip44::decrypt(key, event.content);
    }
    const crypto::Secret key = TRY(nip04::shared_key(own_key, event.pubkey));
    return nip04::decrypt(key, event.content);
}

Result<DirectMessage> open_kind_4(const Event& event, const SecretKey& own_key, int64_t now)
{
    if (!event.has_tag("p", PublicKey::of(own_key).hex()) || is_expired(event, now))
        return fail(Errc::bad_input, "not for us, or expired");
    const PublicKey sender = TRY(PublicKey::parse_hex(encode_hex(event.pubkey)));
    std::string text = TRY(decrypt_kind_4(event, own_key));
    return DirectMessage{.transport = transport_of_kind_4(event),
                         .event_id = event.id,
                         .message_id = event.id,
                         .sender = sender,
                         .created_at = event.created_at,
                         .text = std::move(text),
                         .in_reply_to = reply_reference(event.tags)};
}

/// A rumor may name its receivers; if it does, we must be one of them.
bool names_us(const Rumor& rumor, const std::string& own_hex)
{
    const auto is_p_tag = [](const Tag& tag) { return tag[0] == "p"; };
    if (std::none_of(rumor.tags.begin(), rumor.tags.end(), is_p_tag))
        return true;
    return std::any_of(rumor.tags.begin(), rumor.tags.end(),
                       [&](const Tag& tag) { return is_p_tag(tag) && tag.size() > 1 && tag[1] == own_hex; });
}

Result<DirectMessage> open_nip17(const Event& event, const SecretKey& own_key, int64_t now)
{
    OpenedWrap opened = TRY(open_gift_wrap(event, own_key, now));
    if (opened.rumor.kind != kind::chat || !names_us(opened.rumor, PublicKey::of(own_key).hex()))
        return fail(Errc::bad_input, "not a chat message for us");
    return DirectMessage{.transport = Transport::nip17,
                         .event_id = event.id,
                         .message_id = opened.rumor.id,
                         .sender = opened.sender,
                         .created_at = opened.rumor.created_at,
                         .text = std::move(opened.rumor.content),
                         .in_reply_to = reply_reference(opened.rumor.tags)};
}

Tags tags_for(const OutgoingMessage& message)
{
    Tags tags{{"p", message.receiver.hex()}};
    if (message.in_reply_to)
        tags.push_back({"e", *message.in_reply_to});
    return tags;
}

Result<std::string> encrypt_kind_4(const OutgoingMessage& message, const SecretKey& own_key, crypto::Random& random)
{
    if (message.transport == Transport::kind4_nip44) {
        const crypto::Secret key = TRY(nip44::conversation_key(own_key, message.receiver.bytes()));
        return nip44::encrypt(key, message.text, random);
    }
    const crypto::Secret key = TRY(nip04::shared_key(own_key, message.receiver.bytes()));
    return nip04::encrypt(key, message.text, random);
}

Result<SealedMessage> make_kind_4(const OutgoingMessage& message, const SecretKey& own_key, crypto::Random& random)
{
    std::string content = TRY(encrypt_kind_4(message, own_key, random));
    Tags tags = tags_for(message);
    tags.push_back({"alt", "Private Message"});
    Event event = sign_event({.created_at = message.event_time,
                              .kind = kind::encrypted_dm,
                              .tags = std::move(tags),
                              .content = std::move(content)},
                             own_key, random);
    const EventId id = event.id;
    return SealedMessage{std::move(event), id};
}

Result<SealedMessage> make_nip17(const OutgoingMessage& message, const SecretKey& own_key, crypto::Random& random)
{
    const Rumor rumor = make_rumor(
        {.created_at = message.rumor_time, .kind = kind::chat, .tags = tags_for(message), .content = message.text},
        PublicKey::of(own_key));
    const auto backdated = static_cast<int64_t>(random.below(kSealBackdatedMax + 1));
    const int64_t sealed_at = std::max<int64_t>(0, message.event_time - backdated);
    const Event seal = TRY(make_seal(rumor, message.receiver, own_key, sealed_at, random));
    Event wrap = TRY(make_gift_wrap(seal, message.receiver, message.event_time, random, message.wrap));
    return SealedMessage{std::move(wrap), rumor.id};
}

} // namespace

Result<DirectMessage> open_direct_message(const Event& event, const SecretKey& own_key, int64_t now)
{
    Result<DirectMessage> opened =
        event.kind == kind::encrypted_dm ? open_kind_4(event, own_key, now) : open_nip17(event, own_key, now);
    if (!opened)
        return fail(Errc::bad_input, "the message cannot be opened");
    if (opened->sender == PublicKey::of(own_key))
        return fail(Errc::refused, "the message is our own");
    if (opened->created_at < now - kMessageAgeMax || opened->created_at > now + kMessageSkewMax)
        return fail(Errc::bad_input, "the message cannot be opened");
    return opened;
}

Result<SealedMessage> make_direct_message(const OutgoingMessage& message, const SecretKey& own_key,
                                          crypto::Random& random)
{
    SealedMessage made = TRY(message.transport == Transport::nip17 ? make_nip17(message, own_key, random)
                                                                   : make_kind_4(message, own_key, random));
    const size_t size = encode_event(made.event).size();
    if (size > kRelayEventBytesMax)
        return fail(Errc::bad_input, "the message makes an event of {} bytes, limit {}", size, kRelayEventBytesMax);
    return made;
}

} // namespace berth::nostr
