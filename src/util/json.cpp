#include "util/json.h"

#include "util/utf8.h"

#include <set>
#include <vector>

namespace berth {

namespace {

/// Builds the value through nlohmann's own DOM handler, and stops at our limits.
class LimitedHandler : public nlohmann::json_sax<Json> {
public:
    LimitedHandler(Json& root, const JsonLimits& limits) : dom_{root, false}, limits_{limits} {}

    bool null() override { return count() && dom_.null(); }
    bool boolean(bool value) override { return count() && dom_.boolean(value); }
    bool number_integer(number_integer_t value) override { return count() && dom_.number_integer(value); }
    bool number_unsigned(number_unsigned_t value) override { return count() && dom_.number_unsigned(value); }
    bool number_float(number_float_t value, const string_t& text) override
    {
        return count() && dom_.number_float(value, text);
    }
    bool string(string_t& value) override { return count() && dom_.string(value); }
    bool binary(binary_t& value) override { return count() && dom_.binary(value); }

    bool start_object(std::size_t size) override
    {
        if (!enter())
            return false;
        members_.emplace_back();
        return dom_.start_object(size);
    }
    bool key(string_t& name) override
    {
        if (!members_.back().insert(name).second) {
            problem_ = "a member appears twice";
            return false;
        }
        return count() && dom_.key(name);
    }
    bool end_object() override
    {
        --depth_;
        members_.pop_back();
        return dom_.end_object();
    }
    bool start_array(std::size_t size) override { return enter() && dom_.start_array(size); }
    bool end_array() override
    {
        --depth_;
        return dom_.end_array();
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override
    {
        problem_ = fmt::format("malformed at byte {}", position);
        return false;
    }

    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    bool count()
    {
        if (++items_ <= limits_.items_max)
            return true;
        problem_ = "too many items";
        return false;
    }
    bool enter()
    {
        if (++depth_ > limits_.depth_max) {
            problem_ = "nested too deeply";
            return false;
        }
        return count();
    }

    nlohmann::detail::json_sax_dom_parser<Json> dom_;
    const JsonLimits limits_;
    size_t depth_ = 0;
    size_t items_ = 0;
    std::vector<std::set<std::string>> members_;
    std::string problem_ = "malformed";
};

Result<const Json*> member_of(const Json& object, const char* member)
{
    if (!object.is_object())
        return fail(Errc::bad_input, "expected an object with a member {}", member);
    const auto found = object.find(member);
    return found == object.end() ? nullptr : &*found;
}

} // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits)
{
    if (text.size() > limits.bytes_max)
        return fail(Errc::bad_input, "JSON of {} bytes, limit {}", text.size(), limits.bytes_max);
    if (text.starts_with("\xef\xbb\xbf"))
        return fail(Errc::bad_input, "JSON begins with a byte-order mark");
    if (!is_valid_utf8(text))
        return fail(Errc::bad_input, "JSON is not valid UTF-8");
    Json root;
    LimitedHandler handler{root, limits};
    if (!Json::sax_parse(text, &handler, Json::input_format_t::json, true))
        return fail(Errc::bad_input, "JSON {}", handler.problem());
    return root;
}

std::string dump_json(const Json& value)
{
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dump_json(const OrderedJson& value)
{
    return value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

Result<std::string> json_string(const Json& object, const char* member)
{
    const Json* value = TRY(member_of(object, member));
    if (!value || !value->is_string())
        return fail(Errc::bad_input, "{} must be a string", member);
    return value->get<std::string>();
}

Result<uint64_t> json_u64(const Json& object, const char* member)
{
    const Json* value = TRY(member_of(object, member));
    if (!value || !value->is_number_unsigned())
        return fail(Errc::bad_input, "{} must be an unsigned integer", member);
    return value->get<uint64_t>();
}

Result<bool> json_bool(const Json& object, const char* member)
{
    const Json* value = TRY(member_of(object, member));
    if (!value || !value->is_boolean())
        return fail(Errc::bad_input, "{} must be true or false", member);
    return value->get<bool>();
}

Result<std::optional<std::string>> json_optional_string(const Json& object, const char* member)
{
    const Json* value = TRY(member_of(object, member));
    if (!value || value->is_null())
        return std::optional<std::string>{};
    std::string text = TRY(json_string(object, member));
    return std::optional<std::string>{std::move(text)};
}

Result<std::optional<uint64_t>> json_optional_u64(const Json& object, const char* member)
{
    const Json* value = TRY(member_of(object, member));
    if (!value || value->is_null())
        return std::optional<uint64_t>{};
    const uint64_t number = TRY(json_u64(object, member));
    return std::optional<uint64_t>{number};
}

} // namespace berth
