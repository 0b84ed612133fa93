#pragma once
// Rows of the images that this provider pulled, and so may remove again. Writes happen inside the caller's transaction.

#include "db/database.h"
#include "util/time.h"

#include <string>
#include <vector>

namespace berth::provider {

struct ImageRow {
    std::string name; ///< in full (compute::full_image_name)
    std::string id{}; ///< the Engine's; empty while it is not known whether the pull ended well
    uint64_t size_bytes = 0;
    UnixTime pulled_at{};
    UnixTime used_at{};
};

class ImageStore {
public:
    explicit ImageStore(db::Database& database) : database_{database} {}

    [[nodiscard]] Result<void> migrate();
    [[nodiscard]] Result<std::vector<ImageRow>> load();
    /// Inserts or replaces.
    [[nodiscard]] Result<void> save(const ImageRow& row);
    [[nodiscard]] Result<void> erase(const std::string& name);

private:
    db::Database& database_;
};

} // namespace berth::provider
