#include "provider/image_cache.h"

#include "util/log.h"

#include <algorithm>

namespace berth::provider {

namespace {

/// How exact the times of last use need to be.
constexpr std::chrono::seconds kTouchInterval{60};
/// A survey's list may be older than the end of a pull.
constexpr std::chrono::seconds kListAgeMax{120};
constexpr std::chrono::seconds kRetryInterval{30};

} // namespace

ImageCache::ImageCache(const ImagePolicy& policy, const std::map<std::string, compute::Template>& templates,
                       ImageStore& store, JobRunner& jobs, FailureSink& failures,
                       std::function<std::set<std::string>()> in_use)
    : policy_{policy}, store_{store}, jobs_{jobs}, failures_{failures}, in_use_{std::move(in_use)}
{
    for (const auto& [slug, entry] : templates)
        if (const auto name = compute::full_image_name(entry.image))
            of_templates_.insert(*name);
}

void ImageCache::load()
{
    for (ImageRow& row : failures_.take(store_.load()))
        rows_.emplace(row.name, row);
}

void ImageCache::save(const ImageRow& row)
{
    rows_[row.name] = row;
    failures_.check(store_.save(row));
}

void ImageCache::erase(const std::string& image)
{
    rows_.erase(image);
    failures_.check(store_.erase(image));
}

bool ImageCache::is_kept(const std::string& image, const std::set<std::string>& in_use) const
{
    return in_use.contains(image) || of_templates_.contains(image) || pulling_.contains(image);
}

uint64_t ImageCache::bytes_kept(const std::set<std::string>& in_use) const
{
    uint64_t sum = 0;
    for (const auto& [name, row] : rows_)
        if (is_kept(name, in_use))
            sum += row.size_bytes;
    return sum;
}

uint64_t ImageCache::bytes_wanted() const
{
    // Room for the largest image that there may be, but never more than half of the budget: a pull's size is not known
    // before, and a small budget should still keep something.
    return pulling_.empty() ? 0 : std::min(policy_.bytes_max, *policy_.disk_bytes_max / 2);
}

bool ImageCache::begin_pull(const std::string& image, UnixTime now)
{
    if (policy_.disk_bytes_max && bytes_kept(in_use_()) >= *policy_.disk_bytes_max)
        return false;
    pulling_.insert(image);
    if (!rows_.contains(image))
        save({.name = image, .pulled_at = now, .used_at = now});
    return true;
}

bool ImageCache::end_pull(const std::string& image, const Result<compute::StoredImage>& outcome, UnixTime now)
{
    pulling_.erase(image);
    // After a failure its row stays without an id: if something came after all, the next survey finds it.
    if (!outcome)
        return true;
    const uint64_t kept = bytes_kept(in_use_());
    const bool fits =
        !policy_.disk_bytes_max || is_kept(image, {}) || kept + outcome->size_bytes <= *policy_.disk_bytes_max;
    save({.name = image,
          .id = outcome->id,
          .size_bytes = outcome->size_bytes,
          .pulled_at = now,
          .used_at = fits ? now : UnixTime{}});
    return fits;
}

void ImageCache::touch(const std::string& image, UnixTime now)
{
    const auto found = rows_.find(image);
    if (found == rows_.end() || now - found->second.used_at < kTouchInterval)
        return;
    ImageRow row = found->second;
    row.used_at = now;
    save(row);
}

void ImageCache::handle(const ImageRemoved& removed, UnixTime now)
{
    leaving_.erase(removed.image);
    const auto found = rows_.find(removed.image);
    if (found == rows_.end())
        return;
    if (removed.outcome || removed.outcome.error().code == Errc::not_found) {
        log::debug("image {} is gone", removed.image);
        return erase(removed.image);
    }
    log::debug("image {} stays: {}", removed.image, removed.outcome.error().message);
    if (removed.outcome.error().code != Errc::conflict) {
        next_try_ = now + kRetryInterval;
        return;
    }
    ImageRow row = found->second; // a container uses it
    row.used_at = now;
    save(row);
}

void ImageCache::reconcile(const std::vector<compute::StoredImage>& stored, UnixTime now)
{
    std::map<std::string, const compute::StoredImage*> by_name;
    for (const compute::StoredImage& image : stored)
        for (const std::string& name : image.names)
            if (const auto full = compute::full_image_name(name))
                by_name.emplace(*full, &image);
    std::vector<std::string> gone;
    std::vector<ImageRow> found;
    for (const auto& [name, row] : rows_) {
        const auto entry = by_name.find(name);
        if (pulling_.contains(name) || leaving_.contains(name))
            continue;
        if (entry != by_name.end() && row.id.empty())
            found.push_back({name, entry->second->id, entry->second->size_bytes, row.pulled_at, row.used_at});
        else if ((entry == by_name.end() || entry->second->id != row.id) && now - row.pulled_at >= kListAgeMax)
            gone.push_back(name); // somebody removed it, or gave its name to another image
    }
    for (const ImageRow& row : found)
        save(row);
    for (const std::string& name : gone)
        erase(name);
}

std::vector<std::string> ImageCache::evict(UnixTime now)
{
    std::vector<std::string> leaving;
    if (!policy_.disk_bytes_max || now < next_try_)
        return leaving;
    uint64_t used = 0;
    for (const auto& [name, row] : rows_)
        used += leaving_.contains(name) ? 0 : row.size_bytes;
    if (used + bytes_wanted() <= *policy_.disk_bytes_max)
        return leaving;
    const std::set<std::string> in_use = in_use_();
    std::vector<const ImageRow*> idle;
    for (const auto& [name, row] : rows_)
        if (!row.id.empty() && !leaving_.contains(name) && !is_kept(name, in_use))
            idle.push_back(&row);
    std::sort(idle.begin(), idle.end(),
              [](const ImageRow* left, const ImageRow* right) { return left->used_at < right->used_at; });
    for (const ImageRow* row : idle) {
        if (used + bytes_wanted() <= *policy_.disk_bytes_max)
            break;
        used -= row->size_bytes;
        log::debug("image {} leaves: {} of {} bytes are used", row->name, used, *policy_.disk_bytes_max);
        leaving_.insert(row->name);
        leaving.push_back(row->name);
        jobs_.submit(RemoveImageJob{row->name, row->id});
    }
    return leaving;
}

} // namespace berth::provider
