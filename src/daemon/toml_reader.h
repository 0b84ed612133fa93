#pragma once
// Reads TOML tables strictly: each key once asked for is known, each that was not is an error. Collects all problems.
// Includes toml++: for .cpp files of this folder only.

#include "util/result.h"

#include <toml++/toml.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <unistd.h>

namespace berth::daemon {

class Problems {
public:
    template <class... Args>
    void add(fmt::format_string<Args...> format, Args&&... args)
    {
        lines_.push_back(fmt::format(format, std::forward<Args>(args)...));
    }
    [[nodiscard]] bool empty() const { return lines_.empty(); }
    [[nodiscard]] std::string text() const
    {
        std::string all;
        for (const std::string& line : lines_)
            all += (all.empty() ? "" : "\n") + line;
        return all;
    }

private:
    std::vector<std::string> lines_;
};

/// One table. `where` names it in messages, for instance "[provider]".
class TableReader {
public:
    TableReader(const toml::table& table, std::string where, Problems& problems)
        : table_{table}, where_{std::move(where)}, problems_{problems}
    {
    }
    TableReader(const TableReader&) = delete;
    TableReader& operator=(const TableReader&) = delete;
    ~TableReader()
    {
        for (const auto& [key, value] : table_)
            if (!known_.contains(std::string{key.str()}))
                problems_.add("{}: unknown key \"{}\"", where_, key.str());
    }

    [[nodiscard]] std::string required_text(const char* key)
    {
        auto value = text(key, "");
        if (value.empty())
            problems_.add("{}: {} is required", where_, key);
        return value;
    }

    [[nodiscard]] std::string text(const char* key, std::string otherwise)
    {
        const toml::node* node = find(key);
        if (!node)
            return otherwise;
        if (const auto value = node->value_exact<std::string>())
            return *value;
        problems_.add("{}: {} must be a string", where_, key);
        return otherwise;
    }

    [[nodiscard]] bool boolean(const char* key, bool otherwise)
    {
        const toml::node* node = find(key);
        if (!node)
            return otherwise;
        if (const auto value = node->value_exact<bool>())
            return *value;
        problems_.add("{}: {} must be true or false", where_, key);
        return otherwise;
    }

    /// An integer from `least` to `most`.
    template <class Integer>
    [[nodiscard]] Integer integer(const char* key, Integer otherwise, Integer least = 0,
                                  Integer most = std::numeric_limits<Integer>::max())
    {
        const toml::node* node = find(key);
        if (!node)
            return otherwise;
        const auto value = node->value_exact<int64_t>();
        if (value && *value >= 0 && static_cast<uint64_t>(*value) >= static_cast<uint64_t>(least) &&
            static_cast<uint64_t>(*value) <= static_cast<uint64_t>(most))
            return static_cast<Integer>(*value);
        problems_.add("{}: {} must be an integer from {} to {}", where_, key, least, most);
        return otherwise;
    }

    [[nodiscard]] double number(const char* key, double otherwise, double least, double most)
    {
        const toml::node* node = find(key);
        if (!node)
            return otherwise;
        const auto value = node->value<double>();
        if (value && *value >= least && *value <= most)
            return *value;
        problems_.add("{}: {} must be a number from {} to {}", where_, key, least, most);
        return otherwise;
    }

    [[nodiscard]] std::vector<std::string> texts(const char* key, std::vector<std::string> otherwise = {})
    {
        const toml::node* node = find(key);
        if (!node)
            return otherwise;
        const toml::array* array = node->as_array();
        std::vector<std::string> values;
        for (size_t i = 0; array && i < array->size(); ++i)
            if (const auto value = array->get(i)->value_exact<std::string>())
                values.push_back(*value);
        if (array && values.size() == array->size())
            return values;
        problems_.add("{}: {} must be a list of strings", where_, key);
        return otherwise;
    }

    /// A table below this one; null when absent.
    [[nodiscard]] const toml::table* table(const char* key)
    {
        const toml::node* node = find(key);
        if (node && !node->is_table())
            problems_.add("{}: {} must be a table", where_, key);
        return node ? node->as_table() : nullptr;
    }

    /// Tables of an array of tables ([[key]]).
    [[nodiscard]] std::vector<const toml::table*> tables(const char* key)
    {
        std::vector<const toml::table*> found;
        const toml::node* node = find(key);
        const toml::array* array = node ? node->as_array() : nullptr;
        for (size_t i = 0; array && i < array->size(); ++i)
            if (const toml::table* entry = array->get(i)->as_table())
                found.push_back(entry);
        if (node && (!array || found.size() != array->size()))
            problems_.add("{}: {} must be a list of tables", where_, key);
        return found;
    }

    [[nodiscard]] Problems& problems() { return problems_; }
    [[nodiscard]] const std::string& where() const { return where_; }

private:
    const toml::node* find(const char* key)
    {
        known_.insert(key);
        return table_.get(key);
    }

    const toml::table& table_;
    const std::string where_;
    Problems& problems_;
    std::set<std::string> known_;
};

/// Parses a file; bad_input with place and reason, refused without the right to read it.
[[nodiscard]] inline Result<toml::table> parse_toml_file(const std::string& file)
{
    std::error_code error;
    if (std::filesystem::is_directory(file, error))
        return fail(Errc::bad_input, "{} is a directory", file);
    if (::access(file.c_str(), R_OK) != 0)
        return fail(errno == EACCES ? Errc::refused : Errc::not_found, "cannot read {}: {}", file,
                    std::strerror(errno));
    try {
        return toml::parse_file(file);
    } catch (const toml::parse_error& problem) {
        return fail(Errc::bad_input, "{}: line {}: {}", file, problem.source().begin.line, problem.description());
    }
}

} // namespace berth::daemon
