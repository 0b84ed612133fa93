#pragma once
// Whether an image is present on the Engine, asked and pulled before any money moves. Answers are kept for a while, so
// that most spawns need not ask at all. Pulls are bounded per consumer, per registry and in all, so that no stranger
// occupies them; templates' images have places of their own. All spellings of an image are one.

#include "provider/image_cache.h"
#include "provider/wire.h"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace berth::provider {

/// Pulls of plain images under way at once, and from one registry; the others wait their turn.
inline constexpr size_t kPullsMax = 16;
inline constexpr size_t kPullsPerRegistryMax = 6;
/// Pulls of templates' images under way at once, besides.
inline constexpr size_t kTemplatePullsMax = 4;
/// Pulls that one consumer may have brought about and that have not ended.
inline constexpr size_t kPullsPerConsumerMax = 2;
/// Pulls that may wait their turn.
inline constexpr size_t kPullsWaitingMax = 64;

class Images {
public:
    enum class Answer {
        present,
        absent, ///< as far as look() knows; it could be pulled
        asking,
        failed,
        busy, ///< too many pulls are waiting their turn
    };
    /// Who wants an image.
    struct Asker {
        std::string consumer;     ///< public key
        bool is_template = false; ///< and so the image is the operator's choice
    };

    Images(const ImagePolicy& policy, ImageCache& cache, JobRunner& jobs) : policy_{policy}, cache_{cache}, jobs_{jobs}
    {
    }

    /// present: go on. asking: a look-up or pull is under way, handle() will say when it ended. failed: see failure().
    [[nodiscard]] Answer ask(const std::string& image, const Asker& asker, UnixTime now);
    /// The same without a pull: absent instead.
    [[nodiscard]] Answer look(const std::string& image, UnixTime now);
    [[nodiscard]] const Refusal& failure(const std::string& image) const;

    /// True when whoever waits for this image should ask again.
    [[nodiscard]] bool handle(const ImageFound& found, UnixTime now);
    [[nodiscard]] bool handle(const ImagePulled& pulled, UnixTime now);
    void handle(const ImageRemoved& removed, UnixTime now);
    /// The Engine may have lost it: the next spawn asks again.
    void doubt(const std::string& image);
    /// Begins the pulls whose turn it is, and removes images beyond the budget. True when somebody should ask again.
    [[nodiscard]] bool tick(UnixTime now);

private:
    enum class Stage { finding, waiting, pulling };
    struct Pull {
        Asker asker;
        std::string registry;
        Stage stage = Stage::finding;
    };
    struct Entry {
        Answer answer = Answer::asking;
        UnixTime valid_until{};
        std::optional<Refusal> refusal{};
    };
    [[nodiscard]] Entry* fresh(const std::string& name, UnixTime now);
    void find(const std::string& name);
    [[nodiscard]] bool want_pull(const std::string& name, const Asker& asker);
    [[nodiscard]] size_t count(const std::function<bool(const Pull&)>& belongs) const;
    [[nodiscard]] bool is_one_too_many(const Pull& pull) const;
    [[nodiscard]] bool has_turn(const Pull& pull) const;
    bool begin(const std::string& name, Pull& pull, UnixTime now);
    void settle(const std::string& name, std::optional<Refusal> refusal, UnixTime now);

    const ImagePolicy& policy_;
    ImageCache& cache_;
    JobRunner& jobs_;
    std::map<std::string, Entry> known_; ///< by full name
    std::map<std::string, Pull> pulls_;  ///< by full name
    std::deque<std::string> waiting_;    ///< their turn, the longest waiting first
};

} // namespace berth::provider
