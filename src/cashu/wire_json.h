#pragma once
// JSON of the objects that several messages share: proofs, outputs, signatures. For the .cpp files of this folder only;
// it drags in the heavy util/json.h.

#include "cashu/mint_api.h"
#include "util/json.h"

namespace berth::cashu::wire {

/// Limits for what a mint or a wallet sends; keysets are the largest.
constexpr JsonLimits kLimits{.bytes_max = 4 << 20, .depth_max = 32, .items_max = 400'000};

/// Whether a witness may stand there as an object instead of JSON text (seen in V3 tokens, refused by mints).
enum class WitnessForm { text_only, object_too };
/// Mints must not see what links a proof to its issue (dleq, p2pk_e); a payee may.
enum class Audience { mint, payee };

/// The member, which must be there.
[[nodiscard]] Result<const Json*> member(const Json& object, const char* name);
/// The member, or nullptr when it is absent or null.
[[nodiscard]] const Json* find(const Json& object, const char* name);
[[nodiscard]] Result<crypto::Point> point(const Json& object, const char* name);
[[nodiscard]] Result<std::optional<int64_t>> optional_time(const Json& object, const char* name);
/// A full V1 or V2 id in either case, given back in lower case.
[[nodiscard]] Result<KeysetId> keyset_id(const Json& object, const char* name);

[[nodiscard]] Result<Proof> proof(const Json& object, WitnessForm form);
[[nodiscard]] Result<BlindedMessage> blinded_message(const Json& object);
[[nodiscard]] Result<BlindSignature> blind_signature(const Json& object);

[[nodiscard]] OrderedJson to_json(const Proof& proof, Audience audience);
[[nodiscard]] OrderedJson to_json(const std::vector<Proof>& proofs, Audience audience);
[[nodiscard]] OrderedJson to_json(const std::vector<BlindedMessage>& outputs);
[[nodiscard]] OrderedJson to_json(const std::vector<BlindSignature>& signatures);

/// An array member of at most `count_max` elements, each read by `read`.
template <class T, class Read>
[[nodiscard]] Result<std::vector<T>> list(const Json& object, const char* name, size_t count_max, Read read)
{
    const Json* array = TRY(member(object, name));
    if (!array->is_array() || array->size() > count_max)
        return fail(Errc::bad_input, "{} must be an array of at most {} elements", name, count_max);
    std::vector<T> out;
    out.reserve(array->size());
    for (const Json& element : *array) {
        T value = TRY(read(element));
        out.push_back(std::move(value));
    }
    return out;
}

[[nodiscard]] Result<std::vector<Proof>> proofs(const Json& object, const char* name, size_t count_max,
                                                WitnessForm form);

} // namespace berth::cashu::wire
