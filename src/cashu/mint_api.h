#pragma once
// What wallet and mint say to each other over HTTP: bodies as types, strict JSON both ways (NUT-01, 02, 03, 07, 09).
// decode_* judge form and size only and fail with bad_input; whether an answer fits its question is the caller's.

#include "cashu/dleq.h"
#include "cashu/keyset.h"
#include "cashu/token.h"

#include <vector>

namespace berth::cashu {

constexpr size_t kInputsMax = 1000; ///< inputs or outputs of one request, as mints limit them
constexpr size_t kKeysetsMax = 512; ///< keysets of one mint
constexpr size_t kKeysPerKeysetMax = 256;
constexpr size_t kSecretBytesMax = 1024; ///< secret, and witness

/// "output"
struct BlindedMessage {
    Amount amount = 0;
    KeysetId keyset_id;
    crypto::Point B_;
};

/// "promise"
struct BlindSignature {
    Amount amount = 0;
    KeysetId keyset_id;
    crypto::Point C_;
    std::optional<BlindDleq> dleq;
};

/// GET /v1/keys, /v1/keys/{id} (with keys) and /v1/keysets (without).
struct KeysetsReply {
    std::vector<Keyset> keysets; ///< of units sat and msat; ids are not verified yet
    size_t skipped = 0;          ///< of other units
};
[[nodiscard]] Result<KeysetsReply> decode_keys(std::string_view json_text);
[[nodiscard]] Result<KeysetsReply> decode_keysets(std::string_view json_text);
[[nodiscard]] std::string encode_keys(const std::vector<Keyset>& keysets);
[[nodiscard]] std::string encode_keysets(const std::vector<Keyset>& keysets);

/// POST /v1/swap
struct SwapRequest {
    std::vector<Proof> inputs;
    std::vector<BlindedMessage> outputs;
};
/// Inputs carry amount, id, secret, C and the witness; never dleq nor p2pk_e, by which a mint could link them.
[[nodiscard]] std::string encode_swap_request(const SwapRequest& request);
[[nodiscard]] Result<SwapRequest> decode_swap_request(std::string_view json_text);

/// The answer to a swap and to minting.
[[nodiscard]] std::string encode_signatures(const std::vector<BlindSignature>& signatures);
[[nodiscard]] Result<std::vector<BlindSignature>> decode_signatures(std::string_view json_text);

/// POST /v1/checkstate (NUT-07)
enum class ProofState { unspent, pending, spent };
struct ProofStateOf {
    crypto::Point Y;
    ProofState state = ProofState::unspent;
    std::optional<std::string> witness;
};
[[nodiscard]] std::string encode_checkstate_request(const std::vector<crypto::Point>& ys);
[[nodiscard]] Result<std::vector<crypto::Point>> decode_checkstate_request(std::string_view json_text);
[[nodiscard]] std::string encode_checkstate_reply(const std::vector<ProofStateOf>& states);
[[nodiscard]] Result<std::vector<ProofStateOf>> decode_checkstate_reply(std::string_view json_text);

/// POST /v1/restore (NUT-09). outputs[i] was signed by signatures[i]; both have the same length.
struct RestoreReply {
    std::vector<BlindedMessage> outputs;
    std::vector<BlindSignature> signatures;
};
[[nodiscard]] std::string encode_restore_request(const std::vector<BlindedMessage>& outputs);
[[nodiscard]] Result<std::vector<BlindedMessage>> decode_restore_request(std::string_view json_text);
[[nodiscard]] std::string encode_restore_reply(const RestoreReply& reply);
[[nodiscard]] Result<RestoreReply> decode_restore_reply(std::string_view json_text);

} // namespace berth::cashu
