#include "provider/image_store.h"

namespace berth::provider {

namespace {

constexpr const char* kSchema = R"(
CREATE TABLE image(
    name       TEXT PRIMARY KEY,   -- in full: docker.io/library/redis:7
    id         TEXT NOT NULL,      -- empty while the pull may not have ended
    size_bytes INTEGER NOT NULL,
    pulled_ms  INTEGER NOT NULL,
    used_ms    INTEGER NOT NULL
) STRICT;
)";

UnixTime time_of(int64_t milliseconds)
{
    return UnixTime{std::chrono::milliseconds{milliseconds}};
}

} // namespace

Result<void> ImageStore::migrate()
{
    return db::migrate(database_, "image", {kSchema});
}

Result<std::vector<ImageRow>> ImageStore::load()
{
    db::Statement query = database_.prepare("SELECT name,id,size_bytes,pulled_ms,used_ms FROM image");
    return db::read_rows<ImageRow>(query, [](const db::Statement& row) {
        return ImageRow{.name = row.text(0),
                        .id = row.text(1),
                        .size_bytes = row.unsigned_integer(2),
                        .pulled_at = time_of(row.integer(3)),
                        .used_at = time_of(row.integer(4))};
    });
}

Result<void> ImageStore::save(const ImageRow& row)
{
    return database_.prepare("INSERT OR REPLACE INTO image(name,id,size_bytes,pulled_ms,used_ms) VALUES(?,?,?,?,?)")
        .bind(row.name)
        .bind(row.id)
        .bind(row.size_bytes)
        .bind(static_cast<int64_t>(row.pulled_at.time_since_epoch().count()))
        .bind(static_cast<int64_t>(row.used_at.time_since_epoch().count()))
        .run();
}

Result<void> ImageStore::erase(const std::string& name)
{
    return database_.prepare("DELETE FROM image WHERE name=?").bind(name).run();
}

} // namespace berth::provider
