#pragma once
// NIP-01 events: parsing hostile JSON, ids, signatures. Pure. Limits: 131 072 bytes, 500 tags of 32 elements of 4 096
// bytes.

#include "nostr/keys.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace berth::nostr {

using EventId = Bytes32;
using Tag = std::vector<std::string>;
using Tags = std::vector<Tag>;
using Kind = uint16_t;

namespace kind {
inline constexpr Kind encrypted_dm = 4;            ///< NIP-04
inline constexpr Kind deletion = 5;                ///< NIP-09
inline constexpr Kind seal = 13;                   ///< NIP-59
inline constexpr Kind chat = 14;                   ///< NIP-17
inline constexpr Kind gift_wrap = 1059;            ///< NIP-59
inline constexpr Kind relay_list = 10002;          ///< NIP-65
inline constexpr Kind dm_relays = 10050;           ///< NIP-17
inline constexpr Kind heartbeat_live = 20384;      ///< marketplace, ephemeral
inline constexpr Kind ephemeral_gift_wrap = 21059; ///< NIP-59, never stored
inline constexpr Kind client_auth = 22242;         ///< NIP-42
inline constexpr Kind offer = 38383;               ///< marketplace, addressable
inline constexpr Kind heartbeat = 38384;           ///< marketplace, addressable
inline constexpr Kind lease_revocation = 38385;    ///< marketplace, addressable
inline constexpr Kind standby_promotion = 38386;   ///< marketplace, addressable
} // namespace kind

/// An event before it has an author and a signature.
struct Draft {
    int64_t created_at = 0; ///< Unix seconds
    Kind kind = 0;
    Tags tags;
    std::string content;
};

struct Event {
    EventId id{};
    Bytes32 pubkey{}; ///< checked to be on the curve by verify_event, not by parsing
    int64_t created_at = 0;
    Kind kind = 0;
    Tags tags;
    std::string content;
    Bytes64 sig{};

    [[nodiscard]] std::string id_hex() const;
    /// The first value of the first tag of this name.
    [[nodiscard]] std::optional<std::string> tag_value(std::string_view name) const;
    /// Whether some tag has this name and this value.
    [[nodiscard]] bool has_tag(std::string_view name, std::string_view value) const;
    bool operator==(const Event&) const = default;
};

/// NIP-01 serialisation `[0,pubkey,created_at,kind,tags,content]`, hashed.
[[nodiscard]] EventId compute_id(const Bytes32& pubkey, const Draft& draft);
/// The same over the signed fields of an event; its own `id` plays no part.
[[nodiscard]] EventId compute_id(const Event& event);

/// Shape and types only (NIP-01 fields; upper-case hex, duplicate members and floats refused). Verify before use.
[[nodiscard]] Result<Event> parse_event(std::string_view json);

/// Recomputes the id and checks the signature.
[[nodiscard]] Result<void> verify_event(const Event& event);

/// Compact JSON object, members in NIP-01 order, made from the typed fields.
[[nodiscard]] std::string encode_event(const Event& event);

[[nodiscard]] Event sign_event(Draft draft, const SecretKey& secret_key, crypto::Random& random);

/// Classes of kinds (NIP-01).
[[nodiscard]] bool is_ephemeral(Kind kind);
[[nodiscard]] bool is_replaceable(Kind kind);
[[nodiscard]] bool is_addressable(Kind kind);
/// Whether `a` wins over `b` at the same address: newer, or on a tie the lower id.
[[nodiscard]] bool supersedes(const Event& a, const Event& b);
/// NIP-40: the first `expiration` tag lies at or before `now` (Unix seconds).
[[nodiscard]] bool is_expired(const Event& event, int64_t now);

} // namespace berth::nostr
