#include "cli/line_input.h"

#include <fstream>
#include <iostream>

namespace berth::cli {

Result<std::string> read_line(const std::string& file)
{
    std::string line;
    std::ifstream input;
    if (file != "-")
        input.open(file);
    if (!std::getline(file == "-" ? std::cin : input, line))
        return fail(Errc::not_found, "cannot read {}", file == "-" ? "standard input" : file);
    return line;
}

CLI::Option* add_token_option(CLI::App& verb, const std::string& name, std::string& token)
{
    const auto take_from_input = [](std::string& value) -> std::string {
        if (value != "-")
            return {};
        auto line = read_line(value);
        if (!line)
            return line.error().message;
        value = std::move(*line);
        return {};
    };
    return verb.add_option(name, token, "Cashu token (cashuA… or cashuB…); - reads it from standard input")
        ->required()
        ->transform(CLI::Validator{take_from_input, ""});
}

} // namespace berth::cli
