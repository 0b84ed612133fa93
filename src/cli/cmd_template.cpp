// The verbs about templates: list what is offered by slug, and pin images to digests.

#include "cli/cli.h"
#include "daemon/config.h"
#include "daemon/template_files.h"
#include "util/json.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>

namespace berth::cli {

namespace {

struct TemplateArguments {
    std::string file = "/etc/berth/berth.toml";
    std::vector<std::string> slugs;
    bool all = false;
    bool only_check = false;
    bool json = false;
};

struct Pin {
    std::string slug;
    std::string image;  ///< as the file has it
    std::string state;  ///< current, outdated, pinned (just now), fixed (a digest without a tag to follow), failed
    std::string pinned; ///< the image with the digest that the registry has for its tag
    std::string problem;
};

std::string digest_of(const std::string& image)
{
    const auto reference = compute::split_image_reference(image);
    return reference ? reference->digest : std::string{};
}

int list(const TemplateArguments& arguments)
{
    const auto files = daemon::load_template_files(arguments.file);
    if (!files)
        return report_configuration(files.error());
    OrderedJson all = OrderedJson::array();
    for (const daemon::TemplateFile& file : *files) {
        const compute::Template& entry = file.entry;
        const std::string digest = digest_of(entry.image);
        all.push_back({{"slug", entry.slug},
                       {"image", entry.image},
                       {"digest", digest},
                       {"cpu_millicores_min", entry.cpu_millicores_min},
                       {"memory_mb_min", entry.memory_mb_min},
                       {"disk_gb_min", entry.disk_gb_min},
                       {"file", file.path.string()}});
        if (!arguments.json)
            fmt::print("{:<20} {:<7} {:>5} millicores {:>6} MB {:>4} GB  {}\n", entry.slug,
                       digest.empty() ? "unpinned" : "pinned", entry.cpu_millicores_min, entry.memory_mb_min,
                       entry.disk_gb_min, entry.image);
    }
    if (arguments.json)
        fmt::print("{}\n", dump_json(all));
    return kDone;
}

Result<std::string> read_text(const std::filesystem::path& file)
{
    std::ifstream stream{file, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{stream}, {}};
    if (stream.bad() || text.empty())
        return fail(Errc::not_found, "{} can't be read", file.string());
    return text;
}

Result<void> write_pin(const daemon::TemplateFile& file, const std::string& image)
{
    const std::string text = TRY(read_text(file.path));
    const std::string changed = TRY(daemon::replace_image(text, image));
    return daemon::rewrite_file(file.path, changed);
}

Pin pin_one(const daemon::TemplateFile& file, const compute::DockerOptions& docker, bool only_check)
{
    Pin pin{.slug = file.entry.slug, .image = file.entry.image, .state = "fixed"};
    const auto reference = compute::split_image_reference(file.entry.image);
    if (!reference || (reference->tag.empty() && !reference->digest.empty()))
        return pin;
    const auto digest = compute::resolve_digest(docker, *reference);
    pin.state = "failed";
    if (!digest) {
        pin.problem = digest.error().message;
        return pin;
    }
    pin.pinned = fmt::format("{}:{}@{}", reference->name, reference->tag, *digest);
    pin.state = reference->digest == *digest ? "current" : only_check ? "outdated" : "pinned";
    if (pin.state != "pinned")
        return pin;
    if (const auto written = write_pin(file, pin.pinned); !written) {
        pin.state = "failed";
        pin.problem = written.error().message;
    }
    return pin;
}

void print_pins(const std::vector<Pin>& pins, bool as_json)
{
    OrderedJson all = OrderedJson::array();
    for (const Pin& pin : pins) {
        OrderedJson entry{{"slug", pin.slug}, {"image", pin.image}, {"state", pin.state}};
        if (!pin.pinned.empty())
            entry["pinned"] = pin.pinned;
        if (!pin.problem.empty())
            entry["problem"] = pin.problem;
        all.push_back(std::move(entry));
        if (!as_json)
            fmt::print("{:<20} {:<9} {}\n", pin.slug, pin.state, pin.problem.empty() ? pin.pinned : pin.problem);
    }
    if (as_json)
        fmt::print("{}\n", dump_json(all));
}

int pin(const TemplateArguments& arguments)
{
    const auto config = daemon::load_config(arguments.file);
    const auto files = daemon::load_template_files(arguments.file);
    if (!config || !files)
        return report_configuration(config ? files.error() : config.error());
    const auto has = [&](const std::string& slug) {
        return std::any_of(files->begin(), files->end(),
                           [&](const daemon::TemplateFile& file) { return file.entry.slug == slug; });
    };
    for (const std::string& slug : arguments.slugs)
        if (!has(slug))
            return report(Error{Errc::not_found, fmt::format("there is no template {}", slug)});
    if (arguments.all == !arguments.slugs.empty()) {
        fmt::print(stderr, "berth: name templates, or all of them with --all\n");
        return kUsage;
    }
    std::vector<Pin> pins;
    for (const daemon::TemplateFile& file : *files)
        if (arguments.all ||
            std::find(arguments.slugs.begin(), arguments.slugs.end(), file.entry.slug) != arguments.slugs.end())
            pins.push_back(pin_one(file, config->docker, arguments.only_check));
    print_pins(pins, arguments.json);
    const auto is = [](const char* state) { return [state](const Pin& one) { return one.state == state; }; };
    if (std::any_of(pins.begin(), pins.end(), is("failed")))
        return kUnavailable;
    return std::any_of(pins.begin(), pins.end(), is("outdated")) ? kFailed : kDone;
}

} // namespace

void add_template(CLI::App& app, int& exit_code)
{
    CLI::App* verb = app.add_subcommand("template", "What is offered by slug, and which images that is");
    verb->require_subcommand(1);
    const auto arguments = std::make_shared<TemplateArguments>();
    const auto add = [&](const char* name, const char* what, int (*act)(const TemplateArguments&)) {
        CLI::App* made = verb->add_subcommand(name, what);
        made->add_option("--config", arguments->file, "Configuration file")->capture_default_str();
        made->add_flag("--json", arguments->json, "Print JSON");
        made->callback([arguments, act, &exit_code] { exit_code = act(*arguments); });
        return made;
    };
    add("list", "Slugs, images, pins and least sizes", list);
    CLI::App* pinning = add("pin", "Write into the template files which image their tags mean now", pin);
    pinning->add_option("slugs", arguments->slugs, "Templates to pin");
    pinning->add_flag("--all", arguments->all, "All templates");
    pinning->add_flag("--check", arguments->only_check, "Change nothing; exit code 1 when a pin is out of date");
    pinning->footer(
        "The digest is appended to the tag, which a later pin follows. An image with a digest and no tag is\n"
        "fixed, and left alone. One that is in no registry, as agent-sandbox is until you name yours, fails:\n"
        "name the others instead of --all. A running berth goes on with what it read at its start.");
}

} // namespace berth::cli
