#pragma once
// Encrypted direct messages over either transport: NIP-04 (kind 4) and NIP-17 in NIP-59 gift wraps (kind 1059, or 21059
// for those that relays don't keep).
// The one way in and out for whoever talks in DMs, provider and consumer alike.

#include "nostr/nip59.h"

namespace berth::nostr {

enum class Transport {
    nip04,
    kind4_nip44, ///< a NIP-44 payload in kind 4, as some clients send and expect it
    nip17,
};

/// An authenticated message: `sender` signed it, whatever the outer event claims.
struct DirectMessage {
    Transport transport = Transport::nip04;
    EventId event_id{};   ///< of the kind-4 event or the gift wrap: for the seen-set
    EventId message_id{}; ///< of the kind-4 event or the rumor: names the request
    PublicKey sender;
    int64_t created_at = 0;                 ///< of the kind-4 event or the rumor: the sender's claim
    std::string text;                       ///< decrypted content
    std::optional<std::string> in_reply_to; ///< first `e` tag of the kind-4 event or the rumor
};

/// Seconds around `now` that a message's own time must lie in. Requests have tighter windows of their own.
inline constexpr int64_t kMessageAgeMax = 172'800;
inline constexpr int64_t kMessageSkewMax = 900;

/// Opens an already verified event of kind 4, 1059 or 21059 addressed to us in a `p` tag. Kind 4 may hold NIP-44 text.
/// One generic bad_input for all failures. Own messages come back as refused.
[[nodiscard]] Result<DirectMessage> open_direct_message(const Event& event, const SecretKey& own_key, int64_t now);

struct OutgoingMessage {
    Transport transport = Transport::nip04;
    PublicKey receiver;
    std::string text;
    std::optional<std::string> in_reply_to; ///< hex id: an `e` tag on the kind-4 event, or in the rumor
    int64_t rumor_time = 0;                 ///< created_at of the rumor (NIP-17)
    int64_t event_time = 0;                 ///< created_at of the kind-4 event or of the gift wrap
    Wrap wrap = Wrap::stored;               ///< NIP-17 only; an ephemeral one must be dated now: relays refuse older
};

struct SealedMessage {
    Event event;          ///< what is published: the kind-4 event or the gift wrap
    EventId message_id{}; ///< what an answer's `e` tag names: the kind-4 event or the rumor
};

/// kind 4 with `p` and `alt` tags, or rumor → seal (dated up to two days back) → wrap (dated event_time).
/// bad_input when the text is too large for a relay's 65 536-byte event.
[[nodiscard]] Result<SealedMessage> make_direct_message(const OutgoingMessage& message, const SecretKey& own_key,
                                                        crypto::Random& random);

} // namespace berth::nostr
