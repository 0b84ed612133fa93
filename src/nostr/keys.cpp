#include "nostr/keys.h"

#include "nostr/nip06.h"
#include "nostr/nip19.h"
#include "util/bech32.h"
#include "util/files.h"
#include "util/hex.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::nostr {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text)
{
    const size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// With one blank wherever there is white space.
std::string words_of(std::string_view text)
{
    std::string words;
    words.reserve(text.size());
    for (const char c : text) {
        const bool blank = kBlanks.find(c) != std::string_view::npos;
        if (!blank || words.back() != ' ')
            words += blank ? ' ' : c;
    }
    return words;
}

void wipe_text(std::string& text)
{
    crypto::wipe({reinterpret_cast<uint8_t*>(text.data()), text.size()});
}

} // namespace

Result<PublicKey> PublicKey::parse_hex(std::string_view text)
{
    const Bytes32 bytes = TRY(decode_hex_array<32>(text));
    if (!crypto::is_x_only_public_key(bytes))
        return fail(Errc::bad_input, "not a public key: no such point on the curve");
    return PublicKey{bytes};
}

Result<PublicKey> PublicKey::parse(std::string_view text)
{
    constexpr std::string_view uri_scheme = "nostr:";
    if (text.starts_with(uri_scheme))
        text.remove_prefix(uri_scheme.size());
    if (text.size() == 64) {
        const Bytes32 bytes = TRY(decode_hex_array<32>(text, HexCase::any));
        return parse_hex(encode_hex(bytes));
    }
    const Result<Nip19Entity> entity = decode_nip19(text);
    if (!entity)
        return fail(Errc::bad_input, "not a public key (hex, npub1… or nprofile1…): {}", entity.error().message);
    if (const auto* npub = std::get_if<Npub>(&*entity))
        return parse_hex(encode_hex(npub->pubkey));
    if (const auto* profile = std::get_if<Nprofile>(&*entity))
        return parse_hex(encode_hex(profile->pubkey));
    return fail(Errc::bad_input, "not a public key: expected hex, npub1… or nprofile1…");
}

PublicKey PublicKey::of(const SecretKey& secret_key)
{
    return PublicKey{crypto::x_only_public_key(secret_key)};
}

std::string PublicKey::hex() const
{
    return encode_hex(bytes_);
}

std::string PublicKey::npub() const
{
    return encode_npub(bytes_);
}

Result<SecretKey> parse_secret_key(std::string_view text)
{
    text = trimmed(text);
    if (text.find_first_of(kBlanks) != std::string_view::npos) {
        std::string words = words_of(text);
        Result<SecretKey> key = key_from_mnemonic(words);
        wipe_text(words);
        return key;
    }
    Result<Bytes> from_hex = text.size() == 64 ? decode_hex(text, HexCase::any) : Result<Bytes>{Bytes{}};
    if (from_hex && !from_hex->empty()) {
        const crypto::Secret secret{std::move(*from_hex)};
        return SecretKey::create(secret.expose());
    }
    const Result<Nip19Entity> entity = decode_nip19(text);
    const Nsec* nsec = entity ? std::get_if<Nsec>(&*entity) : nullptr;
    if (!nsec)
        return fail(Errc::bad_input, "not a secret key: expected nsec1…, 64 hex characters or 12 to 24 words");
    return SecretKey::create(nsec->secret.expose());
}

std::string encode_nsec(const SecretKey& secret_key)
{
    return encode_bech32("nsec", secret_key.expose());
}

Result<SecretKey> load_secret_key(const std::filesystem::path& file)
{
    const FileDescriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (!descriptor.is_open())
        return fail(errno == ENOENT ? Errc::not_found : Errc::refused, "cannot open key file {}: {}", file.string(),
                    std::strerror(errno));
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0 || !S_ISREG(status.st_mode))
        return fail(Errc::refused, "key file {} is not a regular file", file.string());
    if ((status.st_mode & 077) != 0)
        return fail(Errc::refused, "key file {} is open to group or others: its mode must be 0600", file.string());
    std::array<char, 512> buffer{};
    const ssize_t length = ::read(descriptor.get(), buffer.data(), buffer.size());
    if (length < 0)
        return fail(Errc::unavailable, "cannot read key file {}: {}", file.string(), std::strerror(errno));
    Result<SecretKey> key = parse_secret_key({buffer.data(), static_cast<size_t>(length)});
    crypto::wipe({reinterpret_cast<uint8_t*>(buffer.data()), buffer.size()});
    if (!key)
        return fail(key.error().code, "key file {}: {}", file.string(), key.error().message);
    return key;
}

Result<void> save_secret_key(const std::filesystem::path& file, const SecretKey& secret_key)
{
    std::string text = encode_nsec(secret_key) + "\n";
    const auto created = create_private_file(file, text);
    wipe_text(text);
    if (!created)
        return fail(created.error().code, "key file: {}", created.error().message);
    return {};
}

} // namespace berth::nostr
