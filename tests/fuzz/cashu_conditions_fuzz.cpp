// A secret that is read as a condition is unsatisfied without a witness while it is locked, and the lock is never
// called ours without a key. Witnesses survive a round trip.

#include "cashu/conditions.h"

using namespace berth;
using namespace berth::cashu;
using namespace std::chrono_literals;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view text = as_text({data, size});
    if (const Result<Witness> witness = parse_witness(text)) {
        const std::string encoded = encode_witness(*witness);
        // Shorter spellings exist than ours, so a witness at the limit may outgrow it.
        if (const Result<Witness> again = parse_witness(encoded))
            VERIFY(encode_witness(*again) == encoded);
    }
    const Result<std::optional<Condition>> condition = parse_condition(text);
    if (!condition || !*condition)
        return 0;
    const Condition& known = **condition;
    VERIFY(known.n_sigs <= known.keys.size() && known.n_sigs_refund <= known.refund_keys.size());
    VERIFY(known.kind == LockKind::htlc || known.n_sigs >= 1);
    const crypto::Point C = crypto::Point::generate(crypto::Scalar::create(Bytes(32, 1)).value());
    const Proof proof{.amount = 1, .keyset_id = "00", .secret = std::string{text}, .C = C};
    VERIFY(!check_inputs_spendable({proof}, {}, "", 0));
    const LockStanding standing = judge_lock(known, {}, {}, 0, 0s);
    VERIFY(standing == LockStanding::foreign);
    return 0;
}
