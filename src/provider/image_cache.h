#pragma once
// The images that this provider pulled, and the disk that they may take: the least recently used go when a pull needs
// the room, but never one that a lease uses or a template names, and nothing that somebody else brought.
//
//   (no row) ─ pull begins ─► row without id ─┬─ pulled, or found by a survey ─► row ─ evicted, or gone ─► (no row)
//                                             └─ not there at a survey ────────► (no row)
//
// A row is written before its pull is let out, so whatever dies in between, the next survey knows that the image is
// ours.

#include "provider/failure_sink.h"
#include "provider/image_store.h"
#include "provider/jobs.h"
#include "provider/options.h"

#include <functional>
#include <map>
#include <set>

namespace berth::provider {

class ImageCache {
public:
    /// `in_use` gives the full names of the images of all leases that have not ended.
    ImageCache(const ImagePolicy& policy, const std::map<std::string, compute::Template>& templates, ImageStore& store,
               JobRunner& jobs, FailureSink& failures, std::function<std::set<std::string>()> in_use);

    void load();
    /// Whether the images that can't be removed leave room for another; if so, that it is going to be pulled.
    [[nodiscard]] bool begin_pull(const std::string& image, UnixTime now);
    /// False when it does not fit beside the images that can't be removed: then it will be removed itself.
    [[nodiscard]] bool end_pull(const std::string& image, const Result<compute::StoredImage>& outcome, UnixTime now);
    /// A lease is going to use it.
    void touch(const std::string& image, UnixTime now);
    /// Is being removed just now: neither there nor to be pulled.
    [[nodiscard]] bool is_leaving(const std::string& image) const { return leaving_.contains(image); }

    void handle(const ImageRemoved& removed, UnixTime now);
    /// What the Engine really has.
    void reconcile(const std::vector<compute::StoredImage>& stored, UnixTime now);
    /// Removes what is beyond the budget. The names of images that are leaving from now on.
    [[nodiscard]] std::vector<std::string> evict(UnixTime now);

private:
    [[nodiscard]] bool is_kept(const std::string& image, const std::set<std::string>& in_use) const;
    [[nodiscard]] uint64_t bytes_kept(const std::set<std::string>& in_use) const;
    [[nodiscard]] uint64_t bytes_wanted() const;
    void save(const ImageRow& row);
    void erase(const std::string& image);

    const ImagePolicy& policy_;
    ImageStore& store_;
    JobRunner& jobs_;
    FailureSink& failures_;
    const std::function<std::set<std::string>()> in_use_;
    std::set<std::string> of_templates_;
    std::map<std::string, ImageRow> rows_; ///< mirrors the table
    std::set<std::string> pulling_;
    std::set<std::string> leaving_;
    UnixTime next_try_{}; ///< after the Engine did not remove one
};

} // namespace berth::provider
