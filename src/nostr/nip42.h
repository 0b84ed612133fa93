#pragma once
// NIP-42: a client proves its key to a relay by signing the relay's challenge. Such events are never stored or
// published.

#include "nostr/event.h"

namespace berth::nostr {

inline constexpr size_t kChallengeBytesMax = 1'024;
inline constexpr int64_t kAuthWindowSeconds = 600;

/// Signed answer to a challenge; `relay_url` is the URL that was dialled.
[[nodiscard]] Event make_auth_event(const std::string& relay_url, const std::string& challenge, int64_t now,
                                    const SecretKey& own_key, crypto::Random& random);

/// For a relay: kind, freshness, challenge, host and port of the relay tag, id and signature. Yields who it is.
[[nodiscard]] Result<PublicKey> check_auth_event(const Event& event, std::string_view relay_url,
                                                 std::string_view challenge, int64_t now);

} // namespace berth::nostr
