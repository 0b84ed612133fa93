// The rules of the house that a machine can check: who may include whom, how long files, lines and functions get, which
// calls are banned, where TRY() may stand. It reads the sources as text; a heuristic that errs is better than no rule.

#include "unit/source_dir.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr size_t kFileLinesMax = 500;
constexpr size_t kFunctionLinesMax = 70;
constexpr size_t kLineCharactersMax = 120;

using Folders = std::set<std::string>;

/// What each folder may include besides itself. docs/development.md explains the arrows.
const std::map<std::string, Folders> kArrows = {
    {"util", {}},
    {"crypto", {"util"}},
    {"db", {"util"}},
    {"net", {"util", "crypto"}},
    {"nostr", {"util", "crypto"}},
    {"nostr/relay", {"util", "crypto", "net", "nostr"}},
    {"cashu", {"util", "crypto"}},
    {"compute", {"util", "crypto", "net"}},
    {"luks", {"util", "crypto"}},
    {"provider", {"util", "crypto", "db", "net", "nostr", "nostr/relay", "cashu", "compute", "luks"}},
    {"local", {"util", "crypto", "db", "net", "nostr", "cashu"}},
    {"consumer", {"util", "crypto", "db", "net", "nostr", "nostr/relay", "cashu"}},
    {"ssh", {"util", "crypto", "net"}},
};

/// daemon, cli and main.cpp put everything together.
bool includes_everything(const std::string& folder)
{
    return folder.empty() || folder == "daemon" || folder == "cli";
}

struct Exception {
    std::string_view file_prefix;
    std::string_view folder;
};

/// The parts of cashu that meet the world; the rest of it is pure.
constexpr std::array kArrowExceptions = {Exception{"cashu/mint_client", "net"}, Exception{"cashu/wallet", "net"},
                                         Exception{"cashu/wallet", "db"}};

/// The mint client and the wallet are not for the practice mint: sharing them would hide a mistake from both sides.
constexpr std::array kNotForLocal = {std::string_view{"cashu/mint_client"}, std::string_view{"cashu/wallet"}};

struct ThirdParty {
    std::string_view header_prefix;
    std::vector<std::string_view> folders;
};

/// OpenSSL: digests and ciphers in crypto, TLS in net.
const std::vector<ThirdParty> kThirdParty = {
    {"spdlog/", {"util"}},           {"fmt/", {"util"}},         {"nlohmann/", {"util"}},    {"secp256k1", {"crypto"}},
    {"openssl/", {"crypto", "net"}}, {"sqlite3", {"db"}},        {"libwebsockets", {"net"}}, {"curl/", {"net"}},
    {"libcryptsetup", {"luks"}},     {"nftables/", {"compute"}}, {"libssh/", {"ssh"}},       {"CLI/", {"cli"}},
    {"toml++/", {"daemon", "cli"}},
};

/// A shell, an unbounded copy, a guessable number, a thread that sleeps instead of waiting for what it needs.
constexpr std::array kBannedCalls = {
    std::string_view{"system"},    std::string_view{"popen"},       std::string_view{"strcpy"},
    std::string_view{"strcat"},    std::string_view{"sprintf"},     std::string_view{"vsprintf"},
    std::string_view{"gets"},      std::string_view{"rand"},        std::string_view{"srand"},
    std::string_view{"atoi"},      std::string_view{"sleep"},       std::string_view{"usleep"},
    std::string_view{"sleep_for"}, std::string_view{"sleep_until"},
};

struct Source {
    std::string path;   ///< from src/ or tests/, with '/'
    std::string folder; ///< "nostr/relay", "cashu"; empty for main.cpp
    std::vector<std::string> lines;
    std::vector<std::string> code; ///< the same lines without comments and with empty literals
};

bool is_word(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Blanks comments, strings and characters, so that what remains can be searched for calls and braces.
class Stripper {
public:
    std::string strip(const std::string& line)
    {
        std::string code;
        for (size_t at = 0; at < line.size();)
            at = step(line, at, code);
        return code;
    }

private:
    size_t step(const std::string& line, size_t at, std::string& code)
    {
        if (!closing_.empty()) {
            const size_t end = line.find(closing_, at);
            if (end == std::string::npos)
                return line.size();
            const size_t next = end + closing_.size();
            closing_.clear();
            return next;
        }
        const std::string_view rest = std::string_view{line}.substr(at);
        if (rest.starts_with("//"))
            return line.size();
        if (rest.starts_with("/*")) {
            closing_ = "*/";
            return at + 2;
        }
        if (rest.starts_with("R\"")) {
            const size_t open = line.find('(', at);
            closing_ = ")" + line.substr(at + 2, open - at - 2) + "\"";
            code += "\"\"";
            return open + 1;
        }
        if (rest[0] == '"' || (rest[0] == '\'' && (at == 0 || !is_word(line[at - 1])))) {
            code += "\"\"";
            return literal_end(line, at);
        }
        code += rest[0];
        return at + 1;
    }

    static size_t literal_end(const std::string& line, size_t at)
    {
        const char quote = line[at++];
        while (at < line.size() && line[at] != quote)
            at += line[at] == '\\' ? 2 : 1;
        return at + 1;
    }

    std::string closing_; ///< of the block comment or raw string that a line left open
};

Source read_source(const std::filesystem::path& root, const std::filesystem::path& file)
{
    Source source;
    const auto relative = file.lexically_relative(root);
    source.path = relative.generic_string();
    source.folder = relative.parent_path().generic_string();
    std::ifstream stream{file};
    Stripper stripper;
    for (std::string line; std::getline(stream, line);) {
        // A literal in an include is the name we look for.
        source.code.push_back(line.starts_with("#include") ? line : stripper.strip(line));
        source.lines.push_back(std::move(line));
    }
    return source;
}

std::vector<Source> sources_below(const std::string& top)
{
    const auto root = std::filesystem::path{berth::checkout::source_dir()} / top;
    std::vector<Source> sources;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{root}) {
        const auto extension = entry.path().extension();
        if (entry.is_regular_file() && (extension == ".cpp" || extension == ".h"))
            sources.push_back(read_source(root, entry.path()));
    }
    std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.path < b.path; });
    return sources;
}

const std::vector<Source>& program()
{
    static const std::vector<Source> sources = sources_below("src");
    return sources;
}

std::vector<Source> program_and_tests()
{
    std::vector<Source> all = program();
    for (Source& source : sources_below("tests"))
        all.push_back(std::move(source));
    return all;
}

/// The offences as one text, empty when there are none, so that a failing check shows them.
std::string place(const Source& source, size_t index, std::string_view what)
{
    return source.path + ":" + std::to_string(index + 1) + ": " + std::string{what} + "\n";
}

std::string included(const std::string& line, char open, char close)
{
    if (!line.starts_with("#include"))
        return {};
    const size_t begin = line.find(open);
    const size_t end = begin == std::string::npos ? begin : line.find(close, begin + 1);
    return end == std::string::npos ? std::string{} : line.substr(begin + 1, end - begin - 1);
}

/// As clang-format counts: a UTF-8 sequence is one.
size_t characters(const std::string& line)
{
    return static_cast<size_t>(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// Json in a signature stays between .cpp files: in util/json.h, and in headers that say so by their name.
bool holds_json(const std::string& header)
{
    return header == "util/json.h" || header.ends_with("_json.h");
}

std::string folder_of(const std::string& header)
{
    const size_t slash = header.rfind('/');
    return slash == std::string::npos ? std::string{} : header.substr(0, slash);
}

bool may_include(const Source& source, const std::string& header)
{
    const std::string target = folder_of(header);
    if (includes_everything(source.folder) || target == source.folder)
        return true;
    if (source.folder == "local" && std::any_of(kNotForLocal.begin(), kNotForLocal.end(),
                                                [&](std::string_view prefix) { return header.starts_with(prefix); }))
        return false;
    const auto row = kArrows.find(source.folder);
    if (row != kArrows.end() && row->second.contains(target))
        return true;
    return std::any_of(kArrowExceptions.begin(), kArrowExceptions.end(), [&](const Exception& exception) {
        return source.path.starts_with(exception.file_prefix) && exception.folder == target;
    });
}

/// A verb that a person watches may pause: no thread of a daemon waits for it.
bool may_call(const Source& source, std::string_view name)
{
    return source.folder == "cli" && name == "sleep_for";
}

bool calls(const std::string& code, std::string_view name)
{
    for (size_t at = code.find(name); at != std::string::npos; at = code.find(name, at + 1)) {
        const size_t after = at + name.size();
        const bool whole = (at == 0 || !is_word(code[at - 1])) && after < code.size() && code[after] == '(';
        const bool member = at > 0 && (code[at - 1] == '.' || (at > 1 && code[at - 2] == '-' && code[at - 1] == '>'));
        if (whole && !member)
            return true;
    }
    return false;
}

std::string trimmed(const std::string& text)
{
    const size_t begin = text.find_first_not_of(" \t");
    return begin == std::string::npos ? std::string{} : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Whether the TRY( at this place is a whole statement or the whole initialiser of one variable ("T name = TRY(").
bool try_is_well_placed(const Source& source, size_t index, size_t at)
{
    std::string before = trimmed(source.code[index].substr(0, at));
    for (size_t above = index; before.empty() && above > 0;) {
        before = trimmed(source.code[--above]);
        if (before.empty() || before.starts_with("#"))
            before.clear();
    }
    if (before.empty() || before.back() == ';' || before.back() == '{' || before.back() == '}' ||
        before.back() == ':' || before.ends_with("else") || before.ends_with("do"))
        return true;
    if (before.back() == ')' &&
        at == source.code[index].find_first_not_of(' ')) // under an if or a for, maybe of two lines
        return true;
    const bool assigns =
        before.back() == '=' &&
        (before.size() < 2 || std::string_view{"=!<>"}.find(before[before.size() - 2]) == std::string_view::npos);
    return assigns && before.find('(') == std::string::npos && before.front() != '.' && before.front() != '{';
}

/// A function's body opens with a brace alone in its line, at the indentation of its signature (.clang-format sees to
/// it).
std::string functions_too_long(const Source& source)
{
    std::string offences;
    for (size_t open = 0; open < source.code.size(); ++open) {
        if (trimmed(source.code[open]) != "{")
            continue;
        const size_t indentation = source.lines[open].find('{');
        const std::string closing = std::string(indentation, ' ') + "}";
        size_t end = open + 1;
        while (end < source.lines.size() && !source.lines[end].starts_with(closing))
            ++end;
        if (end - open - 1 > kFunctionLinesMax)
            offences += place(source, open, std::to_string(end - open - 1) + " lines in one function");
        open = end;
    }
    return offences;
}

} // namespace

TEST_CASE("a folder includes itself and what its row lists, nothing else")
{
    std::string offences;
    for (const Source& source : program())
        for (size_t index = 0; index < source.lines.size(); ++index)
            if (const std::string header = included(source.lines[index], '"', '"');
                !header.empty() && !may_include(source, header))
                offences += place(source, index, "may not include " + header);
    CHECK(offences == "");
}

TEST_CASE("every folder of src has its row in the table of arrows")
{
    std::string offences;
    for (const Source& source : program())
        if (!includes_everything(source.folder) && !kArrows.contains(source.folder))
            offences += source.path + "\n";
    CHECK(offences == "");
}

TEST_CASE("a third-party header appears only in the folder that owns the library")
{
    std::string offences;
    for (const Source& source : program())
        for (size_t index = 0; index < source.lines.size(); ++index)
            for (const ThirdParty& library : kThirdParty)
                if (included(source.lines[index], '<', '>').starts_with(library.header_prefix) &&
                    std::find(library.folders.begin(), library.folders.end(), source.folder) == library.folders.end())
                    offences += place(source, index, source.lines[index]);
    CHECK(offences == "");
}

TEST_CASE("json.hpp costs no header its compile time")
{
    std::string offences;
    for (const Source& source : program())
        for (size_t index = 0; index < source.lines.size(); ++index) {
            if (included(source.lines[index], '<', '>') == "nlohmann/json.hpp" && source.path != "util/json.h")
                offences += place(source, index, "reach it through util/json.h");
            if (const std::string header = included(source.lines[index], '"', '"');
                holds_json(header) && source.path.ends_with(".h") && !holds_json(source.path))
                offences += place(source, index, header + " is for .cpp files");
        }
    CHECK(offences == "");
}

TEST_CASE("a header begins with #pragma once")
{
    std::string offences;
    for (const Source& source : program_and_tests())
        if (source.path.ends_with(".h") && (source.lines.empty() || source.lines.front() != "#pragma once"))
            offences += source.path + "\n";
    CHECK(offences == "");
}

TEST_CASE("files and lines stay short enough to read")
{
    std::string offences;
    for (const Source& source : program_and_tests()) {
        if (source.lines.size() > kFileLinesMax)
            offences += source.path + ": " + std::to_string(source.lines.size()) + " lines\n";
        for (size_t index = 0; index < source.lines.size(); ++index)
            if (characters(source.lines[index]) > kLineCharactersMax)
                offences +=
                    place(source, index, std::to_string(characters(source.lines[index])) + " characters in one line");
    }
    CHECK(offences == "");
}

TEST_CASE("a function fits a screen")
{
    std::string offences;
    for (const Source& source : program_and_tests())
        offences += functions_too_long(source);
    CHECK(offences == "");
}

TEST_CASE("no banned call is made")
{
    std::string offences;
    for (const Source& source : program())
        for (size_t index = 0; index < source.code.size(); ++index) {
            for (const std::string_view name : kBannedCalls)
                if (calls(source.code[index], name) && !may_call(source, name))
                    offences += place(source, index, name);
            if (source.code[index].find("std::regex") != std::string::npos)
                offences += place(source, index, "std::regex recurses as deep as its input is long");
        }
    CHECK(offences == "");
}

TEST_CASE("TRY stands as a whole statement or as the whole initialiser of one variable")
{
    std::string offences;
    for (const Source& source : program())
        for (size_t index = 0; index < source.code.size(); ++index) {
            const std::string& code = source.code[index];
            for (size_t at = code.find("TRY("); at != std::string::npos; at = code.find("TRY(", at + 1))
                if ((at == 0 || !is_word(code[at - 1])) && !code.starts_with("#define") &&
                    !try_is_well_placed(source, index, at))
                    offences += place(source, index, trimmed(source.lines[index]));
        }
    CHECK(offences == "");
}
