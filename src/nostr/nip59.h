#pragma once
// NIP-59: a rumor (unsigned event) inside a seal (signed by its author) inside a gift wrap (signed by a one-time key).

#include "nostr/event.h"

namespace berth::nostr {

/// An event without a signature; only the seal around it says who wrote it.
struct Rumor {
    EventId id{};
    Bytes32 pubkey{};
    int64_t created_at = 0;
    Kind kind = 0;
    Tags tags;
    std::string content;
    bool operator==(const Rumor&) const = default;
};

[[nodiscard]] Rumor make_rumor(Draft draft, const PublicKey& author);
[[nodiscard]] std::string encode_rumor(const Rumor& rumor);
/// `id` may be missing but not wrong; `sig` is ignored.
[[nodiscard]] Result<Rumor> parse_rumor(std::string_view json);

/// bad_input when the rumor is too large for NIP-44's two-byte length.
[[nodiscard]] Result<Event> make_seal(const Rumor& rumor, const PublicKey& receiver, const SecretKey& own_key,
                                      int64_t created_at, crypto::Random& random);
/// Whether relays keep the wrap (kind 1059) or only pass it on to who listens now (kind 21059).
enum class Wrap { stored, ephemeral };

/// Signs with a key that is forgotten afterwards.
[[nodiscard]] Result<Event> make_gift_wrap(const Event& seal, const PublicKey& receiver, int64_t created_at,
                                           crypto::Random& random, Wrap wrap = Wrap::stored);

struct OpenedWrap {
    PublicKey sender; ///< who signed the seal; equal to the rumor's pubkey
    Rumor rumor;
};

/// Opens an already verified event of kind 1059 or 21059. The wrap must name us in a `p` tag; neither wrap nor seal may
/// have expired at `now`; the seal must be a verified event of kind 13, and the rumor by the same author.
[[nodiscard]] Result<OpenedWrap> open_gift_wrap(const Event& wrap, const SecretKey& own_key, int64_t now);

} // namespace berth::nostr
