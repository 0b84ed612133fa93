#include "compute/firewall.h"

#include <memory>

extern "C" {
#include <nftables/libnftables.h>
}

namespace berth::compute {

namespace {

constexpr size_t kMessageLengthMax = 300;

struct ContextDeleter {
    void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};

std::string first_line(const char* text)
{
    std::string line{text ? text : ""};
    return line.substr(0, std::min(line.find('\n'), kMessageLengthMax));
}

/// Runs commands, all or none of them; what they print. A context each time: it caches what the kernel had.
Result<std::string> run_commands(const std::string& commands)
{
    const std::unique_ptr<nft_ctx, ContextDeleter> context{nft_ctx_new(NFT_CTX_DEFAULT)};
    if (!context || nft_ctx_buffer_output(context.get()) != 0 || nft_ctx_buffer_error(context.get()) != 0)
        return fail(Errc::unavailable, "nftables can't be reached");
    nft_ctx_output_set_flags(context.get(), NFT_CTX_OUTPUT_STATELESS);
    if (nft_run_cmd_from_buffer(context.get(), commands.c_str()) != 0)
        return fail(Errc::unavailable, "{}", first_line(nft_ctx_get_error_buffer(context.get())));
    const char* printed = nft_ctx_get_output_buffer(context.get());
    return std::string{printed ? printed : ""};
}

Result<std::string> list_table(const std::string& table)
{
    return run_commands("list table inet " + table + "\n");
}

} // namespace

Result<void> Firewall::ensure(const FirewallRules& rules)
{
    const std::string wanted = make_ruleset(rules);
    MutexLock lock{mutex_};
    if (wanted == installed_) {
        const auto now = list_table(rules.table);
        if (now && *now == listed_)
            return {};
    }
    installed_.clear();
    const auto done = run_commands(wanted);
    if (!done)
        return fail(Errc::unavailable,
                    "the firewall table {} could not be installed ({}): berth needs CAP_NET_ADMIN, and a kernel with "
                    "nf_tables, nft_ct and nft_fib_inet",
                    rules.table, done.error().message);
    listed_ = TRY(list_table(rules.table));
    installed_ = wanted;
    return {};
}

Result<void> Firewall::remove(const std::string& table)
{
    MutexLock lock{mutex_};
    installed_.clear();
    TRY(run_commands(make_removal(table)));
    return {};
}

} // namespace berth::compute
