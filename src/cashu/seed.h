#pragma once
// The wallet's seed: 12 words (BIP-39) in a 0600 file, made at the first start and locked while we run, since two
// wallets on one seed would use the same secrets twice (NUT-13). Beside it a mark of how far the counters were, by
// which a database restored from an older copy is noticed.

#include "crypto/random.h"
#include "crypto/secret.h"
#include "util/result.h"

#include <string>
#include <string_view>

namespace berth::cashu {

class SeedFile {
public:
    /// refused when others may read it, conflict when another process holds it, bad_input when it isn't 12 good words.
    [[nodiscard]] static Result<SeedFile> open(const std::string& path, crypto::Random& random);
    /// The words of an existing file, for a backup; it may be in use.
    [[nodiscard]] static Result<crypto::Secret> read_words(const std::string& path);
    /// A new file with these words, as a restore begins: one blank between them. conflict when there is a file already,
    /// for the words in it may be the only way to somebody's money.
    [[nodiscard]] static Result<void> write_words(const std::string& path, std::string_view words);
    ~SeedFile();
    SeedFile(SeedFile&& other) noexcept;
    SeedFile& operator=(SeedFile&&) = delete;
    SeedFile(const SeedFile&) = delete;
    SeedFile& operator=(const SeedFile&) = delete;

    [[nodiscard]] const crypto::Secret& seed() const { return seed_; } ///< 64 bytes
    [[nodiscard]] bool created() const { return created_; }

    /// The last mark written; 0 if there is none.
    [[nodiscard]] uint64_t counter_mark() const { return mark_; }
    /// Never goes down.
    [[nodiscard]] Result<void> raise_counter_mark(uint64_t mark);

private:
    SeedFile(std::string path, int descriptor) : path_{std::move(path)}, descriptor_{descriptor} {}
    [[nodiscard]] Result<void> load(crypto::Random& random);

    std::string path_;
    int descriptor_;
    crypto::Secret seed_;
    bool created_ = false;
    uint64_t mark_ = 0;
};

} // namespace berth::cashu
