#include "cashu/conditions.h"

#include "cashu/p2bk.h"
#include "crypto/hash.h"
#include "vectors.h"

using namespace berth;
using namespace berth::cashu;
using namespace std::chrono_literals;
using crypto::Point;
using crypto::Scalar;

namespace {

const char* name_of(SpendPath path)
{
    switch (path) {
    case SpendPath::main:
        return "main";
    case SpendPath::refund:
        return "refund";
    case SpendPath::anyone:
        break;
    }
    return "anyone";
}

void check_row(const Json& row, const SwapRequest& request, std::string_view quote, int64_t now)
{
    const std::string name = test::text(row, "name");
    CAPTURE(name);
    const auto paths = check_inputs_spendable(request.inputs, request.outputs, quote, now);
    CHECK(paths.has_value() == row.at("expected_spendable").get<bool>());
    if (paths)
        for (const SpendPath path : *paths)
            CHECK(name_of(path) == test::text(row, "expected_path"));
}

void check_sig_all(const Json& row, int64_t now)
{
    const SwapRequest request = test::request(row.at("request"));
    const std::string quote = row.at("request").value("quote", "");
    const std::string message = sig_all_message(request.inputs, request.outputs, quote);
    CHECK(message == test::text(row, "message_to_sign"));
    CHECK(crypto::sha256(as_bytes(message)) == test::bytes32(row, "message_sha256"));
    check_row(row, request, quote, now);
}

std::string p2pk(const Point& key, const std::string& tags)
{
    return R"(["P2PK",{"nonce":"00","data":")" + key.hex() + R"(","tags":[)" + tags + "]}]";
}

Condition condition_of(const std::string& secret)
{
    return parse_condition(secret).value().value();
}

struct Keys {
    test::CountingBytes random;
    Scalar ours = Scalar::random(random);
    Scalar theirs = Scalar::random(random);
    Point our_point = Point::generate(ours);
    Point their_point = Point::generate(theirs);
};

} // namespace

TEST_CASE("P2PK proofs and SIG_ALL requests are judged as NUT-11 says")
{
    const Json& file = test::vectors("nut11_p2pk");
    const int64_t now = file.at("evaluation_time").get<int64_t>();
    for (const Json& row : file.at("sig_inputs_proofs")) {
        const Json body{{"inputs", Json::array({row.at("proof")})}, {"outputs", Json::array()}};
        check_row(row, test::request(body), "", now);
    }
    for (const char* section : {"sig_all_swaps", "sig_all_melts"})
        for (const Json& row : file.at(section))
            check_sig_all(row, now);
}

TEST_CASE("HTLC requests are judged as NUT-14 says")
{
    const Json& file = test::vectors("nut14_htlc");
    const int64_t now = file.at("evaluation_time").get<int64_t>();
    for (const Json& row : file.at("sig_all_swaps"))
        check_sig_all(row, now);
    for (const Json& row : file.at("hash_preimage_pairs")) {
        const std::string secret = R"(["HTLC",{"nonce":"00","data":")" + test::text(row, "hash") + R"("}])";
        const Witness witness{.preimage = test::text(row, "preimage")};
        Proof proof{.amount = 1, .keyset_id = "00", .secret = secret, .C = Keys{}.our_point};
        CHECK_FALSE(check_inputs_spendable({proof}, {}, "", now));
        proof.witness = encode_witness(witness);
        CHECK(check_inputs_spendable({proof}, {}, "", now));
        CHECK(judge_lock(condition_of(secret), witness, {}, now, 0s) == LockStanding::open);
    }
}

TEST_CASE("blinded keys are those of NUT-28, and their owner can sign for them")
{
    const Json& file = test::vectors("nut28_p2bk");
    const Scalar ephemeral = test::scalar(file, "sender_ephemeral_secret");
    const Scalar secret = test::scalar(file, "receiver_secret");
    const Point receiver = test::point(file, "receiver_pubkey");
    const Point E = test::point(file, "sender_ephemeral_pubkey");
    for (const Json& row : file.at("slots")) {
        const auto slot = row.at("slot").get<uint8_t>();
        const Scalar blinding = p2bk_blinding(secret, E, slot).value();
        CHECK(encode_hex(blinding.expose()) == test::text(row, "r"));
        CHECK(encode_hex(p2bk_blinding(ephemeral, receiver, slot)->expose()) == test::text(row, "r"));
        const Point blinded = p2bk_blind_key(receiver, blinding).value();
        CHECK(blinded == test::point(row, "blinded_pubkey"));
        CHECK(encode_hex(p2bk_signing_key(secret, blinding, blinded)->expose()) == test::text(row, "sk_negated"));
        CHECK(encode_hex(secret.plus(blinding)->expose()) == test::text(row, "sk_standard"));
        CHECK(p2bk_signing_key(ephemeral, blinding, blinded).error().code == Errc::not_found);
    }
    test::CountingBytes random;
    std::vector<Proof> inputs =
        test::request({{"inputs", Json::array({file.at("example_proof")})}, {"outputs", Json::array()}}).inputs;
    CHECK_FALSE(check_inputs_spendable(inputs, {}, "", 0));
    CHECK(sign_inputs(inputs, {}, secret, random));
    CHECK(check_inputs_spendable(inputs, {}, "", 0));
}

TEST_CASE("ordinary secrets are no conditions, malformed conditions are neither")
{
    const std::string key = Keys{}.our_point.hex();
    CHECK_FALSE(parse_condition("5916e55be077a3a8").value());
    CHECK_FALSE(parse_condition("").value());
    CHECK_FALSE(parse_condition("[1,2,3]").value());
    CHECK(parse_condition(R"(["OTHER",{"nonce":"0","data":"0"}])").error().code == Errc::refused);
    const std::string head = R"(["P2PK",{"nonce":"0","data":")" + key + R"(")";
    CHECK(parse_condition(head + "}]"));
    CHECK_FALSE(parse_condition(head + "}"));
    for (const std::string tags :
         {R"(["locktime","1"],["locktime","2"])", R"([])", R"(["n_sigs",1])", R"(["n_sigs","0"])", R"(["n_sigs","2"])",
          R"(["n_sigs","x"])", R"(["sigflag","SIG_NONE"])", R"(["n_sigs_refund","1"])", R"(["pubkeys","02"])",
          R"(["locktime","-1"])", R"(["locktime","99999999999999999999"])"})
        CHECK_FALSE(parse_condition(head + R"(,"tags":[)" + tags + "]}]"));
    const std::string same_x = (key[1] == '2' ? "03" : "02") + key.substr(2);
    CHECK_FALSE(parse_condition(head + R"(,"tags":[["pubkeys",")" + same_x + R"("]]}])"));
    CHECK_FALSE(parse_condition(head + R"(,"data":")" + key + R"("}])"));
    CHECK_FALSE(parse_condition(std::string(1025, 'a')));
}

TEST_CASE("a lock is ours only while nobody else can open it")
{
    const Keys keys;
    const auto standing = [&](const std::string& tags) {
        return judge_lock(condition_of(p2pk(keys.our_point, tags)), {}, keys.our_point, 1000, 100s);
    };
    const std::string refund = R"(,["refund",")" + keys.their_point.hex() + R"("])";
    CHECK(standing("") == LockStanding::ours);
    CHECK(standing(R"(["locktime","1101"])" + refund) == LockStanding::ours);
    CHECK(standing(R"(["locktime","1100"])" + refund) == LockStanding::reclaimable);
    CHECK(standing(R"(["locktime","10"])" + refund) == LockStanding::reclaimable);
    CHECK(standing(R"(["locktime","1100"])") == LockStanding::open);
    CHECK(standing(R"(["locktime","10"])") == LockStanding::open);
    CHECK(standing(R"(["pubkeys",")" + keys.their_point.hex() + R"("])") == LockStanding::open);
    CHECK(standing(R"(["pubkeys",")" + keys.their_point.hex() + R"("],["n_sigs","2"])") == LockStanding::foreign);
    const Condition theirs = condition_of(p2pk(keys.their_point, ""));
    CHECK(judge_lock(theirs, {}, keys.our_point, 1000, 100s) == LockStanding::foreign);
    CHECK(judge_lock(theirs, {}, {}, 1000, 100s) == LockStanding::foreign);
}

TEST_CASE("inputs signed by us satisfy a mint, for SIG_INPUTS and for SIG_ALL")
{
    Keys keys;
    const std::vector<BlindedMessage> outputs{{.amount = 2, .keyset_id = "00", .B_ = keys.their_point}};
    for (const char* flag : {"SIG_INPUTS", "SIG_ALL"}) {
        const std::string secret = p2pk(keys.our_point, std::string{R"(["sigflag",")"} + flag + R"("])");
        std::vector<Proof> inputs(2, Proof{.amount = 1, .keyset_id = "00", .secret = secret, .C = keys.our_point});
        CHECK_FALSE(check_inputs_spendable(inputs, outputs, "", 0));
        CHECK(sign_inputs(inputs, outputs, keys.theirs, keys.random));
        CHECK_FALSE(check_inputs_spendable(inputs, outputs, "", 0));
        CHECK(sign_inputs(inputs, outputs, keys.ours, keys.random));
        CHECK(check_inputs_spendable(inputs, outputs, "", 0));
    }
}

TEST_CASE("a witness that was encoded twice is read once more, and no further")
{
    const std::string once = encode_witness(Witness{.signatures = {Bytes64{}}});
    const std::string twice = dump_json(Json(once));
    CHECK(parse_witness(once)->signatures.size() == 1);
    CHECK(parse_witness(twice)->signatures.size() == 1);
    CHECK_FALSE(parse_witness(dump_json(Json(twice))));
    CHECK_FALSE(parse_witness(R"({"signatures":["00"]})"));
    CHECK_FALSE(parse_witness("[]"));
}
