#pragma once
// NIP-19: bech32 text for keys, events and addresses. Protocol data is hex; these forms live at the edges, with people.
// Relays inside are hints from strangers: never dial them because they stand here.

#include "nostr/event.h"

#include <variant>

namespace berth::nostr {

struct Npub {
    Bytes32 pubkey{}; ///< not checked to be on the curve
};
struct Nsec {
    crypto::Secret secret; ///< 32 bytes, not checked to be a scalar
};
struct Note {
    EventId id{};
};
struct Nprofile {
    Bytes32 pubkey{};
    std::vector<std::string> relays;
};
struct Nevent {
    EventId id{};
    std::vector<std::string> relays;
    std::optional<Bytes32> author;
    std::optional<Kind> kind;
};
struct Naddr {
    std::string identifier; ///< value of the `d` tag, may be empty
    Bytes32 pubkey{};
    Kind kind = 0;
    std::vector<std::string> relays;
};
using Nip19Entity = std::variant<Npub, Nsec, Note, Nprofile, Nevent, Naddr>;

/// At most 5000 characters, no surrounding blanks, no `nostr:` prefix. Unknown TLV types are skipped, of repeated
/// single values the first counts.
[[nodiscard]] Result<Nip19Entity> decode_nip19(std::string_view text);

[[nodiscard]] std::string encode_npub(const Bytes32& pubkey);
[[nodiscard]] std::string encode_note(const EventId& id);
/// Values over 255 bytes don't fit a TLV and are left out (relays) or make the result empty (identifier).
[[nodiscard]] std::string encode_nprofile(const Nprofile& profile);
[[nodiscard]] std::string encode_nevent(const Nevent& event);
[[nodiscard]] std::string encode_naddr(const Naddr& address);

} // namespace berth::nostr
