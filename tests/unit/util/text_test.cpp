// Hex, base64, bech32 and UTF-8: the small codecs.

#include "util/base64.h"
#include "util/bech32.h"
#include "util/hex.h"
#include "util/utf8.h"

#include <doctest/doctest.h>

using namespace berth;

namespace {

Bytes bytes_of(std::string_view text)
{
    const ByteView view = as_bytes(text);
    return {view.begin(), view.end()};
}

} // namespace

TEST_CASE("hex is written in lower case, and read in upper case only on request")
{
    CHECK(encode_hex(Bytes{0x00, 0xab, 0xff}) == "00abff");
    CHECK(decode_hex("00abff").value() == Bytes{0x00, 0xab, 0xff});
    CHECK_FALSE(decode_hex("00ABff"));
    CHECK(decode_hex("00ABff", HexCase::any).value() == Bytes{0x00, 0xab, 0xff});
    CHECK(decode_hex("").value().empty());
}

TEST_CASE("hex has even length and no other characters")
{
    for (const char* text : {"0", "abc", "0g", "0x", " 00", "0\n", "00 "}) {
        CAPTURE(text);
        CHECK_FALSE(decode_hex(text, HexCase::any));
    }
    CHECK(decode_hex_array<2>("0102").value() == std::array<uint8_t, 2>{1, 2});
    CHECK_FALSE(decode_hex_array<2>("010203"));
    CHECK_FALSE(decode_hex_array<2>("01"));
}

TEST_CASE("base64 gives the texts of RFC 4648")
{
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, text] : rows) {
        CHECK(encode_base64(as_bytes(plain)) == text);
        CHECK(decode_base64_strict(text).value() == bytes_of(plain));
        const std::string unpadded = text.substr(0, text.find('='));
        CHECK(encode_base64url_unpadded(as_bytes(plain)) == unpadded);
        CHECK(decode_base64_any(unpadded).value() == bytes_of(plain));
        CHECK(decode_base64_any(text).value() == bytes_of(plain));
    }
}

TEST_CASE("strict base64 forgives nothing")
{
    for (const char* text : {"Zg", "Zg=", "Zg===", "=", "====", "Zg==Zg==", "Zm 9", "Zm9v\n", "Zm9v\nZm9", "_-__",
                             "Z===", "Zh==", "Zm9="}) {
        CAPTURE(text);
        CHECK_FALSE(decode_base64_strict(text));
    }
}

TEST_CASE("the other base64 takes both alphabets, but no stray padding")
{
    CHECK(decode_base64_any("-_-_").value() == decode_base64_any("+/+/").value());
    CHECK_FALSE(decode_base64_any("Zg="));
    CHECK_FALSE(decode_base64_any("Z"));
    CHECK_FALSE(decode_base64_any("Zg==Zg"));
    CHECK_FALSE(decode_base64_any("Z g"));
}

TEST_CASE("bech32 is the checksum of BIP-173, bech32m that of BIP-350")
{
    CHECK(decode_bech32("A12UEL5L").value().prefix == "a");
    CHECK(decode_bech32("A1LQFN3A", 90, Bech32Form::bech32m).value().prefix == "a");
    CHECK_FALSE(decode_bech32("A12UEL5L", 90, Bech32Form::bech32m));
    CHECK_FALSE(decode_bech32("A1LQFN3A"));
}

TEST_CASE("every payload survives bech32 in both forms and both cases")
{
    for (size_t length = 0; length < 40; ++length) {
        const Bytes data(length, static_cast<uint8_t>(length * 37));
        for (const Bech32Form form : {Bech32Form::bech32, Bech32Form::bech32m}) {
            std::string text = encode_bech32("note", data, form);
            CHECK(decode_bech32(text, 5000, form).value().data == data);
            for (char& c : text)
                c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            CHECK(decode_bech32(text, 5000, form).value().data == data);
        }
    }
}

TEST_CASE("bech32 refuses what BIP-173 calls invalid")
{
    for (const char* text : {"", "1", "pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3", "A1G7SGD8", "10a06t8",
                             "1qzzfhee", "a12uel5L", "A12uEL5L", "a12uel5m",
                             "\x20"
                             "1nwldj5",
                             "\x7f"
                             "1axkwrx"}) {
        CAPTURE(text);
        CHECK_FALSE(decode_bech32(text));
    }
    CHECK_FALSE(decode_bech32("a12uel5l", 7));
    CHECK(decode_bech32("a12uel5l", 8));
}

TEST_CASE("UTF-8 has no surrogates, overlong forms or cut sequences")
{
    for (const char* text : {"", "a", "é", "€", "😀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"})
        CHECK(is_valid_utf8(text));
    CHECK(is_valid_utf8(std::string_view{"\0", 1}));
    for (const char* text :
         {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc3\x28"}) {
        CAPTURE(encode_hex(as_bytes(text)));
        CHECK_FALSE(is_valid_utf8(text));
    }
}

TEST_CASE("foreign text is shown without anything that a terminal obeys")
{
    CHECK(printable("plain text") == "plain text");
    CHECK(printable("\x1b[2J\n\\") == "\\x1b[2J\\x0a\\x5c");
    CHECK(printable("é") == "\\xc3\\xa9");
    CHECK(printable("abcdef", 3) == "abc…");
    CHECK(printable("abc", 3) == "abc");
}
