#include "nostr/nip19.h"

#include "util/bech32.h"
#include "util/utf8.h"

#include <algorithm>

namespace berth::nostr {

namespace {

enum TlvType : uint8_t { special = 0, relay = 1, author = 2, kind_number = 3 };

/// What the TLV forms share; which members must be there differs.
struct TlvFields {
    std::optional<Bytes> special;
    std::vector<std::string> relays;
    std::optional<Bytes32> author;
    std::optional<Kind> kind;
};

Result<Bytes32> exactly_32(ByteView bytes)
{
    Bytes32 out{};
    if (bytes.size() != out.size())
        return fail(Errc::bad_input, "NIP-19 value of {} bytes, expected 32", bytes.size());
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}

Result<Kind> kind_of(ByteView bytes)
{
    if (bytes.size() != 4 || bytes[0] != 0 || bytes[1] != 0)
        return fail(Errc::bad_input, "NIP-19 kind must be four bytes, at most 65535");
    return static_cast<Kind>(bytes[2] << 8 | bytes[3]);
}

Result<void> take_value(TlvFields& fields, uint8_t type, ByteView value)
{
    if (type == TlvType::special && !fields.special)
        fields.special = Bytes{value.begin(), value.end()};
    if (type == TlvType::relay && std::all_of(value.begin(), value.end(), [](uint8_t c) { return c > 32 && c < 127; }))
        fields.relays.emplace_back(as_text(value));
    if (type == TlvType::author && !fields.author)
        fields.author = TRY(exactly_32(value));
    if (type == TlvType::kind_number && !fields.kind)
        fields.kind = TRY(kind_of(value));
    return {};
}

Result<TlvFields> read_tlv(ByteView data)
{
    TlvFields fields;
    while (!data.empty()) {
        if (data.size() < 2 || data.size() - 2 < data[1])
            return fail(Errc::bad_input, "NIP-19 value runs past the end");
        TRY(take_value(fields, data[0], data.subspan(2, data[1])));
        data = data.subspan(size_t{2} + data[1]);
    }
    if (!fields.special)
        return fail(Errc::bad_input, "NIP-19 text lacks its main value");
    return fields;
}

void put_value(Bytes& out, TlvType type, ByteView value)
{
    if (value.size() > 255)
        return;
    out.push_back(type);
    out.push_back(static_cast<uint8_t>(value.size()));
    out.insert(out.end(), value.begin(), value.end());
}

void put_relays(Bytes& out, const std::vector<std::string>& relays)
{
    for (const std::string& url : relays)
        put_value(out, TlvType::relay, as_bytes(url));
}

void put_kind(Bytes& out, Kind kind)
{
    put_value(out, TlvType::kind_number,
              Bytes{0, 0, static_cast<uint8_t>(kind >> 8), static_cast<uint8_t>(kind & 0xff)});
}

Result<Nip19Entity> bare_entity(std::string_view prefix, ByteView data)
{
    const Bytes32 bytes = TRY(exactly_32(data));
    if (prefix == "npub")
        return Nip19Entity{Npub{bytes}};
    return Nip19Entity{Note{bytes}};
}

Result<Nip19Entity> nprofile_entity(TlvFields fields)
{
    const Bytes32 pubkey = TRY(exactly_32(*fields.special));
    return Nip19Entity{Nprofile{.pubkey = pubkey, .relays = std::move(fields.relays)}};
}

Result<Nip19Entity> nevent_entity(TlvFields fields)
{
    const EventId id = TRY(exactly_32(*fields.special));
    return Nip19Entity{
        Nevent{.id = id, .relays = std::move(fields.relays), .author = fields.author, .kind = fields.kind}};
}

Result<Nip19Entity> naddr_entity(TlvFields fields)
{
    const std::string_view identifier = as_text(*fields.special);
    if (!fields.author || !fields.kind || !is_valid_utf8(identifier))
        return fail(Errc::bad_input, "naddr needs an identifier in UTF-8, an author and a kind");
    return Nip19Entity{Naddr{.identifier = std::string{identifier},
                             .pubkey = *fields.author,
                             .kind = *fields.kind,
                             .relays = std::move(fields.relays)}};
}

} // namespace

Result<Nip19Entity> decode_nip19(std::string_view text)
{
    Bech32 decoded = TRY(decode_bech32(text));
    if (decoded.prefix == "nsec") {
        crypto::Secret secret{std::move(decoded.data)};
        if (secret.expose().size() != 32)
            return fail(Errc::bad_input, "nsec must hold 32 bytes");
        return Nip19Entity{Nsec{std::move(secret)}};
    }
    if (decoded.prefix == "npub" || decoded.prefix == "note")
        return bare_entity(decoded.prefix, decoded.data);
    if (decoded.prefix != "nprofile" && decoded.prefix != "nevent" && decoded.prefix != "naddr")
        return fail(Errc::bad_input, "not a NIP-19 prefix");
    TlvFields fields = TRY(read_tlv(decoded.data));
    if (decoded.prefix == "nprofile")
        return nprofile_entity(std::move(fields));
    if (decoded.prefix == "nevent")
        return nevent_entity(std::move(fields));
    return naddr_entity(std::move(fields));
}

std::string encode_npub(const Bytes32& pubkey)
{
    return encode_bech32("npub", pubkey);
}

std::string encode_note(const EventId& id)
{
    return encode_bech32("note", id);
}

std::string encode_nprofile(const Nprofile& profile)
{
    Bytes out;
    put_value(out, TlvType::special, profile.pubkey);
    put_relays(out, profile.relays);
    return encode_bech32("nprofile", out);
}

std::string encode_nevent(const Nevent& event)
{
    Bytes out;
    put_value(out, TlvType::special, event.id);
    put_relays(out, event.relays);
    if (event.author)
        put_value(out, TlvType::author, *event.author);
    if (event.kind)
        put_kind(out, *event.kind);
    return encode_bech32("nevent", out);
}

std::string encode_naddr(const Naddr& address)
{
    if (address.identifier.size() > 255)
        return {};
    Bytes out;
    put_value(out, TlvType::special, as_bytes(address.identifier));
    put_relays(out, address.relays);
    put_value(out, TlvType::author, address.pubkey);
    put_kind(out, address.kind);
    return encode_bech32("naddr", out);
}

} // namespace berth::nostr
