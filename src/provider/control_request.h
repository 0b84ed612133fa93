#pragma once
// What an operator's command and a running daemon say to each other over the control socket: one JSON text a line.
//
//   {"id":1,"verb":"status"}                                    → {"id":1,"result":{…}}
//   {"id":2,"verb":"lease.list"}                                or  {"id":2,"error":{"code":"not_found","message":"…"}}
//   {"id":3,"verb":"lease.show","lease":"1003"}
//   {"id":4,"verb":"lease.end","lease":"1003","reason":"…"}
//   {"id":5,"verb":"drain","evict":true,"wait_seconds":60}   answered when it is empty, where it is to wait
//   {"id":6,"verb":"resume"}
//   {"id":7,"verb":"wallet","wait_seconds":60,"wallet":{"verb":"send",…}}     as cashu/wallet_verbs.h
//
// Pure. Whoever sends a line is answered under its id; 0 when the line has none that can be read.

#include "cashu/wallet_verbs.h"
#include "util/result.h"

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

namespace berth::provider {

inline constexpr size_t kControlLineBytesMax = 512 << 10;
inline constexpr size_t kControlReasonBytesMax = 500;
inline constexpr std::chrono::seconds kControlWaitMax{24 * 3600};

namespace control {

struct Status {};
struct ListLeases {};
/// `lease` is a number or an id, as `lease list` shows both. A number may be another lease's one day, an id never.
struct ShowLease {
    std::string lease;
};
struct EndLease {
    std::string lease;
    std::string reason; ///< told to its owner; may be empty
};
struct Drain {
    bool evict = false;
    std::chrono::seconds wait{0}; ///< for the last lease to end
};
struct Resume {};
struct Wallet {
    cashu::OperatorRequest request;
    std::chrono::seconds wait{60};
};

using Request = std::variant<Status, ListLeases, ShowLease, EndLease, Drain, Resume, Wallet>;

/// One line that came in.
struct Line {
    uint64_t id = 0;
    Result<Request> request; ///< bad_input says what is wrong with it
};

/// One answer that came back.
struct Answer {
    uint64_t id = 0;
    Result<std::string> result; ///< JSON text
};

[[nodiscard]] Line decode_line(std::string_view text);
[[nodiscard]] std::string encode_line(uint64_t id, const Request& request);

[[nodiscard]] std::string encode_answer(uint64_t id, const Result<std::string>& result);
/// bad_input when it is none.
[[nodiscard]] Result<Answer> decode_answer(std::string_view text);

} // namespace control

} // namespace berth::provider
