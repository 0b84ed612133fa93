#include "cashu/token.h"

#include "cashu/cbor.h"
#include "cashu/mint_url.h"
#include "cashu/wire_json.h"
#include "util/base64.h"
#include "util/hex.h"

#include <algorithm>

namespace berth::cashu {

namespace {

constexpr size_t kTextLengthMax = 256 * 1024;
constexpr size_t kProofsMax = 256;
constexpr size_t kFieldLengthMax = 4096; ///< of mint, unit and memo; V4 has it from the CBOR reader
constexpr size_t kShortIdBytes = 8;
constexpr size_t kFullIdBytes = 33;
constexpr JsonLimits kJsonLimits{.bytes_max = kTextLengthMax, .depth_max = 16, .items_max = 16'384};

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n";
    const size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view without_scheme(std::string_view text)
{
    for (const std::string_view scheme : {"web+cashu://", "cashu://", "cashu:"})
        if (text.starts_with(scheme))
            return text.substr(scheme.size());
    return text;
}

Result<void> check_proof_count(size_t count)
{
    if (count == 0)
        return fail(Errc::bad_input, "the token holds no proofs");
    if (count > kProofsMax)
        return fail(Errc::bad_input, "the token holds {} proofs, at most {} are accepted", count, kProofsMax);
    return {};
}

Result<bool> is_same_mint(const std::string& a, const std::string& b)
{
    const std::string left = TRY(normalise_mint_url(a));
    const std::string right = TRY(normalise_mint_url(b));
    return left == right;
}

Result<Token> decode_v3(ByteView payload)
{
    const Json body = TRY(parse_json(as_text(payload), kJsonLimits));
    Token token;
    token.unit = TRY(json_optional_string(body, "unit"));
    token.memo = TRY(json_optional_string(body, "memo"));
    if (token.memo.value_or("").size() > kFieldLengthMax || token.unit.value_or("").size() > kFieldLengthMax)
        return fail(Errc::bad_input, "the token's memo or unit is longer than {} bytes", kFieldLengthMax);
    const Json* entries = TRY(wire::member(body, "token"));
    if (!entries->is_array())
        return fail(Errc::bad_input, "token must be an array");
    for (const Json& entry : *entries) {
        const std::string mint = TRY(json_string(entry, "mint"));
        if (&entry == &entries->front())
            token.mint = mint;
        const bool same_mint = TRY(is_same_mint(mint, token.mint));
        if (!same_mint)
            return fail(Errc::bad_input, "the token is of several mints");
        std::vector<Proof> proofs = TRY(wire::proofs(entry, "proofs", kProofsMax, wire::WitnessForm::object_too));
        TRY(check_proof_count(proofs.size()));
        std::move(proofs.begin(), proofs.end(), std::back_inserter(token.proofs));
    }
    TRY(check_proof_count(token.proofs.size()));
    return token;
}

template <class T>
Result<T> required(const CborMap& map, std::string_view key)
{
    const CborValue* found = find_member(map, key);
    const T* value = found ? found->as<T>() : nullptr;
    if (!value)
        return fail(Errc::bad_input, "member {} is missing or of another type", key);
    return *value;
}

Result<std::optional<std::string>> optional_text(const CborMap& map, std::string_view key)
{
    if (!find_member(map, key))
        return std::optional<std::string>{};
    std::string text = TRY(required<std::string>(map, key));
    return std::optional{std::move(text)};
}

Result<Bytes32> bytes32(const CborMap& map, std::string_view key)
{
    const Bytes bytes = TRY(required<Bytes>(map, key));
    Bytes32 out{};
    if (bytes.size() != out.size())
        return fail(Errc::bad_input, "member {} must have 32 bytes", key);
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}

Result<std::optional<ProofDleq>> dleq_of(const CborMap& proof)
{
    if (!find_member(proof, "d"))
        return std::optional<ProofDleq>{};
    const CborMap map = TRY(required<CborMap>(proof, "d"));
    ProofDleq dleq;
    dleq.e = TRY(bytes32(map, "e"));
    dleq.s = TRY(bytes32(map, "s"));
    dleq.r = TRY(bytes32(map, "r"));
    return std::optional{dleq};
}

/// Under "w" as NUT-00 has it, or "witness" as one widespread wallet writes it.
Result<std::optional<std::string>> witness_of(const CborMap& proof)
{
    std::optional<std::string> short_named = TRY(optional_text(proof, "w"));
    std::optional<std::string> long_named = TRY(optional_text(proof, "witness"));
    if (short_named && long_named)
        return fail(Errc::bad_input, "a proof has two witnesses");
    std::optional<std::string> witness = short_named ? std::move(short_named) : std::move(long_named);
    if (witness && witness->size() > kSecretBytesMax)
        return fail(Errc::bad_input, "a witness of {} bytes, limit {}", witness->size(), kSecretBytesMax);
    return witness;
}

Result<std::optional<std::string>> ephemeral_key_of(const CborMap& proof)
{
    if (!find_member(proof, "pe"))
        return std::optional<std::string>{};
    const Bytes bytes = TRY(required<Bytes>(proof, "pe"));
    const crypto::Point E = TRY(crypto::Point::parse(bytes));
    return std::optional{E.hex()};
}

Result<Proof> decode_proof(const CborValue& value, const std::string& keyset_id)
{
    const CborMap* map = value.as<CborMap>();
    if (!map)
        return fail(Errc::bad_input, "a proof must be a map");
    const Amount amount = TRY(required<uint64_t>(*map, "a"));
    if (amount == 0)
        return fail(Errc::bad_input, "a proof of amount 0");
    std::string secret = TRY(required<std::string>(*map, "s"));
    if (secret.size() > kSecretBytesMax)
        return fail(Errc::bad_input, "a secret of {} bytes, limit {}", secret.size(), kSecretBytesMax);
    const Bytes c = TRY(required<Bytes>(*map, "c"));
    const crypto::Point C = TRY(crypto::Point::parse(c));
    const std::optional<ProofDleq> dleq = TRY(dleq_of(*map));
    std::optional<std::string> witness = TRY(witness_of(*map));
    std::optional<std::string> ephemeral = TRY(ephemeral_key_of(*map));
    return Proof{.amount = amount,
                 .keyset_id = keyset_id,
                 .secret = std::move(secret),
                 .C = C,
                 .witness = std::move(witness),
                 .dleq = dleq,
                 .p2pk_e = std::move(ephemeral)};
}

Result<void> decode_group(const CborValue& value, std::vector<Proof>& out)
{
    const CborMap* group = value.as<CborMap>();
    if (!group)
        return fail(Errc::bad_input, "a group of proofs must be a map");
    const Bytes id = TRY(required<Bytes>(*group, "i"));
    if (id.size() != kShortIdBytes && id.size() != kFullIdBytes)
        return fail(Errc::bad_input, "a keyset id of {} bytes", id.size());
    const std::string keyset_id = encode_hex(id);
    const CborValue* list = find_member(*group, "p");
    const CborArray* proofs = list ? list->as<CborArray>() : nullptr;
    if (!proofs || proofs->empty())
        return fail(Errc::bad_input, "a group without proofs");
    TRY(check_proof_count(out.size() + proofs->size()));
    for (const CborValue& element : *proofs) {
        Proof proof = TRY(decode_proof(element, keyset_id));
        out.push_back(std::move(proof));
    }
    return {};
}

Result<Token> decode_v4(ByteView payload)
{
    const CborValue value = TRY(decode_cbor(payload));
    const CborMap* map = value.as<CborMap>();
    if (!map)
        return fail(Errc::bad_input, "the token is no map");
    Token token;
    token.mint = TRY(required<std::string>(*map, "m"));
    token.unit = TRY(required<std::string>(*map, "u"));
    token.memo = TRY(optional_text(*map, "d"));
    const CborValue* groups = find_member(*map, "t");
    if (!groups || !groups->as<CborArray>())
        return fail(Errc::bad_input, "the token has no list of proofs");
    for (const CborValue& group : *groups->as<CborArray>())
        TRY(decode_group(group, token.proofs));
    TRY(check_proof_count(token.proofs.size()));
    return token;
}

/// As it goes into a V4 token: V1 ids whole, V2 ids cut to 8 bytes.
Bytes short_id(const std::string& keyset_id)
{
    Result<Bytes> bytes = decode_hex(keyset_id, HexCase::any);
    VERIFY(bytes && bytes->size() >= kShortIdBytes);
    if ((*bytes)[0] == 0x01)
        bytes->resize(kShortIdBytes);
    return *bytes;
}

void write_proof(CborWriter& writer, const Proof& proof)
{
    writer.map(3u + (proof.dleq ? 1 : 0) + (proof.p2pk_e ? 1 : 0));
    writer.text("a").integer(proof.amount).text("s").text(proof.secret).text("c").bytes(proof.C.compressed());
    if (proof.dleq) {
        writer.text("d").map(3);
        writer.text("e").bytes(proof.dleq->e).text("s").bytes(proof.dleq->s).text("r").bytes(proof.dleq->r);
    }
    if (proof.p2pk_e) {
        const Result<Bytes> ephemeral = decode_hex(*proof.p2pk_e, HexCase::any);
        VERIFY(ephemeral);
        writer.text("pe").bytes(*ephemeral);
    }
}

} // namespace

Result<Token> decode_token(std::string_view text)
{
    if (text.size() > kTextLengthMax)
        return fail(Errc::bad_input, "the token is longer than {} characters", kTextLengthMax);
    constexpr std::string_view raw_prefix = "crawB";
    if (text.starts_with(raw_prefix))
        return decode_v4(as_bytes(text.substr(raw_prefix.size())));
    const std::string_view token = without_scheme(trimmed(text));
    const bool is_v3 = token.starts_with("cashuA");
    if (!is_v3 && !token.starts_with("cashuB"))
        return fail(Errc::bad_input, "not a Cashu token: it begins with neither cashuA nor cashuB");
    const Bytes payload = TRY(decode_base64_any(token.substr(6)));
    return is_v3 ? decode_v3(payload) : decode_v4(payload);
}

std::string encode_token(const Token& token)
{
    std::vector<std::pair<Bytes, std::vector<const Proof*>>> groups;
    for (const Proof& proof : token.proofs) {
        const Bytes id = short_id(proof.keyset_id);
        auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& known) { return known.first == id; });
        if (group == groups.end())
            group = groups.insert(groups.end(), {id, {}});
        group->second.push_back(&proof);
    }

    CborWriter writer;
    writer.map(2u + (token.unit ? 1 : 0) + (token.memo ? 1 : 0));
    writer.text("t").array(groups.size());
    for (const auto& [id, proofs] : groups) {
        writer.map(2).text("i").bytes(id).text("p").array(proofs.size());
        for (const Proof* proof : proofs)
            write_proof(writer, *proof);
    }
    if (token.memo)
        writer.text("d").text(*token.memo);
    const std::string_view mint{token.mint};
    writer.text("m").text(mint.substr(0, mint.find_last_not_of('/') + 1));
    if (token.unit)
        writer.text("u").text(*token.unit);
    return "cashuB" + encode_base64url_unpadded(writer.written());
}

Result<Amount> total(const std::vector<Proof>& proofs)
{
    Amount sum = 0;
    for (const Proof& proof : proofs)
        sum = TRY(add(sum, proof.amount));
    return sum;
}

} // namespace berth::cashu
