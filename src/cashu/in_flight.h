#pragma once
// Which operations have a call at a mint, so that each has one at a time and an answer meets the call that asked.

#include <cstdint>
#include <map>

namespace berth::cashu {

template <class Id>
class InFlight {
public:
    /// A call begins. Its answer brings the mark back, which tells it from that of a forgotten call.
    [[nodiscard]] uint64_t begin(const Id& id) { return marks_[id] = next_mark_++; }
    /// The answer came; false when its call was forgotten.
    [[nodiscard]] bool end(const Id& id, uint64_t mark)
    {
        const auto found = marks_.find(id);
        if (found == marks_.end() || found->second != mark)
            return false;
        marks_.erase(found);
        return true;
    }
    void forget(const Id& id) { marks_.erase(id); }
    [[nodiscard]] bool contains(const Id& id) const { return marks_.count(id) != 0; }

private:
    std::map<Id, uint64_t> marks_;
    uint64_t next_mark_ = 1;
};

} // namespace berth::cashu
