#include "cashu/keyset.h"

#include "vectors.h"

using namespace berth;
using namespace berth::cashu;

namespace {

std::string keys_reply(const Json& keys, const char* unit = "sat")
{
    return dump_json(Json{{"keysets", Json::array({{{"id", "00ad268c4d1f5826"}, {"unit", unit}, {"keys", keys}}})}});
}

} // namespace

TEST_CASE("V1 ids are those of NUT-02")
{
    for (const Json& row : test::vectors("nut02_keyset_ids").at("version1")) {
        Keyset keyset{.id = test::text(row, "id"), .keys = test::keys(row.at("keys"))};
        CHECK(derive_keyset_id_v1(keyset.keys) == keyset.id);
        CHECK(verify_keyset_id(keyset));
        keyset.keys.erase(keyset.keys.begin());
        CHECK(verify_keyset_id(keyset).error().code == Errc::corrupt);
    }
}

TEST_CASE("V2 ids are those of NUT-02 and commit to the fee")
{
    for (const Json& row : test::vectors("nut02_keyset_ids").at("version2")) {
        Keyset keyset{.id = test::text(row, "id"), .keys = test::keys(row.at("keys"))};
        keyset.input_fee_ppk = row.at("input_fee_ppk").get<uint64_t>();
        if (!row.at("final_expiry").is_null())
            keyset.final_expiry = row.at("final_expiry").get<int64_t>();
        CHECK(derive_keyset_id_v2(keyset.keys, test::text(row, "unit"), keyset.input_fee_ppk, keyset.final_expiry) ==
              keyset.id);
        CHECK(verify_keyset_id(keyset));
        CHECK(expand_keyset_id(test::text(row, "short_id"), {keyset.id}).value() == keyset.id);
        keyset.input_fee_ppk += 1;
        CHECK_FALSE(verify_keyset_id(keyset));
    }
}

TEST_CASE("the derived keysets verify")
{
    const Json& file = test::vectors("derived_bdhke_chain");
    const std::vector<Keyset> keysets = decode_keys(dump_json(Json{{"keysets", file.at("keysets")}}))->keysets;
    CHECK(keysets.size() == 2);
    for (const Keyset& keyset : keysets) {
        CHECK(verify_keyset_id(keyset));
        CHECK(keyset.denominations().back() == Amount{1} << 63);
    }
}

TEST_CASE("an id of an unknown version is never verified")
{
    CHECK_FALSE(verify_keyset_id(Keyset{.id = "02" + std::string(64, '0')}));
    CHECK_FALSE(verify_keyset_id(Keyset{.id = ""}));
}

TEST_CASE("keysets with malformed keys are refused as NUT-01 demands")
{
    const Json& file = test::vectors("nut01_keysets");
    for (const Json& row : file.at("invalid"))
        CHECK_FALSE(decode_keys(keys_reply(row.at("keys"))));
    for (const Json& row : file.at("valid"))
        CHECK(decode_keys(keys_reply(row.at("keys")))->keysets[0].keys.size() == row.at("keys").size());
}

TEST_CASE("a keyset of another unit, or with an id of another age, is skipped, not fatal")
{
    const Json keys = test::vectors("nut01_keysets").at("valid")[0].at("keys");
    const KeysetsReply reply = decode_keys(keys_reply(keys, "usd")).value();
    CHECK(reply.keysets.empty());
    CHECK(reply.skipped == 1);
    CHECK(decode_keysets(R"({"keysets":[{"id":"I2yN+iRYfkzT","unit":"sat","active":false}]})")->skipped == 1);
}

TEST_CASE("fees are rounded up once per transaction")
{
    for (const Json& row : test::vectors("nut02_fees").at("vectors"))
        CHECK(input_fee(row.at("input_fee_ppk_per_input").get<std::vector<uint64_t>>()).value() ==
              row.at("fee").get<Amount>());
    CHECK_FALSE(input_fee({UINT64_MAX, 1}));
}

TEST_CASE("a short id is expanded only when it is unambiguous")
{
    const std::string a = "01aaaaaaaaaaaaaa" + std::string(50, '1');
    const std::string b = "01aaaaaaaaaaaaaa" + std::string(50, '2');
    CHECK(expand_keyset_id("01AAAAAAAAAAAAAA", {a}).value() == a);
    CHECK(expand_keyset_id("01aaaaaaaaaaaaaa", {a, b}).error().code == Errc::bad_input);
    CHECK(expand_keyset_id("01aaaaaaaaaaaaaa", {}).error().code == Errc::not_found);
    CHECK(expand_keyset_id(a, {a, b}).value() == a);
    CHECK(expand_keyset_id("02aaaaaaaaaaaaaa", {a}).error().code == Errc::bad_input);
    CHECK(expand_keyset_id("01aaaaaaaaaaaa", {a}).error().code == Errc::bad_input);
    CHECK(expand_keyset_id("", {a}).error().code == Errc::bad_input);
}
