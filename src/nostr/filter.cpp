#include "nostr/filter.h"

#include "nostr/canonical_json.h"
#include "util/hex.h"

#include <algorithm>

namespace berth::nostr {

namespace {

template <class T>
bool contains(const std::vector<T>& values, const T& value)
{
    return std::find(values.begin(), values.end(), value) != values.end();
}

/// Writes the members of one object, with commas between them.
class ObjectWriter {
public:
    /// Begins a member; the caller appends its value to the returned text.
    std::string& member(std::string_view name)
    {
        out_ += out_.empty() ? "{" : ",";
        append_json_string(out_, name);
        out_.push_back(':');
        return out_;
    }
    template <class Values, class Append>
    void list(std::string_view name, const Values& values, Append append)
    {
        std::string& out = member(name);
        out.push_back('[');
        for (size_t i = 0; i < values.size(); ++i) {
            if (i > 0)
                out.push_back(',');
            append(out, values[i]);
        }
        out.push_back(']');
    }
    template <class Integer>
    void integer(std::string_view name, const std::optional<Integer>& value)
    {
        if (value)
            member(name) += std::to_string(*value);
    }
    [[nodiscard]] std::string finish() && { return out_.empty() ? "{}" : std::move(out_) + "}"; }

private:
    std::string out_;
};

} // namespace

bool Filter::matches(const Event& event) const
{
    if (matches_nothing)
        return false;
    if (!ids.empty() && !contains(ids, event.id))
        return false;
    if (!authors.empty() && !contains(authors, event.pubkey))
        return false;
    if (!kinds.empty() && !contains(kinds, event.kind))
        return false;
    if ((since && event.created_at < *since) || (until && event.created_at > *until))
        return false;
    return std::all_of(tags.begin(), tags.end(), [&](const auto& wanted) {
        const std::string_view name{&wanted.first, 1};
        return std::any_of(event.tags.begin(), event.tags.end(), [&](const Tag& tag) {
            return tag.size() > 1 && tag[0] == name && contains(wanted.second, tag[1]);
        });
    });
}

std::string encode_filter(const Filter& filter)
{
    const auto append_hex = [](std::string& out, const Bytes32& bytes) { append_json_string(out, encode_hex(bytes)); };
    const auto append_kind = [](std::string& out, Kind kind) { out += std::to_string(kind); };
    ObjectWriter writer;
    if (!filter.ids.empty() || filter.matches_nothing)
        writer.list("ids", filter.ids, append_hex);
    if (!filter.authors.empty())
        writer.list("authors", filter.authors, append_hex);
    if (!filter.kinds.empty())
        writer.list("kinds", filter.kinds, append_kind);
    for (const auto& [name, values] : filter.tags)
        writer.list(std::string{'#', name}, values, append_json_string);
    writer.integer("since", filter.since);
    writer.integer("until", filter.until);
    writer.integer("limit", filter.limit);
    return std::move(writer).finish();
}

} // namespace berth::nostr
