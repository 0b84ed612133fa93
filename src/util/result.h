#pragma once
// Result<T>: an expected failure as a value. Its names are a subset of std::expected, so that C++23 can replace it.

#include "util/check.h"

#include <fmt/core.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace berth {

/// What the caller can do about a failure, not where it happened.
enum class Errc {
    bad_input,       ///< the bytes or arguments are wrong; sending them again changes nothing
    refused,         ///< understood, and the answer is no
    not_found,       ///< there is no such thing
    conflict,        ///< it exists already, or another state stands in the way
    unavailable,     ///< nothing happened; try later
    outcome_unknown, ///< sent, no answer: ask before retrying
    corrupt,         ///< our own data, or a peer's promise, does not hold
};

[[nodiscard]] const char* name_of(Errc code);

struct Error {
    Errc code = Errc::bad_input;
    std::string message; ///< says what, with values, and never a secret
};

struct Unexpected {
    Error error;
};

/// Makes the failure that a function returning Result gives back.
template <class... Args>
[[nodiscard]] Unexpected fail(Errc code, fmt::format_string<Args...> format, Args&&... args)
{
    return Unexpected{Error{code, fmt::format(format, std::forward<Args>(args)...)}};
}

template <class T>
class [[nodiscard]] Result {
public:
    using value_type = T;

    Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}
    Result(Unexpected failure) : state_{std::in_place_index<1>, std::move(failure.error)} {}

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    [[nodiscard]] T& value() &
    {
        VERIFY(has_value());
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] const T& value() const&
    {
        VERIFY(has_value());
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] T&& value() &&
    {
        VERIFY(has_value());
        return std::move(*std::get_if<0>(&state_));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    [[nodiscard]] const Error& error() const
    {
        VERIFY(!has_value());
        return *std::get_if<1>(&state_);
    }

    template <class U>
    [[nodiscard]] T value_or(U&& other) const&
    {
        return has_value() ? value() : static_cast<T>(std::forward<U>(other));
    }

private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    using value_type = void;

    Result() = default;
    Result(Unexpected failure) : error_{std::move(failure.error)} {}

    [[nodiscard]] bool has_value() const { return !error_; }
    explicit operator bool() const { return has_value(); }
    void value() const { VERIFY(has_value()); }
    [[nodiscard]] const Error& error() const
    {
        VERIFY(error_.has_value());
        return *error_;
    }

private:
    std::optional<Error> error_;
};

/// The error of a failed Result, ready to be returned from a function of another Result type.
template <class T>
[[nodiscard]] Unexpected pass_on(const Result<T>& failed)
{
    return Unexpected{failed.error()};
}

} // namespace berth

/// Passes a failure up, or yields the value. Only as the whole initialiser of one variable, or as a whole statement:
/// as a later member of a braced initialiser GCC 12 leaks the earlier ones.
#define TRY(expression)                                                                                                \
    ({                                                                                                                 \
        auto try_result_ = (expression);                                                                               \
        if (!try_result_.has_value()) [[unlikely]]                                                                     \
            return ::berth::pass_on(try_result_);                                                                      \
        std::move(try_result_).value();                                                                                \
    })
