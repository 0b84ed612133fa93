#pragma once
// One small file per live lease, `<id>.json` in a folder of their own: whole and durable, or not there. Texts only:
// what they say is lease_file.h. Called on one worker thread, in the order in which things happened.

#include "util/result.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace berth::provider {

struct LeaseFileText {
    std::string lease; ///< by the file's name
    Result<std::string> text;
};

class LeaseFiles {
public:
    /// Made with the first file.
    explicit LeaseFiles(std::filesystem::path folder) : folder_{std::move(folder)} {}

    /// Every file that is named like a lease's, by name, up to a thousand. One that is no plain file or too large comes
    /// with the reason. Empty where there is no folder; unavailable when it can't be read.
    [[nodiscard]] Result<std::vector<LeaseFileText>> read() const;
    /// Replaces it in one step; an empty text removes it.
    [[nodiscard]] Result<void> write(const std::string& lease, const std::string& text);
    /// Files of these leases with these texts, and of no others. Those set aside are renamed to `<id>.json.refused`.
    [[nodiscard]] Result<void> settle(const std::map<std::string, std::string>& texts,
                                      const std::set<std::string>& set_aside);

private:
    [[nodiscard]] std::filesystem::path file_of(const std::string& lease) const { return folder_ / (lease + ".json"); }
    [[nodiscard]] Result<void> remove(const std::string& lease);
    [[nodiscard]] Result<std::set<std::string>> list() const;

    const std::filesystem::path folder_;
};

} // namespace berth::provider
